"""Hourly weather of a fleet: a regular day for each season, anomalies with a memory, and spells.

Source: stochastic weather generators (Richardson 1981; Wilks and Wilby 1999), here by the hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import gamma, ndtr

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.physics.psychrometrics import pressure_hpa
from fleet.twin.almanac import Year
from fleet.twin.climate import Anomaly, Climate, RegularDay
from fleet.twin.latent import standard_anomalies
from fleet.twin.regular import day_phase, regular_day
from fleet.twin.skew import skewed, softly_limited
from fleet.twin.spells import spell_effects
from fleet.units import FloatArray

_SATURATION_SOFTNESS_K = 0.4
# Chosen so that the 99 % and 99.9 % quantiles of the wet bulb fit at all three places. With a smaller softness, too
# many hours lie close to the limit.
MUGGIEST_SOFTNESS_K = 5.0
_CALMEST_M_S = 0.1
_REGIONS_AT_ONCE = 8  # a year of so few regions fits in a processor's cache
_LEAST_LIMIT_K = 2.0
_PSYCHROMETER_PER_K = 6.65e-4
_LEAST_VAPOUR_HPA = 0.5
# Kasten and Czeplak 1980: a cover of n lets 1 - 0.75 n^3.4 of the sunlight of a clear sky through.
_COVER_LOSS, _COVER_POWER = 0.75, 3.4


@dataclass(frozen=True, kw_only=True)
class TwinWeather:
    """Weather of a fleet. Arrays are (region, hour).

    temperature_anomaly: departure from the regular day, in standard deviations of the season.
    clearness: share of the sunlight of a clear sky that reaches the ground, in (0, 1].
    """

    temperature_c: FloatArray
    dew_point_c: FloatArray
    wind_speed_m_s: FloatArray
    pressure_hpa: FloatArray
    temperature_anomaly: FloatArray
    clearness: FloatArray


def make_weather(regions: Sequence[Region], climates: Sequence[Climate], time_utc: HourArray, seed: int) -> TwinWeather:
    """Make the weather of each region in its climate.

    The same seed gives the same weather, no matter which other parts are made. A longer series begins with the shorter
    one.

    Args:
        regions, climates: one climate per region.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    Assumes: regions are independent of each other.
    """
    year, shape = Year.of(time_utc), (len(regions), len(time_utc))
    weather = TwinWeather(**{field.name: np.empty(shape) for field in fields(TwinWeather)})
    for first in range(0, len(regions), _REGIONS_AT_ONCE):
        rows = slice(first, first + _REGIONS_AT_ONCE)
        block = _block(regions[rows], climates[rows], time_utc, year, seed)
        for field in fields(TwinWeather):
            getattr(weather, field.name)[rows] = getattr(block, field.name)
    return weather


def _block(
    regions: Sequence[Region], climates: Sequence[Climate], time_utc: HourArray, year: Year, seed: int
) -> TwinWeather:
    phase = day_phase(regions, time_utc)
    latent = standard_anomalies(regions, climates, year, seed)
    spells = spell_effects(regions, [c.spells for c in climates], time_utc, seed)

    days = [c.temperature for c in climates]
    shape = day_shape(days, year, phase)
    anomalies = [c.temperature_anomaly for c in climates]
    anomaly = _anomaly(anomalies, latent.temperature + latent.swing * shape, spells.temperature_k, year, phase)
    temperature = regular_day(days, year, phase) + anomaly

    days = [c.dew_point for c in climates]
    dew_point_scores = latent.dew_point + latent.dew_swing * day_shape(days, year, phase)
    dew_point = regular_day(days, year, phase)
    dew_point += _anomaly([c.dew_point_anomaly for c in climates], dew_point_scores, spells.dew_point_k, year, phase)

    wind = np.maximum(regular_day([c.wind.regular for c in climates], year, phase), _CALMEST_M_S)
    wind *= _weibull(latent.wind, np.array([c.wind.shape for c in climates])[:, None])
    wind *= np.maximum(1 + spells.wind, 0)

    level = year.interpolate([c.cloud.level for c in climates])
    cover = ndtr(level + np.array([c.cloud.spread for c in climates])[:, None] * (latent.cloud + spells.cloud))
    standard_hpa = np.array([pressure_hpa(region.altitude_m) for region in regions])[:, None]
    muggiest = np.array([c.muggiest_c for c in climates])[:, None]
    dew_point_limit = dew_point_at_wet_bulb_c(temperature, muggiest, standard_hpa)
    dew_point = softly_capped(dew_point_limit, dew_point, MUGGIEST_SOFTNESS_K)
    pressure_departure = year.interpolate([c.pressure.sd_fraction for c in climates]) * latent.pressure
    return TwinWeather(
        temperature_c=temperature,
        dew_point_c=softly_capped(temperature, dew_point, _SATURATION_SOFTNESS_K),
        wind_speed_m_s=wind,
        pressure_hpa=standard_hpa * (1 + pressure_departure),
        temperature_anomaly=anomaly / year.interpolate([a.sd for a in anomalies]),
        clearness=1 - _COVER_LOSS * cover**_COVER_POWER,
    )


def day_shape(days: Sequence[RegularDay], year: Year, phase: FloatArray) -> FloatArray:
    """Return the first harmonic of the regular day, (region, hour), scaled to a mean square of one.

    A multiple of this shape makes the daily cycle stronger or weaker than the regular one.

    Args: as for `regular_day`.
    """
    cosine, sine = year.interpolate([day.cosine for day in days]), year.interpolate([day.sine for day in days])
    wave = cosine * np.cos(phase) + sine * np.sin(phase)
    shape: FloatArray = np.sqrt(2) * wave / np.maximum(np.hypot(cosine, sine), 1e-6)
    return shape


def dew_point_at_wet_bulb_c(temperature_c: FloatArray, wet_bulb_c: FloatArray, pressure: FloatArray) -> FloatArray:
    """Return the dew point of air with the given wet bulb, for temperatures above the wet bulb.

    Args:
        temperature_c, wet_bulb_c, pressure: degC, degC and hPa, of shapes that broadcast.
    Source: the psychrometer equation with Magnus' vapour pressure, within 0.3 K.
    """
    saturated = 6.112 * np.exp(17.62 * wet_bulb_c / (243.12 + wet_bulb_c))
    vapour = saturated - _PSYCHROMETER_PER_K * pressure * np.maximum(temperature_c - wet_bulb_c, 0)
    magnus = np.log(np.maximum(vapour, _LEAST_VAPOUR_HPA) / 6.112)
    dew_point: FloatArray = 243.12 * magnus / (17.62 - magnus)
    return dew_point


def softly_capped(limit_c: FloatArray, dew_point_c: FloatArray, softness_k: float) -> FloatArray:
    """Return the dew point, kept below a limit.

    A dew point far below the limit is unchanged. Close to the limit and above, it approaches the limit smoothly.

    Args:
        limit_c, dew_point_c: degC, of shapes that broadcast.
        softness_k: distance from the limit [K] within which the dew point changes.
    """
    capped: FloatArray = limit_c - softness_k * np.logaddexp(0, (limit_c - dew_point_c) / softness_k)
    return capped


def invert_soft_cap(limit_c: FloatArray, capped_c: FloatArray, softness_k: float) -> FloatArray:
    """Return the dew point for which `softly_capped` returns `capped_c`, which must lie below the limit."""
    dew_point: FloatArray = limit_c - softness_k * np.log(np.expm1((limit_c - capped_c) / softness_k))
    return dew_point


def _anomaly(
    tables: Sequence[Anomaly], normal: FloatArray, spells_k: FloatArray, year: Year, phase: FloatArray
) -> FloatArray:
    """Return the departure from the regular day [K], (region, hour), from normal scores and the spells."""
    night = np.array([table.night_sd for table in tables])[:, None]
    dusk = np.array([table.dusk_sd for table in tables])[:, None]
    spread = year.interpolate([table.sd for table in tables]) * (1 + night * np.cos(phase) - dusk * np.sin(phase))
    skew = year.interpolate([table.skew for table in tables])
    anomaly = np.maximum(spread, 0) * skewed(normal, skew) + spells_k
    lowest, highest = (year.interpolate([getattr(t, name) for t in tables]) for name in ("lowest_k", "highest_k"))
    return softly_limited(anomaly, np.minimum(lowest, -_LEAST_LIMIT_K), np.maximum(highest, _LEAST_LIMIT_K))


def _weibull(normal: FloatArray, shape: FloatArray) -> FloatArray:
    """Return Weibull values of mean 1 at the quantiles of standard normal scores."""
    exceedance = ndtr(-normal)
    wind: FloatArray = (-np.log(exceedance)) ** (1 / shape) / gamma(1 + 1 / shape)
    return wind
