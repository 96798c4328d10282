"""The random part of a temperature or dew point, from what its regular day and its spells leave."""

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
_LEAST_SHARE = 0.2  # of the variance is never a spell's
_LEAST_PART = 0.3
_ROOM = 1.15  # records of decades over those of the observed years, as a share of the departure


@dataclass(frozen=True, kw_only=True)
class FitSplit:
    """A series taken apart. left, spread: (hour,), what the regular day leaves and its spread through year and day.

    harmonics: of the year, which spread and skew follow.
    """

    regular: RegularDay
    basis: Basis
    left: FloatArray
    sd: FloatArray
    night_sd: float
    dusk_sd: float
    spread: FloatArray
    harmonics: int

    @property
    def score(self) -> FloatArray:
        """(hour,) in standard deviations of the season and hour."""
        return self.left / self.spread


def split(observed: Observed, values: FloatArray, harmonics: int = 2) -> FitSplit:
    """The regular day of a series and its anomalies."""
    months, phase = observed.months, observed.phase
    basis = Basis.of(observed.time_utc, months, phase, np.isfinite(values))
    left = basis.anomaly(values)
    sd = np.sqrt(np.maximum(smooth_year(monthly_mean(left**2, months), harmonics), 0.01))
    # To first order, (1 + a cos - b sin)^2 is 1 + 2 a cos - 2 b sin, and squared harmonics average to one half.
    power = np.square(left / (sd @ months))
    night_sd = float(np.nanmean(power * np.cos(phase)) / np.nanmean(power))
    dusk_sd = float(-np.nanmean(power * np.sin(phase)) / np.nanmean(power))
    spread = (sd @ months) * (1 + night_sd * np.cos(phase) - dusk_sd * np.sin(phase))
    return FitSplit(
        regular=basis.regular_day(values),
        basis=basis,
        left=left,
        sd=sd,
        night_sd=night_sd,
        dusk_sd=dusk_sd,
        spread=spread,
        harmonics=harmonics,
    )


def fit_anomaly(observed: Observed, parts: FitSplit, spells: FloatArray) -> Anomaly:
    """What is random beside the spells.

    Args:
        spells: (draw, hour) what simulated spells add to the quantity, less their mean.
    """
    months = observed.months
    drawn = parts.basis.anomaly(spells)
    variance = smooth_year(_power(parts.left, months) - _power(drawn, months), parts.harmonics)
    variance = np.maximum(variance, _LEAST_SHARE * parts.sd**2)
    spread = parts.spread * np.sqrt((variance / parts.sd**2) @ months)
    july = july_share(observed.year)
    fitted = fit_memory(
        parts.left,
        parts.basis,
        [spread * np.sqrt(1 - july), spread * np.sqrt(july)],
        day=day_shape([parts.regular], observed.year, observed.phase[None])[0],
        beside=drawn,
    )
    january, in_july = fitted.memories
    turn = np.array(JULY_BY_MONTH)
    variance = variance * (fitted.total[0] * (1 - turn) + fitted.total[1] * turn)
    third = smooth_year(_power(parts.left, months, 3) - _power(drawn, months, 3), parts.harmonics) / variance**1.5
    highest, lowest = _limits(parts.left, months)
    return Anomaly(
        sd=_table(np.sqrt(variance)),
        night_sd=parts.night_sd,
        dusk_sd=parts.dusk_sd,
        skew=tuple(_skew_of(float(each)) for each in third),
        highest_k=highest,
        lowest_k=lowest,
        january=january,
        july=in_july,
        volatility=_volatility(parts.left, drawn, fitted),
    )


def _power(left: FloatArray, months: FloatArray, power: int = 2) -> FloatArray:
    """(month,) mean of a power, over draws too."""
    return monthly_mean(np.mean(np.atleast_2d(left) ** power, axis=0), months)


def _limits(left: FloatArray, months: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Highest and lowest departures of each month, with room for what few years have not shown.

    Not smoothed: the monsoon brings air that is as moist as it gets, and the month before is far from it.
    """
    nearest = months.argmax(axis=0)
    highest, lowest = np.empty(len(months)), np.empty(len(months))
    for month in range(len(months)):
        inside = left[nearest == month]
        highest[month], lowest[month] = np.nanmax(inside), np.nanmin(inside)
    return _table(_ROOM * highest), _table(_ROOM * lowest)


def _volatility(left: FloatArray, drawn: FloatArray, fitted: MemoryFit) -> float:
    """From the tails of the hourly changes that spells leave unexplained.

    Where the scale of short memories is log-normal with spread v, a sum of which they are a part f has kurtosis
    3 (1 + f^2 (exp(4 v^2) - 1)).
    """
    change, spell = np.diff(left), np.diff(drawn)
    second, of_spells = float(np.nanmean(change**2)), float(np.nanmean(spell**2))
    own = max(second - of_spells, 0.1 * second)
    # Fourth cumulants add up.
    excess = float(np.nanmean(change**4) - np.nanmean(spell**4)) - 3 * (second**2 - of_spells**2)
    lasting = np.array([autocorrelation(memory_h, 1) for memory_h in MEMORIES_H])
    changes = (fitted.steady + fitted.swing).sum(axis=0) * (1 - lasting)
    part = max(float(changes[np.array(MEMORIES_H) < SHORT_H].sum() / changes.sum()), _LEAST_PART)
    return float(np.sqrt(np.log1p(max(excess, 0) / own**2 / 3 / part**2) / 4))


def _skew_of(third: float) -> float:
    if abs(third) >= skewness(_MOST_SKEW):
        return float(np.copysign(_MOST_SKEW, third))
    return float(brentq(lambda skew: skewness(skew) - third, -_MOST_SKEW, _MOST_SKEW, xtol=1e-4))


def _table(values: FloatArray) -> tuple[float, ...]:
    return tuple(map(float, values))
