"""Heat waves, cold outbreaks, humid surges and fronts: weather that comes, lasts and goes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.climate import Spell, Spells
from fleet.twin.noise import stream
from fleet.units import HOURS_PER_DAY, FloatArray

# A series begins in the middle of the weather: spells that began up to so long before are drawn too.
_BEFORE_H = 60 * HOURS_PER_DAY
_FADED = 6.0  # decays after which nothing is left
_SIZE_SHAPE = 3.0  # of their gamma distribution: a spread of 0.58 of the mean
_DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, kw_only=True)
class SpellEffects:
    """What all spells together add to the regular weather; their mean is taken off. Arrays (region, hour)."""

    temperature_k: FloatArray
    dew_point_k: FloatArray
    wind: FloatArray
    cloud: FloatArray


def spell_effects(regions: Sequence[Region], kinds: Sequence[Spells], time_utc: HourArray, seed: int) -> SpellEffects:
    """The spells of each region, by the kinds that its climate knows.

    A longer series begins with the spells of a shorter one.
    """
    shape = (len(regions), len(time_utc))
    effects = SpellEffects(**{field.name: np.zeros(shape) for field in fields(SpellEffects)})
    before = time_utc[0] - np.arange(_BEFORE_H, 0, -1)
    month = np.concatenate([before, time_utc]).astype("datetime64[M]").astype(np.int64) % 12
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
    """(month,) the mean height of all spells of a kind, in units of one spell's mean height."""
    height: FloatArray = hourly_rate(spell) * (spell.onset_h / 2 + spell.lasting_h + spell.decay_h)
    return height


def hourly_rate(spell: Spell) -> FloatArray:
    """(month,) spells per hour."""
    rate: FloatArray = spell.per_year * np.asarray(spell.months) / (_DAYS_PER_MONTH * HOURS_PER_DAY)
    return rate


def _heights(spell: Spell, month: NDArray[np.int64], rng: np.random.Generator) -> FloatArray:
    """(hour,) summed height of the spells, less its monthly mean, after the hours before the series."""
    hours = len(month)
    # Hours and spells each draw from a stream of their own: a longer series takes the same numbers first.
    arriving, lasting, size = rng.spawn(3)
    begins = np.flatnonzero(arriving.random(hours) < hourly_rate(spell)[month])
    lasting_h = spell.lasting_h * lasting.standard_exponential(len(begins))
    sizes = size.standard_gamma(_SIZE_SHAPE, len(begins)) / _SIZE_SHAPE
    total: FloatArray = -mean_height(spell)[month]
    for begin, stays, height in zip(begins.tolist(), lasting_h.tolist(), sizes.tolist(), strict=True):
        end = min(hours, begin + int(spell.onset_h + stays + _FADED * spell.decay_h) + 2)
        total[begin:end] += height * _profile(spell, stays, end - begin)
    return total[_BEFORE_H:]


def _profile(spell: Spell, stays_h: float, hours: int) -> FloatArray:
    """(hour,) height of one spell from its first hour on: up in a line, level, down to nothing."""
    since = np.arange(1, hours + 1, dtype=np.float64)
    fading = np.exp(-np.maximum(since - spell.onset_h - stays_h, 0) / spell.decay_h)
    height: FloatArray = np.minimum(since / spell.onset_h, 1) * fading
    return height
