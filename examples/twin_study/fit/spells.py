"""Spells, found in what the regular days leave: how often, when, how long and what they bring."""

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
_JUMP_SD = 3.0  # a front changes the temperature by so much more than three hours usually do
_APART_H = 18
_FRONT_ONSET_H = 3.0
_FRONT_DECAY_H = (6.0, 60.0)
_RUN_SD = 1.0
# Half of a run's height is what usual weather shows when it is picked for being extreme; the spell is the other half.
_OWN_SHARE = 0.5
_DRAWS = 8

Anomalies = Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """How a spell of days is recognised: the daily mean of a quantity beyond one deviation for hours on end."""

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
    """The spells of the observed hours.

    Args:
        anomalies: (hour,) by the names of a spell's effects; wind is relative, cloud in standard deviations.
        scores: (hour,) temperature and dew point in standard deviations of season and hour.
    """
    month = clock.month_index(observed.time_utc) % _MONTHS
    found = {kind: _run_spell(run, anomalies, scores, month) for kind, run in _RUNS.items()}
    found["cold_front"] = _front(-1, anomalies, month)
    found["warm_front"] = _front(1, anomalies, month)
    return Spells(**found)


def drawn_effects(observed: Observed, spells: Spells) -> SpellEffects:
    """(draw, hour) what spells add in simulations of the observed hours."""
    draws = [spell_effects([observed.region], [spells], observed.time_utc, seed) for seed in range(_DRAWS)]
    stacked = {name: np.concatenate([getattr(d, name) for d in draws]) for name in SpellEffects.__dataclass_fields__}
    return SpellEffects(**stacked)


def _run_spell(run: _Run, anomalies: Anomalies, scores: Anomalies, month: NDArray[np.int64]) -> Spell:
    daily = _day_mean(scores[run.quantity])
    beyond = np.nan_to_num(run.sign * daily, nan=-np.inf) > _RUN_SD
    edges = np.flatnonzero(np.diff(np.concatenate([[0], beyond.astype(np.int8), [0]])))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins >= run.least_h
    begins, ends = begins[long], ends[long]
    inside = np.zeros(len(month), dtype=bool)
    for begin, end in zip(begins, ends, strict=True):
        inside[begin:end] = True
    effects = {name: _OWN_SHARE * _mean(values[inside]) for name, values in anomalies.items()}
    per_year, months = _rate(begins, month)
    lasting = float(np.mean(ends - begins)) if len(begins) else float(run.least_h)
    return Spell(
        per_year=per_year,
        months=months,
        onset_h=run.onset_h,
        lasting_h=max(lasting - run.onset_h, run.onset_h),
        decay_h=run.decay_h,
        temperature_k=effects["temperature_k"],
        dew_point_k=effects["dew_point_k"],
        wind=effects["wind"],
        cloud=effects["cloud"],
    )


def _front(sign: int, anomalies: Anomalies, month: NDArray[np.int64]) -> Spell:
    temperature = anomalies["temperature_k"]
    change = np.full(len(month), -np.inf)
    change[:-_JUMP_H] = np.nan_to_num(sign * (temperature[_JUMP_H:] - temperature[:-_JUMP_H]), nan=-np.inf)
    least = _JUMP_SD * np.std(change[np.isfinite(change)])
    begins = _peaks(change, float(least))
    begins = begins[(begins >= HOURS_PER_DAY) & (begins < len(month) - 2 * HOURS_PER_DAY)]

    def level(name: str, after_h: int) -> float:
        return _mean(anomalies[name][begins + after_h]) if len(begins) else 0.0

    def brings(name: str) -> float:
        return level(name, _JUMP_H) - level(name, -HOURS_PER_DAY // 2)

    early, late = level("temperature_k", _JUMP_H), level("temperature_k", 12)
    kept = np.clip(late / early, 0.05, 0.95) if early else 0.5
    per_year, months = _rate(begins, month)
    return Spell(
        per_year=per_year,
        months=months,
        onset_h=_FRONT_ONSET_H,
        lasting_h=1.0,
        decay_h=float(np.clip((_JUMP_H - 12) / np.log(kept), *_FRONT_DECAY_H)),
        temperature_k=brings("temperature_k"),
        dew_point_k=brings("dew_point_k"),
        wind=brings("wind"),
        cloud=brings("cloud"),
    )


def _rate(begins: NDArray[np.int64], month: NDArray[np.int64]) -> tuple[float, tuple[float, ...]]:
    """Spells per year, and the share of each month, by the hours of each that were observed."""
    hours = np.bincount(month, minlength=_MONTHS)
    per_hour = np.bincount(month[begins], minlength=_MONTHS) / np.maximum(hours, 1)
    shares = np.maximum(smooth_year(per_hour), 0)
    total = shares.sum()
    shares = shares / total if total > 0 else np.full(_MONTHS, 1 / _MONTHS)
    return float(len(begins) * HOURS_PER_YEAR / len(month)), tuple(map(float, shares))


def _peaks(change: FloatArray, least: float) -> NDArray[np.int64]:
    """Ascending positions of the largest changes, the larger first where two are near each other."""
    left, peaks = change.copy(), []
    while left.max() > least:
        peak = int(left.argmax())
        peaks.append(peak)
        left[max(0, peak - _APART_H) : peak + _APART_H] = -np.inf
    return np.array(sorted(peaks), dtype=np.int64)


def _day_mean(values: FloatArray) -> FloatArray:
    """(hour,) mean of the 24 h around each; NaN where less than half of them is known."""
    known = np.isfinite(values)
    window = np.ones(HOURS_PER_DAY)
    count = np.convolve(known, window, mode="same")
    total = np.convolve(np.where(known, values, 0), window, mode="same")
    return np.where(count >= HOURS_PER_DAY / 2, total / np.maximum(count, 1), np.nan)


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
