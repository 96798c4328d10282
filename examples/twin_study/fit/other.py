"""The fits of wind, cloud and pressure: each is a series of normal scores with a memory."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import gamma, ndtr, ndtri
from scipy.stats import rankdata

from fleet.twin.climate import Cloud, Pressure, WindClimate
from fleet.twin.regular import regular_day
from fleet.units import FloatArray
from twin_study.fit.memory import fit_memory
from twin_study.fit.observed import Observed
from twin_study.fit.regular import Basis, monthly_mean, smooth_year

Table = TypeVar("Table")

_LEAST_MEAN_M_S = 0.1
_SHAPES = (0.7, 8.0)
_COVERS = (0.02, 0.98)
_SPREADS = (0.05, 20.0)


@dataclass(frozen=True, kw_only=True)
class Fitted(Generic[Table]):
    """A fitted table.

    score: (hour,) the standard anomalies that it was fitted to.
    """

    table: Table
    score: FloatArray


def fit_wind(observed: Observed) -> Fitted[WindClimate]:
    """Fit the regular wind, the Weibull shape of the variation around it, and its memory."""
    values = observed.wind_speed_m_s
    months, phase = observed.months, observed.phase
    regular = Basis.of(observed.time_utc, months, phase, np.isfinite(values)).regular_day(values)
    ratio = values / np.maximum(regular_day([regular], observed.year, phase[None])[0], _LEAST_MEAN_M_S)
    spread = float(np.nanstd(ratio))
    shape = brentq(lambda k: np.sqrt(gamma(1 + 2 / k) / gamma(1 + 1 / k) ** 2 - 1) - spread, *_SHAPES)
    score, memory = _scored(observed, _normal_scores(ratio))
    return Fitted(table=WindClimate(regular=regular, shape=float(shape), memory=memory), score=score)


def fit_cloud(observed: Observed) -> Fitted[Cloud]:
    """Fit level and spread to the mean cover of each month and the variance of the cover over all hours."""
    cover = observed.cloud_cover
    mean = np.clip(smooth_year(monthly_mean(cover, observed.months)), *_COVERS)
    variance = float(np.nanvar(cover))
    scores = ndtri((np.arange(2_000) + 0.5) / 2_000)

    def level(spread: float) -> FloatArray:
        # The mean of ndtr(a + b Z) over normal Z is ndtr(a / sqrt(1 + b^2)).
        return np.asarray(ndtri(mean) * np.sqrt(1 + spread**2))

    def excess(spread: float) -> float:
        return float(ndtr(level(spread)[:, None] + spread * scores).var() - variance)

    spread = brentq(excess, *_SPREADS) if excess(_SPREADS[1]) > 0 else _SPREADS[1]
    score, memory = _scored(observed, _normal_scores(cover))
    return Fitted(table=Cloud(level=_table(level(spread)), spread=float(spread), memory=memory), score=score)


def fit_pressure(observed: Observed) -> Fitted[Pressure]:
    """Fit spread and memory of the departures from the usual pressure of the month and hour."""
    values = observed.pressure_ratio
    months = observed.months
    anomaly = Basis.of(observed.time_utc, months, observed.phase, np.isfinite(values)).anomaly(values)
    sd = np.sqrt(np.maximum(smooth_year(monthly_mean(anomaly**2, months)), 1e-8))
    score, memory = _scored(observed, anomaly / (sd @ months))
    return Fitted(table=Pressure(sd_fraction=_table(sd), memory=memory), score=score)


def _normal_scores(values: FloatArray) -> FloatArray:
    """Return the normal scores of the ranks, (hour,). Equal values share their middle rank."""
    is_known = np.isfinite(values)
    scores = np.full(values.shape, np.nan)
    scores[is_known] = ndtri((rankdata(values[is_known]) - 0.5) / is_known.sum())
    return scores


def _scored(observed: Observed, score: FloatArray) -> tuple[FloatArray, tuple[float, ...]]:
    """Return the standard anomalies of a score, (hour,), and the shares of their memories."""
    basis = Basis.of(observed.time_utc, observed.months, observed.phase, np.isfinite(score))
    anomaly = basis.anomaly(score)
    anomaly /= np.sqrt(np.nanmean(anomaly**2))
    (memory,) = fit_memory(anomaly, basis, [np.ones_like(anomaly)]).memories
    return anomaly, memory.steady


def _table(values: FloatArray) -> tuple[float, ...]:
    return tuple(map(float, values))
