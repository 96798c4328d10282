"""Climates that the twin can make, January to December where there are twelve numbers.

Fitted to hourly observations: Phoenix and Cheyenne to the NOAA ISD stations 2017-2018, Dublin to Met Eireann's Phoenix
Park 2007-2014, which has no wind: that is an assumption, with the shape of a London grid cell. Forecast errors are
those of the US weather service's daily highs in 2021; Dublin's are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Monthly = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How long an anomaly lasts: `slow_share` of its variance has memory `slow_h`, the rest `fast_h`."""

    slow_share: float
    slow_h: float
    fast_h: float


@dataclass(frozen=True, kw_only=True)
class Climate:
    """Seasonal means, spread and memory of the weather at one place.

    daily_high_c, daily_low_c: monthly means of each day's highest and lowest hour.
    noise_in_highs, noise_in_lows: how far random hours push a day's extremes beyond the regular day, over the spread of
        temperature.
    peak_solar_hour: when the regular day is warmest.
    temperature_sd_k, dew_point_sd_k: spread around the regular day, per month.
    dew_point_ceiling_c: what the surroundings can supply at most.
    skew: how much further cold and dry anomalies reach than warm and humid ones; 0 is symmetric.
    correlation: of temperature and dew-point anomalies, per month; negative where humid air brings clouds.
    dew_point_dip_k: how far the dew point falls from its daily highest to the warmest hour; negative where it rises.
    wind_m_s: monthly mean; wind_shape is the Weibull shape, wind_afternoon the relative gain at the warmest hour.
    forecast_rmse_k: of day-ahead temperature at leads 12, 24, 36 and 48 h; forecast_season scales it per month.
    """

    daily_high_c: Monthly
    daily_low_c: Monthly
    noise_in_highs: float
    noise_in_lows: float
    peak_solar_hour: float
    temperature_sd_k: Monthly
    temperature_memory: Memory
    dew_point_c: Monthly
    dew_point_sd_k: Monthly
    dew_point_memory: Memory
    dew_point_dip_k: float
    dew_point_ceiling_c: float
    skew: float
    correlation: Monthly
    wind_m_s: Monthly
    wind_shape: float
    wind_afternoon: float
    wind_memory: Memory
    forecast_rmse_k: tuple[float, float, float, float]
    forecast_season: Monthly


_PHOENIX = Climate(
    daily_high_c=(20.2, 21.5, 26.9, 31.4, 34.6, 40.9, 41.0, 40.0, 37.9, 30.9, 25.7, 20.1),
    daily_low_c=(9.0, 10.5, 13.7, 17.8, 21.4, 27.3, 29.6, 28.9, 26.1, 19.3, 13.6, 8.5),
    noise_in_highs=0.13,
    noise_in_lows=0.26,
    peak_solar_hour=15.5,
    temperature_sd_k=(3.3, 3.9, 3.6, 3.5, 3.5, 3.0, 3.0, 2.8, 3.1, 3.4, 3.0, 3.0),
    temperature_memory=Memory(slow_share=0.85, slow_h=80, fast_h=6),
    dew_point_c=(0.5, 1.6, -0.2, -2.0, -0.7, 2.0, 14.6, 14.4, 9.7, 6.7, 1.8, -0.9),
    dew_point_sd_k=(6.1, 6.4, 5.4, 4.9, 4.6, 5.4, 4.9, 4.6, 5.7, 6.5, 5.8, 6.0),
    dew_point_memory=Memory(slow_share=0.9, slow_h=85, fast_h=8),
    dew_point_dip_k=3.6,
    dew_point_ceiling_c=23.5,
    skew=0.07,
    correlation=(0.0, 0.1, 0.2, 0.1, -0.2, -0.3, -0.6, -0.5, -0.1, 0.0, 0.1, 0.0),
    wind_m_s=(2.4, 2.6, 2.9, 3.4, 3.4, 3.2, 3.6, 3.2, 2.9, 2.8, 2.1, 2.1),
    wind_shape=1.5,
    wind_afternoon=0.25,
    wind_memory=Memory(slow_share=0.35, slow_h=10, fast_h=1.0),
    forecast_rmse_k=(1.2, 1.25, 1.35, 1.4),
    forecast_season=(0.85, 0.9, 0.9, 0.7, 0.75, 1.15, 1.6, 1.2, 1.05, 0.8, 0.8, 0.85),
)

_CHEYENNE = Climate(
    daily_high_c=(4.4, 5.4, 11.5, 13.3, 18.1, 25.9, 29.4, 26.3, 23.6, 14.0, 9.4, 4.5),
    daily_low_c=(-7.2, -7.1, -2.3, -0.5, 5.5, 10.7, 13.9, 12.1, 8.8, 0.6, -2.6, -6.7),
    noise_in_highs=0.2,
    noise_in_lows=0.45,
    peak_solar_hour=13.7,
    temperature_sd_k=(6.8, 7.2, 5.6, 5.5, 5.2, 4.4, 3.7, 3.9, 4.9, 6.0, 6.0, 6.5),
    temperature_memory=Memory(slow_share=0.92, slow_h=36, fast_h=9),
    dew_point_c=(-10.1, -9.6, -6.2, -3.9, 4.0, 5.9, 9.2, 7.5, 3.0, -2.7, -5.7, -10.5),
    dew_point_sd_k=(5.4, 5.1, 4.6, 4.3, 4.0, 4.5, 3.9, 3.6, 4.7, 4.6, 4.4, 4.3),
    dew_point_memory=Memory(slow_share=0.85, slow_h=38, fast_h=8),
    dew_point_dip_k=1.2,
    dew_point_ceiling_c=21.0,
    skew=0.06,
    correlation=(0.6, 0.5, 0.3, 0.2, 0.1, -0.2, -0.5, -0.5, -0.3, 0.1, 0.25, 0.4),
    wind_m_s=(5.6, 6.0, 5.9, 5.7, 4.6, 4.5, 4.1, 4.1, 4.3, 5.2, 5.4, 6.0),
    wind_shape=1.75,
    wind_afternoon=0.5,
    wind_memory=Memory(slow_share=0.5, slow_h=14, fast_h=1.5),
    forecast_rmse_k=(1.75, 1.85, 1.95, 1.95),
    forecast_season=(1.35, 1.4, 1.05, 0.95, 1.0, 0.75, 0.75, 0.75, 0.75, 1.0, 1.1, 1.3),
)

_DUBLIN = Climate(
    daily_high_c=(7.6, 8.5, 10.3, 12.8, 15.3, 18.0, 19.7, 19.0, 17.3, 14.3, 10.2, 7.6),
    daily_low_c=(2.1, 2.6, 2.7, 4.7, 7.4, 9.6, 11.8, 11.3, 9.5, 7.3, 4.6, 2.1),
    noise_in_highs=0.39,
    noise_in_lows=0.45,
    peak_solar_hour=14.0,
    temperature_sd_k=(3.7, 3.3, 3.2, 2.9, 2.7, 2.6, 2.5, 2.3, 2.7, 3.2, 3.5, 3.9),
    temperature_memory=Memory(slow_share=0.56, slow_h=110, fast_h=12),
    dew_point_c=(2.7, 3.0, 2.9, 4.7, 7.2, 10.0, 12.0, 11.7, 10.3, 8.4, 5.3, 2.9),
    dew_point_sd_k=(3.6, 3.3, 3.3, 3.1, 2.9, 2.5, 2.5, 2.4, 2.8, 3.4, 3.4, 3.8),
    dew_point_memory=Memory(slow_share=0.55, slow_h=90, fast_h=14),
    dew_point_dip_k=-0.9,
    dew_point_ceiling_c=20.0,
    skew=0.02,
    correlation=(0.9, 0.9, 0.8, 0.75, 0.65, 0.6, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9),
    wind_m_s=(6.2, 6.1, 5.8, 5.2, 4.9, 4.5, 4.4, 4.4, 4.6, 5.2, 5.4, 5.7),
    wind_shape=2.0,
    wind_afternoon=0.15,
    wind_memory=Memory(slow_share=0.8, slow_h=21, fast_h=4),
    forecast_rmse_k=(1.1, 1.2, 1.3, 1.4),
    forecast_season=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
)

CLIMATES: Mapping[str, Climate] = {"phoenix": _PHOENIX, "cheyenne": _CHEYENNE, "dublin": _DUBLIN}
