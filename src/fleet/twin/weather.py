"""Hourly weather: a regular year and day, with anomalies that last."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gamma, ndtr

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.physics.psychrometrics import pressure_hpa
from fleet.twin.almanac import by_month, solar_hour, sunrise_solar_hour
from fleet.twin.climates import Climate, Memory
from fleet.twin.noise import red_noise, stream, two_scale_noise
from fleet.units import HOURS_PER_DAY, FloatArray

_EVENING_HASTE = 0.8  # cooling is quickest just after the peak
_CEILING_SOFTNESS_K = 1.5
_PRESSURE_SD_FRACTION = 0.006
_PRESSURE_MEMORY_H = 45.0


@dataclass(frozen=True, kw_only=True)
class Weather:
    """One region's weather, every array (hour,).

    temperature_anomaly: departure from the regular day, in standard deviations of its season.
    """

    temperature_c: FloatArray
    dew_point_c: FloatArray
    wind_speed_m_s: FloatArray
    pressure_hpa: FloatArray
    temperature_anomaly: FloatArray


def make_weather(region: Region, climate: Climate, time_utc: HourArray, seed: int) -> Weather:
    """Weather of the region in a climate. The same seed gives the same weather, whatever else is made."""
    hours = len(time_utc)

    def anomaly(name: str, memory: Memory) -> FloatArray:
        rng = stream(seed, region.id, "weather", name)
        return two_scale_noise(rng, hours, slow_share=memory.slow_share, slow_h=memory.slow_h, fast_h=memory.fast_h)

    warmth = _day_shape(region, climate, time_utc)
    spread = by_month(climate.temperature_sd_k, time_utc)
    low = by_month(climate.daily_low_c, time_utc) + climate.noise_in_lows * spread
    high = by_month(climate.daily_high_c, time_utc) - climate.noise_in_highs * spread
    warm = _skewed(anomaly("temperature", climate.temperature_memory), climate.skew)
    temperature = low + (high - low) * warmth + spread * warm

    shared = by_month(climate.correlation, time_utc)
    moist = shared * warm + np.sqrt(1 - shared**2) * _skewed(
        anomaly("dew_point", climate.dew_point_memory), climate.skew
    )
    dew_point = by_month(climate.dew_point_c, time_utc) - climate.dew_point_dip_k * (warmth - warmth.mean())
    dew_point = dew_point + by_month(climate.dew_point_sd_k, time_utc) * moist
    room = np.logaddexp(0, (climate.dew_point_ceiling_c - dew_point) / _CEILING_SOFTNESS_K)
    dew_point = climate.dew_point_ceiling_c - _CEILING_SOFTNESS_K * room

    typical_wind = by_month(climate.wind_m_s, time_utc) * (1 + climate.wind_afternoon * (warmth - warmth.mean()))
    pressure_wave = red_noise(stream(seed, region.id, "weather", "pressure"), (hours,), _PRESSURE_MEMORY_H)
    return Weather(
        temperature_c=temperature,
        dew_point_c=np.minimum(dew_point, temperature),
        wind_speed_m_s=typical_wind * _weibull(anomaly("wind", climate.wind_memory), climate.wind_shape),
        pressure_hpa=pressure_hpa(region.altitude_m) * (1 + _PRESSURE_SD_FRACTION * pressure_wave),
        temperature_anomaly=warm,
    )


def _day_shape(region: Region, climate: Climate, time_utc: HourArray) -> FloatArray:
    """(hour,) 0 at sunrise, 1 at the warmest hour; the fall through evening and night takes longer than the rise."""
    sunrise = sunrise_solar_hour(time_utc, region.latitude_deg)
    rise_h = climate.peak_solar_hour - sunrise
    since_sunrise = (solar_hour(time_utc, region.longitude_deg) - sunrise) % HOURS_PER_DAY
    falling = np.clip((since_sunrise - rise_h) / (HOURS_PER_DAY - rise_h), 0, 1) ** _EVENING_HASTE
    phase = np.where(since_sunrise < rise_h, since_sunrise / rise_h - 1, falling)
    shape: FloatArray = (1 + np.cos(np.pi * phase)) / 2
    return shape


def _weibull(normal: FloatArray, shape: float) -> FloatArray:
    """Standard normal scores as Weibull values of mean 1."""
    exceedance = ndtr(-normal)
    wind: FloatArray = (-np.log(exceedance)) ** (1 / shape) / gamma(1 + 1 / shape)
    return wind


def _skewed(normal: FloatArray, skew: float) -> FloatArray:
    """Standard normal scores with a longer lower tail, still of mean 0 and variance 1."""
    skewed: FloatArray = (normal - skew * (normal**2 - 1)) / np.sqrt(1 + 2 * skew**2)
    return skewed
