"""The fit of spells: their number, months, duration and effects, from the anomalies of a record."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.twin.climate import Spell, Spells
from fleet.twin.spells import SpellEffects, spell_effects
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray
from twin_study.fit.observed import Observed
from twin_study.fit.regular import smooth_year

_MONTHS = 12
_JUMP_H = 3
_JUMP_SD = 3.0  # a front changes the temperature by this many standard deviations of the change in three hours
_APART_H = 18
_FRONT_ONSET_H = 3.0
_FRONT_DECAY_H = (6.0, 60.0)
_LATE_H = 12  # hours after a jump at which the decay of a front is measured
_RUN_SD = 1.0
# Usual weather also has runs. Half of the height of a run is due to selecting extreme runs. The other half is the
# spell.
_SPELL_SHARE = 0.5
_DRAWS = 8

Anomalies = Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The mark of a spell of days: a run of hours with a daily mean of a quantity beyond one standard deviation.

    sign: 1 for warm or moist runs, -1 for cold ones.
    least_h: least length of the run.
    onset_h, decay_h: assumed values of the spell.
    """

    quantity: str
    sign: int
    least_h: int
    onset_h: float
    decay_h: float


_RUNS = {
    "heat_wave": _Run(quantity="temperature_k", sign=1, least_h=72, onset_h=24.0, decay_h=24.0),
    "cold_outbreak": _Run(quantity="temperature_k", sign=-1, least_h=48, onset_h=9.0, decay_h=36.0),
    "humid_surge": _Run(quantity="dew_point_k", sign=1, least_h=48, onset_h=9.0, decay_h=24.0),
}


def fit_spells(observed: Observed, anomalies: Anomalies, scores: Anomalies) -> Spells:
    """Fit all kinds of spell.

    Args:
        observed: the hours.
        anomalies: (hour,) by the names of a spell's effects, in their units.
        scores: (hour,) temperature and dew point in standard deviations of season and hour.
    """
    month = clock.month_index(observed.time_utc) % _MONTHS
    spells = {kind: _run_spell(run, anomalies, scores, month) for kind, run in _RUNS.items()}
    spells["cold_front"] = _front(-1, anomalies, month)
    spells["warm_front"] = _front(1, anomalies, month)
    return Spells(**spells)


def drawn_effects(observed: Observed, spells: Spells) -> SpellEffects:
    """Simulate the effects of spells in the observed hours several times, (draw, hour)."""
    draws = [spell_effects([observed.region], [spells], observed.time_utc, seed) for seed in range(_DRAWS)]
    stacked = {name: np.concatenate([getattr(d, name) for d in draws]) for name in SpellEffects.__dataclass_fields__}
    return SpellEffects(**stacked)


def _run_spell(run: _Run, anomalies: Anomalies, scores: Anomalies, month: NDArray[np.int64]) -> Spell:
    daily = _day_mean(scores[run.quantity])
    is_beyond = np.nan_to_num(run.sign * daily, nan=-np.inf) > _RUN_SD
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_beyond.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    is_long = ends - starts >= run.least_h
    starts, ends = starts[is_long], ends[is_long]
    is_inside = np.zeros(len(month), dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        is_inside[start:end] = True
    effects = {name: _SPELL_SHARE * _mean(values[is_inside]) for name, values in anomalies.items()}
    per_year, months = _rate(starts, month)
    length_h = float(np.mean(ends - starts)) if len(starts) else float(run.least_h)
    return Spell(
        per_year=per_year,
        months=months,
        onset_h=run.onset_h,
        lasting_h=max(length_h - run.onset_h, run.onset_h),
        decay_h=run.decay_h,
        temperature_k=effects["temperature_k"],
        dew_point_k=effects["dew_point_k"],
        wind=effects["wind"],
        cloud=effects["cloud"],
    )


def _front(sign: int, anomalies: Anomalies, month: NDArray[np.int64]) -> Spell:
    """Fit cold fronts (sign -1) or warm fronts (sign 1)."""
    temperature = anomalies["temperature_k"]
    change = np.full(len(month), -np.inf)
    change[:-_JUMP_H] = np.nan_to_num(sign * (temperature[_JUMP_H:] - temperature[:-_JUMP_H]), nan=-np.inf)
    least = _JUMP_SD * np.std(change[np.isfinite(change)])
    starts = _peaks(change, float(least))
    starts = starts[(starts >= HOURS_PER_DAY) & (starts < len(month) - 2 * HOURS_PER_DAY)]

    def level(name: str, after_h: int) -> float:
        return _mean(anomalies[name][starts + after_h]) if len(starts) else 0.0

    def effect(name: str) -> float:
        return level(name, _JUMP_H) - level(name, -HOURS_PER_DAY // 2)

    early, late = level("temperature_k", _JUMP_H), level("temperature_k", _LATE_H)
    kept_share = np.clip(late / early, 0.05, 0.95) if early else 0.5
    per_year, months = _rate(starts, month)
    return Spell(
        per_year=per_year,
        months=months,
        onset_h=_FRONT_ONSET_H,
        lasting_h=1.0,
        decay_h=float(np.clip((_JUMP_H - _LATE_H) / np.log(kept_share), *_FRONT_DECAY_H)),
        temperature_k=effect("temperature_k"),
        dew_point_k=effect("dew_point_k"),
        wind=effect("wind"),
        cloud=effect("cloud"),
    )


def _rate(starts: NDArray[np.int64], month: NDArray[np.int64]) -> tuple[float, tuple[float, ...]]:
    """Return spells per year, and the share of each month, from the number of observed hours of each month."""
    hours = np.bincount(month, minlength=_MONTHS)
    per_hour = np.bincount(month[starts], minlength=_MONTHS) / np.maximum(hours, 1)
    shares = np.maximum(smooth_year(per_hour), 0)
    total = shares.sum()
    shares = shares / total if total > 0 else np.full(_MONTHS, 1 / _MONTHS)
    return float(len(starts) * HOURS_PER_YEAR / len(month)), tuple(map(float, shares))


def _peaks(change: FloatArray, least: float) -> NDArray[np.int64]:
    """Return the positions of the largest changes, ascending.

    Of two changes within _APART_H, only the larger one counts.
    """
    remaining, peaks = change.copy(), []
    while remaining.max() > least:
        peak = int(remaining.argmax())
        peaks.append(peak)
        remaining[max(0, peak - _APART_H) : peak + _APART_H] = -np.inf
    return np.array(sorted(peaks), dtype=np.int64)


def _day_mean(values: FloatArray) -> FloatArray:
    """Return the mean of the 24 h around each hour, (hour,); NaN where fewer than half of them are known."""
    is_known = np.isfinite(values)
    window = np.ones(HOURS_PER_DAY)
    count = np.convolve(is_known, window, mode="same")
    total = np.convolve(np.where(is_known, values, 0), window, mode="same")
    return np.where(count >= HOURS_PER_DAY / 2, total / np.maximum(count, 1), np.nan)


def _mean(values: FloatArray) -> float:
    """Return the mean of the known values; 0 if there is none."""
    known_values = values[np.isfinite(values)]
    return float(known_values.mean()) if len(known_values) else 0.0
