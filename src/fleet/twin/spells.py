"""Spells: heat waves, cold outbreaks, humid surges and fronts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.climate import Spell, Spells
from fleet.twin.noise import stream
from fleet.units import HOURS_PER_DAY, FloatArray

# A spell may have begun before the first hour of a series, so spells are also drawn for these hours before it.
_BEFORE_H = 60 * HOURS_PER_DAY
_FADED = 6.0  # decay times after which the effect of a spell is negligible
_SIZE_SHAPE = 3.0  # shape of the gamma distribution of heights: a standard deviation of 0.58 of the mean
_DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, kw_only=True)
class SpellEffects:
    """The sum of the effects of all spells, minus the mean of each month. Arrays are (region, hour).

    The fields have the units of `Spell`.
    """

    temperature_k: FloatArray
    dew_point_k: FloatArray
    wind: FloatArray
    cloud: FloatArray


def spell_effects(regions: Sequence[Region], kinds: Sequence[Spells], time_utc: HourArray, seed: int) -> SpellEffects:
    """Draw the spells of each region and return their effects, (region, hour).

    A longer series begins with the spells of a shorter one.

    Args:
        regions, kinds: one table of spells per region.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    """
    shape = (len(regions), len(time_utc))
    effects = SpellEffects(**{field.name: np.zeros(shape) for field in fields(SpellEffects)})
    hours_before = time_utc[0] - np.arange(_BEFORE_H, 0, -1)
    month = np.concatenate([hours_before, time_utc]).astype("datetime64[M]").astype(np.int64) % 12
    for row, (region, spells) in enumerate(zip(regions, kinds, strict=True)):
        for kind in fields(Spells):
            spell: Spell = getattr(spells, kind.name)
            if spell.per_year == 0:
                continue
            heights = _heights(spell, month, stream(seed, region.id, "weather", "spell", kind.name))
            for field in fields(SpellEffects):
                getattr(effects, field.name)[row] += getattr(spell, field.name) * heights
    return effects


def mean_height(spell: Spell) -> FloatArray:
    """Return the mean of the summed heights of all spells in each month, (month,). The mean full height is 1."""
    height: FloatArray = hourly_rate(spell) * (spell.onset_h / 2 + spell.lasting_h + spell.decay_h)
    return height


def hourly_rate(spell: Spell) -> FloatArray:
    """Return the expected number of spells that begin in an hour of each month, (month,)."""
    rate: FloatArray = spell.per_year * np.asarray(spell.months) / (_DAYS_PER_MONTH * HOURS_PER_DAY)
    return rate


def _heights(spell: Spell, month: NDArray[np.int64], rng: np.random.Generator) -> FloatArray:
    """Draw spells, and return the sum of their heights minus its monthly mean, (hour,) from the series' first hour on.

    Args:
        month: month of each hour, including the hours before the series; 0 is January.
    """
    hours = len(month)
    # Starts, durations and sizes each have their own stream, so a longer series draws the same numbers first.
    start_rng, duration_rng, size_rng = rng.spawn(3)
    starts = np.flatnonzero(start_rng.random(hours) < hourly_rate(spell)[month])
    durations_h = spell.lasting_h * duration_rng.standard_exponential(len(starts))
    sizes = size_rng.standard_gamma(_SIZE_SHAPE, len(starts)) / _SIZE_SHAPE
    total: FloatArray = -mean_height(spell)[month]
    for start, duration_h, size in zip(starts.tolist(), durations_h.tolist(), sizes.tolist(), strict=True):
        end = min(hours, start + int(spell.onset_h + duration_h + _FADED * spell.decay_h) + 2)
        total[start:end] += size * _profile(spell, duration_h, end - start)
    return total[_BEFORE_H:]


def _profile(spell: Spell, duration_h: float, hours: int) -> FloatArray:
    """Return the height of one spell over its full height, (hour,) from its first hour on: rise, plateau, decay."""
    elapsed_h = np.arange(1, hours + 1, dtype=np.float64)
    decay = np.exp(-np.maximum(elapsed_h - spell.onset_h - duration_h, 0) / spell.decay_h)
    height: FloatArray = np.minimum(elapsed_h / spell.onset_h, 1) * decay
    return height
