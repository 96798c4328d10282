"""Hourly weather of a fleet: a regular year and day, anomalies that remember, and spells.

Source: the decomposition is that of stochastic weather generators (Richardson 1981; Wilks and Wilby 1999), by the hour.
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
from fleet.twin.skew import limited, skewed
from fleet.twin.spells import spell_effects
from fleet.units import FloatArray

_SATURATION_SOFTNESS_K = 0.4
# Chosen so that the 99 % and 99.9 % wet bulbs of all three places come out: a harder bend piles air up against it.
MUGGIEST_SOFTNESS_K = 5.0
_CALMEST_M_S = 0.1
_REGIONS_AT_ONCE = 8  # keeps a year of a large fleet within a processor's cache and a laptop's memory
_LEAST_LIMIT_K = 2.0
_PSYCHROMETER_PER_K = 6.65e-4
_LEAST_VAPOUR_HPA = 0.5
# Kasten and Czeplak 1980: sun through a cover of n is 1 - 0.75 n^3.4 of that through none.
_COVER_LOSS, _COVER_POWER = 0.75, 3.4


@dataclass(frozen=True, kw_only=True)
class TwinWeather:
    """Weather of a fleet, every array (region, hour).

    temperature_anomaly: departure from the regular day, in standard deviations of its season.
    clearness: share of a cloudless sky's sunlight that reaches the ground, in (0, 1].
    """

    temperature_c: FloatArray
    dew_point_c: FloatArray
    wind_speed_m_s: FloatArray
    pressure_hpa: FloatArray
    temperature_anomaly: FloatArray
    clearness: FloatArray


def make_weather(regions: Sequence[Region], climates: Sequence[Climate], time_utc: HourArray, seed: int) -> TwinWeather:
    """Weather of each region in its climate.

    The same seed gives the same weather, whatever else is made; a longer series begins with the shorter one.
    Assumes: regions are independent of each other.
    """
    year, shape = Year.of(time_utc), (len(regions), len(time_utc))
    weather = TwinWeather(**{field.name: np.empty(shape) for field in fields(TwinWeather)})
    for first in range(0, len(regions), _REGIONS_AT_ONCE):
        rows = slice(first, first + _REGIONS_AT_ONCE)
        some = _block(regions[rows], climates[rows], time_utc, year, seed)
        for field in fields(TwinWeather):
            getattr(weather, field.name)[rows] = getattr(some, field.name)
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
    moist = latent.dew_point + latent.dew_swing * day_shape(days, year, phase)
    dew_point = regular_day(days, year, phase)
    dew_point += _anomaly([c.dew_point_anomaly for c in climates], moist, spells.dew_point_k, year, phase)

    wind = np.maximum(regular_day([c.wind.regular for c in climates], year, phase), _CALMEST_M_S)
    wind *= _weibull(latent.wind, np.array([c.wind.shape for c in climates])[:, None])
    wind *= np.maximum(1 + spells.wind, 0)

    level = year.along([c.cloud.level for c in climates])
    cover = ndtr(level + np.array([c.cloud.spread for c in climates])[:, None] * (latent.cloud + spells.cloud))
    standard_hpa = np.array([pressure_hpa(region.altitude_m) for region in regions])[:, None]
    muggiest = np.array([c.muggiest_c for c in climates])[:, None]
    dew_point = bent_below(dew_point_at_wet_bulb_c(temperature, muggiest, standard_hpa), dew_point, MUGGIEST_SOFTNESS_K)
    return TwinWeather(
        temperature_c=temperature,
        dew_point_c=bent_below(temperature, dew_point, _SATURATION_SOFTNESS_K),
        wind_speed_m_s=wind,
        pressure_hpa=standard_hpa * (1 + year.along([c.pressure.sd_fraction for c in climates]) * latent.pressure),
        temperature_anomaly=anomaly / year.along([a.sd for a in anomalies]),
        clearness=1 - _COVER_LOSS * cover**_COVER_POWER,
    )


def day_shape(days: Sequence[RegularDay], year: Year, phase: FloatArray) -> FloatArray:
    """(region, hour) the first harmonic of the regular day with mean square one: how a pronounced day departs."""
    cosine, sine = year.along([day.cosine for day in days]), year.along([day.sine for day in days])
    wave = cosine * np.cos(phase) + sine * np.sin(phase)
    shape: FloatArray = np.sqrt(2) * wave / np.maximum(np.hypot(cosine, sine), 1e-6)
    return shape


def dew_point_at_wet_bulb_c(temperature_c: FloatArray, wet_bulb_c: FloatArray, pressure: FloatArray) -> FloatArray:
    """Dew point of air that shows this wet bulb, at temperatures above it.

    Source: the psychrometer equation with Magnus' vapour pressure, within 0.3 K.
    """
    saturated = 6.112 * np.exp(17.62 * wet_bulb_c / (243.12 + wet_bulb_c))
    vapour = saturated - _PSYCHROMETER_PER_K * pressure * np.maximum(temperature_c - wet_bulb_c, 0)
    magnus = np.log(np.maximum(vapour, _LEAST_VAPOUR_HPA) / 6.112)
    dew_point: FloatArray = 243.12 * magnus / (17.62 - magnus)
    return dew_point


def bent_below(limit_c: FloatArray, dew_point_c: FloatArray, softness_k: float) -> FloatArray:
    """Dew point bent below a limit: air near saturation sheds what it cannot hold, and no sea is warmer than it is."""
    bent: FloatArray = limit_c - softness_k * np.logaddexp(0, (limit_c - dew_point_c) / softness_k)
    return bent


def unbent_below(limit_c: FloatArray, bent_c: FloatArray, softness_k: float) -> FloatArray:
    """The dew point that `bent_below` bends to this one, which is below the limit."""
    dew_point: FloatArray = limit_c - softness_k * np.log(np.expm1((limit_c - bent_c) / softness_k))
    return dew_point


def _anomaly(
    tables: Sequence[Anomaly], normal: FloatArray, spells_k: FloatArray, year: Year, phase: FloatArray
) -> FloatArray:
    """(region, hour) departure from the regular day [K], from normal scores and the spells."""
    night = np.array([table.night_sd for table in tables])[:, None]
    dusk = np.array([table.dusk_sd for table in tables])[:, None]
    spread = year.along([table.sd for table in tables]) * (1 + night * np.cos(phase) - dusk * np.sin(phase))
    anomaly = np.maximum(spread, 0) * skewed(normal, year.along([table.skew for table in tables])) + spells_k
    lowest, highest = (year.along([getattr(t, name) for t in tables]) for name in ("lowest_k", "highest_k"))
    return limited(anomaly, np.minimum(lowest, -_LEAST_LIMIT_K), np.maximum(highest, _LEAST_LIMIT_K))


def _weibull(normal: FloatArray, shape: FloatArray) -> FloatArray:
    """Standard normal scores as Weibull values of mean 1."""
    exceedance = ndtr(-normal)
    wind: FloatArray = (-np.log(exceedance)) ** (1 / shape) / gamma(1 + 1 / shape)
    return wind
