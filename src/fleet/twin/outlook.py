"""Day-ahead forecasts as a weather service issues them: right on average, wrong for days at a time, shy of extremes."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import by_month
from fleet.twin.climates import Climate
from fleet.twin.noise import red_noise, stream
from fleet.twin.weather import Weather
from fleet.units import FloatArray

OUTLOOK_COLUMNS = ("temperature_c", "dew_point_c", "wind_speed_m_s")
_ISSUED_EVERY_H = 6
_LEADS_H = np.arange(48)
_RMSE_LEADS_H = (12, 24, 36, 48)
# Forecasts draw extremes towards the climate; 0.51 K per standard deviation leaves the warmest tenth of anomalies,
# which average 1.755 standard deviations, 0.9 K too cool.
_DRAWN_BACK_K = 0.9 / 1.755
_SHARED_SHARE = 0.5  # of the error's variance, between successive forecasts of the same hour
_SHARED_MEMORY_H = 18.0
_OWN_MEMORY_H = 9.0
_SURPRISE_SPREAD = 0.5  # of the logarithm of the error's scale: kurtosis 3 exp(4 x 0.5^2) = 8
_SURPRISE_MEMORY_H = 60.0
_DEW_POINT_RMSE_RATIO = 1.3  # assumed, over that of temperature
_WIND_RMSE_RATIO = 0.25  # assumed, of the regional mean wind at a lead of 12 h


def make_outlooks(region: Region, climate: Climate, weather: Weather, time_utc: HourArray, seed: int) -> pl.DataFrame:
    """Forecasts issued every six hours for the next 48, one row per issue and hour; hours past the end are left out.

    Assumes: dew-point and wind errors of the size stated above, which no source here gives.
    Source: error of the US weather service's daily highs, 2021.
    """
    issues = np.arange(0, len(time_utc), _ISSUED_EVERY_H)
    hour = issues[:, None] + _LEADS_H
    inside = hour < len(time_utc)
    hour = np.minimum(hour, len(time_utc) - 1)

    season = by_month(climate.forecast_season, time_utc)[hour]
    rmse = season * np.interp(_LEADS_H, _RMSE_LEADS_H, climate.forecast_rmse_k)
    drawn_back = _DRAWN_BACK_K * weather.temperature_anomaly[hour]
    scatter = np.sqrt(np.maximum(rmse**2 - _DRAWN_BACK_K**2, 0))
    growth = rmse / climate.forecast_rmse_k[0]

    def error(name: str) -> FloatArray:
        return _error(region.id, name, len(time_utc), hour, seed)

    temperature = weather.temperature_c[hour] - drawn_back + scatter * error("temperature")
    dew_point = weather.dew_point_c[hour] + _DEW_POINT_RMSE_RATIO * rmse * error("dew_point")
    wind_rmse = _WIND_RMSE_RATIO * weather.wind_speed_m_s.mean() * growth
    wind = weather.wind_speed_m_s[hour] + wind_rmse * error("wind")
    values: Mapping[str, FloatArray] = {
        "temperature_c": temperature,
        "dew_point_c": np.minimum(dew_point, temperature),
        "wind_speed_m_s": np.maximum(wind, 0),
    }
    issued = np.broadcast_to(time_utc[issues][:, None], hour.shape)
    return pl.DataFrame(
        {
            "issued_utc": clock.to_series(issued[inside], "issued_utc"),
            "time_utc": clock.to_series(time_utc[hour[inside]], "time_utc"),
            **{name: array[inside] for name, array in values.items()},
        }
    ).select(pl.lit(region.id).alias("region"), pl.all())


def no_outlooks() -> pl.DataFrame:
    """The table without a row."""
    times = {name: pl.Datetime("ms", "UTC") for name in ("issued_utc", "time_utc")}
    return pl.DataFrame(schema={"region": pl.String, **times, **dict.fromkeys(OUTLOOK_COLUMNS, pl.Float64)})


def _error(region_id: str, name: str, hours: int, hour: np.ndarray, seed: int) -> FloatArray:
    """(issue, lead) of unit variance: partly of the hour forecast, partly of the issue, in calm and wild spells."""
    shared = red_noise(stream(seed, region_id, "outlook", name, "shared"), (hours,), _SHARED_MEMORY_H)
    own = red_noise(stream(seed, region_id, "outlook", name, "own"), hour.shape, _OWN_MEMORY_H)
    surprise = red_noise(stream(seed, region_id, "outlook", name, "surprise"), (hours,), _SURPRISE_MEMORY_H)
    scale = np.exp(_SURPRISE_SPREAD * surprise - _SURPRISE_SPREAD**2)
    error: FloatArray = scale[hour] * (np.sqrt(_SHARED_SHARE) * shared[hour] + np.sqrt(1 - _SHARED_SHARE) * own)
    return error
