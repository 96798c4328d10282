"""The fit of the random part of a temperature or dew point, without its regular day and its spells."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from fleet.twin.climate import MEMORIES_H, Anomaly, RegularDay
from fleet.twin.latent import SHORT_H, autocorrelation
from fleet.twin.regular import JULY_BY_MONTH, july_share
from fleet.twin.skew import skewness
from fleet.twin.weather import day_shape
from fleet.units import FloatArray
from twin_study.fit.memory import MemoryFit, fit_memory
from twin_study.fit.observed import Observed
from twin_study.fit.regular import Basis, monthly_mean, smooth_year

_MOST_SKEW = 0.9
_LEAST_SHARE = 0.2  # least share of the variance that remains without the spells
_LEAST_PART = 0.3
_RECORD_FACTOR = 1.15  # largest departure in decades, divided by the largest departure in the observed years


@dataclass(frozen=True, kw_only=True)
class FitSplit:
    """A series split into its regular day and its anomaly.

    regular, basis: the regular day, and the basis that it was fitted with.
    anomaly: (hour,) the series minus its regular day.
    sd: (month,) standard deviation of the anomaly.
    night_sd, dusk_sd: as in Anomaly.
    spread: (hour,) standard deviation of the anomaly by season and hour of the day.
    harmonics: harmonics of the year that spread and skew follow.
    """

    regular: RegularDay
    basis: Basis
    anomaly: FloatArray
    sd: FloatArray
    night_sd: float
    dusk_sd: float
    spread: FloatArray
    harmonics: int

    @property
    def score(self) -> FloatArray:
        """Anomaly in standard deviations of its season and hour, (hour,)."""
        return self.anomaly / self.spread


def split(observed: Observed, values: FloatArray, harmonics: int = 2) -> FitSplit:
    """Split a series, (hour,), into its regular day and its anomaly.

    Args:
        observed: the hours.
        values: (hour,) of these hours; NaN is missing.
        harmonics: harmonics of the year that the spread follows.
    """
    months, phase = observed.months, observed.phase
    basis = Basis.of(observed.time_utc, months, phase, np.isfinite(values))
    anomaly = basis.anomaly(values)
    sd = np.sqrt(np.maximum(smooth_year(monthly_mean(anomaly**2, months), harmonics), 0.01))
    # To first order, (1 + a cos - b sin)^2 is 1 + 2 a cos - 2 b sin, and the mean of a squared harmonic is one half.
    power = np.square(anomaly / (sd @ months))
    night_sd = float(np.nanmean(power * np.cos(phase)) / np.nanmean(power))
    dusk_sd = float(-np.nanmean(power * np.sin(phase)) / np.nanmean(power))
    spread = (sd @ months) * (1 + night_sd * np.cos(phase) - dusk_sd * np.sin(phase))
    return FitSplit(
        regular=basis.regular_day(values),
        basis=basis,
        anomaly=anomaly,
        sd=sd,
        night_sd=night_sd,
        dusk_sd=dusk_sd,
        spread=spread,
        harmonics=harmonics,
    )


def fit_anomaly(observed: Observed, parts: FitSplit, spells: FloatArray) -> Anomaly:
    """Fit the random part without the spells.

    Args:
        observed: the hours.
        parts: the quantity, split.
        spells: (draw, hour) simulated effects of spells on the quantity, minus their mean.
    """
    months = observed.months
    spell_anomaly = parts.basis.anomaly(spells)
    variance = smooth_year(_moment(parts.anomaly, months) - _moment(spell_anomaly, months), parts.harmonics)
    variance = np.maximum(variance, _LEAST_SHARE * parts.sd**2)
    spread = parts.spread * np.sqrt((variance / parts.sd**2) @ months)
    july = july_share(observed.year)
    memory = fit_memory(
        parts.anomaly,
        parts.basis,
        [spread * np.sqrt(1 - july), spread * np.sqrt(july)],
        day=day_shape([parts.regular], observed.year, observed.phase[None])[0],
        spells=spell_anomaly,
    )
    in_january, in_july = memory.memories
    july_weight = np.array(JULY_BY_MONTH)
    variance = variance * (memory.total[0] * (1 - july_weight) + memory.total[1] * july_weight)
    third_moment = _moment(parts.anomaly, months, 3) - _moment(spell_anomaly, months, 3)
    third = smooth_year(third_moment, parts.harmonics) / variance**1.5
    highest, lowest = _limits(parts.anomaly, months)
    return Anomaly(
        sd=_table(np.sqrt(variance)),
        night_sd=parts.night_sd,
        dusk_sd=parts.dusk_sd,
        skew=tuple(_skew_of(float(value)) for value in third),
        highest_k=highest,
        lowest_k=lowest,
        january=in_january,
        july=in_july,
        volatility=_volatility(parts.anomaly, spell_anomaly, memory),
    )


def _moment(anomaly: FloatArray, months: FloatArray, power: int = 2) -> FloatArray:
    """Return the mean of a power of the anomaly, (month,), over all draws if there are several."""
    return monthly_mean(np.mean(np.atleast_2d(anomaly) ** power, axis=0), months)


def _limits(anomaly: FloatArray, months: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the highest and the lowest departure of each month, increased because few years were observed.

    The limits are not smoothed over the year. In the monsoon, dew points reach their limit; in the month before, they
    are far from it.
    """
    nearest_month = months.argmax(axis=0)
    highest, lowest = np.empty(len(months)), np.empty(len(months))
    for month in range(len(months)):
        in_month = anomaly[nearest_month == month]
        highest[month], lowest[month] = np.nanmax(in_month), np.nanmin(in_month)
    return _table(_RECORD_FACTOR * highest), _table(_RECORD_FACTOR * lowest)


def _volatility(anomaly: FloatArray, spell_anomaly: FloatArray, memory: MemoryFit) -> float:
    """Return the volatility from the tails of the hourly changes that spells do not explain.

    If the scale of short memories is log-normal with spread v, a sum with a share f of them has the kurtosis
    3 (1 + f^2 (exp(4 v^2) - 1)).
    """
    change, spell_change = np.diff(anomaly), np.diff(spell_anomaly)
    second, spell_second = float(np.nanmean(change**2)), float(np.nanmean(spell_change**2))
    unexplained = max(second - spell_second, 0.1 * second)
    # Fourth cumulants of independent parts add up.
    excess = float(np.nanmean(change**4) - np.nanmean(spell_change**4)) - 3 * (second**2 - spell_second**2)
    lag_1 = np.array([autocorrelation(memory_h, 1) for memory_h in MEMORIES_H])
    change_variance = (memory.steady + memory.swing).sum(axis=0) * (1 - lag_1)
    short_share = float(change_variance[np.array(MEMORIES_H) < SHORT_H].sum() / change_variance.sum())
    part = max(short_share, _LEAST_PART)
    return float(np.sqrt(np.log1p(max(excess, 0) / unexplained**2 / 3 / part**2) / 4))


def _skew_of(third: float) -> float:
    """Return the skew parameter that gives this third standard moment."""
    if abs(third) >= skewness(_MOST_SKEW):
        return float(np.copysign(_MOST_SKEW, third))
    return float(brentq(lambda skew: skewness(skew) - third, -_MOST_SKEW, _MOST_SKEW, xtol=1e-4))


def _table(values: FloatArray) -> tuple[float, ...]:
    return tuple(map(float, values))
