"""The random part of the weather: standard anomalies with a memory, coupled to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.region import Region
from fleet.twin.almanac import Year
from fleet.twin.climate import MEMORIES_H, Anomaly, Climate
from fleet.twin.noise import autoregression, red_noise, stream
from fleet.twin.regular import july_share
from fleet.units import FloatArray

SHORT_H = 12.0
_SMOOTHED_FROM_H = 9.0
_SMOOTHING_H = 2.0
_VOLATILITY_MEMORY_H = 81.0
_LARGEST_VOLATILITY = 3.0  # standard deviations of the logarithm of the scale
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

# The parent of each anomaly, and the field of Coupling with its correlation. Parents stand before children.
_PARENTS: Mapping[str, tuple[str, str]] = {
    "temperature": ("", ""),
    "dew_point": ("temperature", "dew_point_temperature"),
    "cloud": ("dew_point", "cloud_dew_point"),
    "wind": ("temperature", "wind_temperature"),
    "pressure": ("wind", "pressure_wind"),
    "swing": ("cloud", "swing_cloud"),
    "dew_swing": ("", ""),
}


def _with_descendants(name: str) -> frozenset[str]:
    children = [child for child, (parent, _) in _PARENTS.items() if parent == name]
    return frozenset({name}).union(*(_with_descendants(child) for child in children))


# A series is drawn only if it or one of its descendants is used: at many memories a climate has no variance.
_WITH_DESCENDANTS: Mapping[str, frozenset[str]] = {name: _with_descendants(name) for name in _PARENTS}


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Standard anomalies, (region, hour), of mean 0. The variances of a steady part and its swing add up to 1.

    temperature, dew_point: steady parts, alike at every hour of the day.
    swing, dew_swing: swings of the daily cycle of the temperature and of the dew point.
    cloud, wind, pressure: anomalies of variance 1.
    """

    temperature: FloatArray
    swing: FloatArray
    dew_point: FloatArray
    dew_swing: FloatArray
    cloud: FloatArray
    wind: FloatArray
    pressure: FloatArray


def standard_anomalies(regions: Sequence[Region], climates: Sequence[Climate], year: Year, seed: int) -> Latent:
    """Draw the anomalies of each region, (region, hour): sums over memories of coupled first-order processes.

    Args:
        regions, climates: one climate per region.
        year: the position of the hours in the year.
        seed: seed of the twin.
    """
    shape = (len(regions), len(year.later_weight))

    def noise(name: str, memory_h: float) -> FloatArray:
        return memory_noise([stream(seed, r.id, "weather", name, f"{memory_h:g}") for r in regions], shape[1], memory_h)

    couplings = {
        name: np.clip(year.interpolate([getattr(c.coupling, name) for c in climates]), -0.99, 0.99)
        for name in climates[0].coupling.__dataclass_fields__
    }
    restlessness = noise("restless", _VOLATILITY_MEMORY_H)
    temperature_scale = _volatility_scale([c.temperature_anomaly for c in climates], restlessness)
    dew_point_scale = _volatility_scale([c.dew_point_anomaly for c in climates], restlessness)
    scales = {
        "temperature": temperature_scale,
        "swing": temperature_scale,
        "dew_point": dew_point_scale,
        "dew_swing": dew_point_scale,
    }
    shares, july = _shares(climates), july_share(year)
    total = {name: np.zeros(shape) for name in Latent.__dataclass_fields__}
    for index, memory_h in enumerate(MEMORIES_H):
        used = {name for name in shares if shares[name][:, :, index].any()}
        drawn: dict[str, FloatArray] = {}
        for name, (parent, coupling) in _PARENTS.items():
            if not used & _WITH_DESCENDANTS[name]:
                continue
            drawn[name] = noise(name, memory_h)
            if parent:
                _couple(drawn[name], drawn[parent], couplings[coupling])
        for name in used:
            in_january, in_july = shares[name][:, :, index, None]
            series = drawn[name]
            if memory_h < SHORT_H and name in scales:
                series = series * scales[name]
            total[name] += np.sqrt(in_january + july * (in_july - in_january)) * series
    return Latent(**total)


def memory_noise(streams: Sequence[np.random.Generator], hours: int, memory_h: float) -> FloatArray:
    """Draw stationary series, (stream, hour), of mean 0, variance 1 and the given memory.

    Each series is a first-order autoregression. A series with a memory of 9 h or more is also smoothed over 2 h,
    because air does not warm in jumps.
    """
    series = np.stack([red_noise(rng, (hours,), memory_h) for rng in streams])
    if memory_h < _SMOOTHED_FROM_H:
        return series
    slow, fast = np.exp(-1 / memory_h), np.exp(-1 / _SMOOTHING_H)
    spread = np.sqrt((1 - fast) / (1 + fast) * (1 + slow * fast) / (1 - slow * fast))
    innovations = (1 - fast) * series
    innovations[:, 0] += fast * spread * series[:, 0]
    smooth: FloatArray = autoregression(innovations, fast) / spread
    return smooth


def autocorrelation(memory_h: float, lag_h: int) -> float:
    """Return the autocorrelation of `memory_noise` at a lag."""
    slow = np.exp(-1 / memory_h)
    if memory_h < _SMOOTHED_FROM_H:
        return float(slow**lag_h)
    fast = np.exp(-1 / _SMOOTHING_H)
    slow_term, fast_term = slow ** (lag_h + 1) * (1 - fast**2), fast ** (lag_h + 1) * (1 - slow**2)
    return float((slow_term - fast_term) / ((slow - fast) * (1 + slow * fast)))


def _couple(series: FloatArray, parent: FloatArray, correlation: FloatArray) -> None:
    """Change `series` so that it has this correlation with its parent."""
    series *= np.sqrt(1 - correlation**2)
    series += correlation * parent


def _volatility_scale(anomalies: Sequence[Anomaly], restlessness: FloatArray) -> FloatArray:
    """Return the scale of short memories, (region, hour), of mean square one.

    A mean square of one leaves the shares of the variance unchanged.
    """
    spread = np.array([anomaly.volatility for anomaly in anomalies])[:, None]
    size = np.exp(spread * _limited(restlessness))
    size /= np.sqrt((np.exp(2 * spread * _limited(_NODES)) * _WEIGHTS).sum(axis=1, keepdims=True))
    return size


def _limited(normal: FloatArray) -> FloatArray:
    limited: FloatArray = _LARGEST_VOLATILITY * np.tanh(normal / _LARGEST_VOLATILITY)
    return limited


def _shares(climates: Sequence[Climate]) -> Mapping[str, FloatArray]:
    """Return the shares of the variance by name of the anomaly, (season, region, memory).

    Season 0 is January, season 1 July.
    """
    tables = {"temperature": "temperature_anomaly", "dew_point": "dew_point_anomaly"}
    shares = {}
    for name, table in tables.items():
        seasons = [[getattr(getattr(c, table), season) for c in climates] for season in ("january", "july")]
        shares[name] = np.array([[memory.steady for memory in season] for season in seasons])
        swing = np.array([[memory.swing for memory in season] for season in seasons])
        shares["swing" if name == "temperature" else "dew_swing"] = swing
    for name in ("cloud", "wind", "pressure"):
        shares[name] = np.array([[getattr(c, name).memory for c in climates]] * 2)
    return shares
