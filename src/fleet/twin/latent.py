"""Standard anomalies that remember, coupled to each other: the random part of the weather."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.region import Region
from fleet.twin.almanac import Year
from fleet.twin.climate import MEMORIES_H, Anomaly, Climate
from fleet.twin.noise import red_noise, remembered, stream
from fleet.twin.regular import july_share
from fleet.units import FloatArray

SHORT_H = 12.0
_SMOOTHED_FROM_H = 9.0
_SMOOTHING_H = 2.0
_VOLATILITY_MEMORY_H = 81.0
_MOST_RESTLESS = 3.0  # standard deviations of the logarithm
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

# What each anomaly leans on and the coupling that says how much; parents first.
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


# A series is drawn where it or one that leans on it is used: at many memories a climate has no variance.
_WITH_DESCENDANTS: Mapping[str, frozenset[str]] = {name: _with_descendants(name) for name in _PARENTS}


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Arrays (region, hour) of mean 0 and variance 1, but for temperature and dew point, to which swing belongs too.

    temperature, dew_point: without their swing. swing: of the temperature's day; dew_swing: of the dew point's.
    """

    temperature: FloatArray
    swing: FloatArray
    dew_point: FloatArray
    dew_swing: FloatArray
    cloud: FloatArray
    wind: FloatArray
    pressure: FloatArray


def standard_anomalies(regions: Sequence[Region], climates: Sequence[Climate], year: Year, seed: int) -> Latent:
    """The anomalies of each region, (region, hour), a sum over memories of coupled first-order processes.

    Args:
        year: the course of the year through the hours.
    """
    shape = (len(regions), len(year.way))

    def noise(name: str, memory_h: float) -> FloatArray:
        return memory_noise([stream(seed, r.id, "weather", name, f"{memory_h:g}") for r in regions], shape[1], memory_h)

    def coupled(parent: FloatArray, own: FloatArray, correlation: FloatArray) -> FloatArray:
        own *= np.sqrt(1 - correlation**2)
        own += correlation * parent
        return own

    calm = noise("restless", _VOLATILITY_MEMORY_H)

    def scale(anomalies: list[Anomaly]) -> FloatArray:
        spread = np.array([anomaly.volatility for anomaly in anomalies])[:, None]
        size = np.exp(spread * _limited(calm))
        # Of mean square one, so that the shares of the variance stay what they are.
        size /= np.sqrt((np.exp(2 * spread * _limited(_NODES)) * _WEIGHTS).sum(axis=1, keepdims=True))
        return size

    couplings = {
        name: np.clip(year.along([getattr(c.coupling, name) for c in climates]), -0.99, 0.99)
        for name in climates[0].coupling.__dataclass_fields__
    }
    restless = [scale([c.temperature_anomaly for c in climates]), scale([c.dew_point_anomaly for c in climates])]
    scales = {"temperature": restless[0], "swing": restless[0], "dew_point": restless[1], "dew_swing": restless[1]}
    shares, july = _shares(climates), july_share(year)
    total = {name: np.zeros(shape) for name in Latent.__dataclass_fields__}
    for index, memory_h in enumerate(MEMORIES_H):
        used = {name for name in shares if shares[name][:, :, index].any()}
        made: dict[str, FloatArray] = {}
        for name, (parent, coupling) in _PARENTS.items():
            if not used & _WITH_DESCENDANTS[name]:
                continue
            made[name] = noise(name, memory_h)
            if parent:
                coupled(made[parent], made[name], couplings[coupling])
        for name in used:
            in_january, in_july = shares[name][:, :, index, None]
            series = made[name]
            if memory_h < SHORT_H and name in scales:
                series = series * scales[name]
            total[name] += np.sqrt(in_january + july * (in_july - in_january)) * series
    return Latent(**total)


def memory_noise(streams: Sequence[np.random.Generator], hours: int, memory_h: float) -> FloatArray:
    """(stream, hour) stationary, of mean 0 and variance 1, that remembers `memory_h`.

    A first-order autoregression; those that remember more than a few hours are smoothed by a second pole, because air
    does not warm in jumps: their autocorrelation leaves one in a curve, not in a corner.
    """
    series = np.stack([red_noise(rng, (hours,), memory_h) for rng in streams])
    if memory_h < _SMOOTHED_FROM_H:
        return series
    step, keep = np.exp(-1 / memory_h), np.exp(-1 / _SMOOTHING_H)
    spread = np.sqrt((1 - keep) / (1 + keep) * (1 + step * keep) / (1 - step * keep))
    news = (1 - keep) * series
    news[:, 0] += keep * spread * series[:, 0]
    smooth: FloatArray = remembered(news, keep) / spread
    return smooth


def autocorrelation(memory_h: float, lag_h: int) -> float:
    """Of `memory_noise`."""
    step = np.exp(-1 / memory_h)
    if memory_h < _SMOOTHED_FROM_H:
        return float(step**lag_h)
    keep = np.exp(-1 / _SMOOTHING_H)
    slow, fast = step ** (lag_h + 1) * (1 - keep**2), keep ** (lag_h + 1) * (1 - step**2)
    return float((slow - fast) / ((step - keep) * (1 + step * keep)))


def _limited(normal: FloatArray) -> FloatArray:
    limited: FloatArray = _MOST_RESTLESS * np.tanh(normal / _MOST_RESTLESS)
    return limited


def _shares(climates: Sequence[Climate]) -> Mapping[str, FloatArray]:
    """(season, region, memory) shares of the variance in January and July, by name of the anomaly."""
    both = {"temperature": "temperature_anomaly", "dew_point": "dew_point_anomaly"}
    shares = {}
    for name, table in both.items():
        seasons = [[getattr(getattr(c, table), season) for c in climates] for season in ("january", "july")]
        shares[name] = np.array([[memory.steady for memory in season] for season in seasons])
        swing = np.array([[memory.swing for memory in season] for season in seasons])
        shares["swing" if name == "temperature" else "dew_swing"] = swing
    for name in ("cloud", "wind", "pressure"):
        shares[name] = np.array([[getattr(c, name).memory for c in climates]] * 2)
    return shares
