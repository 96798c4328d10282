"""Outlooks: two-day forecasts of the weather by a weather service, and of wind and solar power by a grid operator."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, logit

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import Year, sun_height
from fleet.twin.forecast_error import ISSUED_EVERY_H, LEADS_H, by_lead, spell_scale, unit_errors, windows
from fleet.twin.grid import Grid
from fleet.twin.skill import ForecastSkill
from fleet.twin.weather import TwinWeather
from fleet.units import FloatArray

_WEATHER = ("temperature_c", "dew_point_c", "wind_speed_m_s")
_POWER = ("grid_wind_mw", "grid_solar_mw")
_PLACES = 1  # decimal places of published forecasts
# Standard deviation of `TwinWeather.temperature_anomaly`, weather spells included. Its unit is the standard deviation
# in the table of the climate.
_SPREAD_WITH_SPELLS = 1.15
# A temperature anomaly beyond this many standard deviations counts as this many, so errors do not grow further.
_LARGEST_ANOMALY = 2.0
# For a standard normal anomaly z, clipped at _LARGEST_ANOMALY: means and mean squares of max(z, 0) and of max(z - 1,
# 0).
_MEAN_WARMTH, _SQUARE_WARMTH = 0.3905, 0.4603
_MEAN_BEYOND, _SQUARE_BEYOND = 0.0748, 0.0526
# Largest error, divided by the root mean square error. The worst forecast of a daily high in Phoenix in 2021 was wrong
# by 10.6 K. That is 7.6 times the root mean square error for Phoenix, averaged over the leads (1.39 K).
_WORST = np.float32(8)
# Errors of wind power are largest on the steep middle of the power curve. Let x be the output as a share of its
# maximum. An error of x, divided by x (1 - x), is about the error of logit(x). The constant is the root mean square of
# x (1 - x) over the hours of Irish wind output 2018-21.
_WIND_STEEPNESS = 0.18
_LEAST_SHARE = 0.005  # assumed: keeps the logit finite when the output is zero


def make_outlooks(
    regions: Sequence[Region],
    skills: Sequence[ForecastSkill],
    weather: TwinWeather,
    grid: Grid | None,
    time_utc: HourArray,
    seed: int,
) -> pl.DataFrame:
    """Make forecasts issued at 0, 6, 12 and 18 h UTC for the next 48 h, one row per region, issue and hour.

    Hours after the last of `time_utc` are left out. The rows of a region do not depend on other regions, so a large
    fleet can be made some regions at a time. With the same first hour and seed, a longer series contains the forecasts
    of a shorter one. A forecast does not depend on hours after the last hour that it forecasts.

    Args:
        regions, skills: one skill per region.
        weather, grid: arrays are (region, hour) of these regions and hours. Without a grid, wind and solar power are
            left out.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    Returns: columns region, issued_utc, time_utc and the forecasts as 32-bit floats.
    Assumes: errors are Gaussian with a varying scale, and limited in size. Weather services know the climate, so their
        forecasts depart less from the usual weather than the actual values do.
    """
    hours = len(time_utc)
    first = int(-clock.hour_of_day(time_utc[:1])[0] % ISSUED_EVERY_H)
    issues = np.arange(first, hours, ISSUED_EVERY_H)
    inside = issues[:, None] + LEADS_H < hours
    issued = np.broadcast_to(time_utc[issues][:, None], inside.shape)[inside]
    time = (time_utc[issues][:, None] + LEADS_H)[inside]

    values = _weather(regions, skills, weather, time_utc, first, seed)
    if grid is not None:
        values |= _power(regions, skills, grid, time_utc, first, seed)
    ids = pl.Series([region.id for region in regions], dtype=pl.String)
    return pl.DataFrame(
        {
            "region": ids.gather(np.repeat(np.arange(len(regions)), len(time))),
            "issued_utc": clock.to_series(np.tile(issued, len(regions)), "issued_utc"),
            "time_utc": clock.to_series(np.tile(time, len(regions)), "time_utc"),
            **{name: np.round(array[:, inside].ravel(), _PLACES) for name, array in values.items()},
        }
    )


def no_outlooks() -> pl.DataFrame:
    """Return a table of outlooks without rows."""
    times = {name: pl.Datetime("ms", "UTC") for name in ("issued_utc", "time_utc")}
    return pl.DataFrame(schema={"region": pl.String, **times, **dict.fromkeys(_WEATHER, pl.Float32)})


def _weather(
    regions: Sequence[Region],
    skills: Sequence[ForecastSkill],
    weather: TwinWeather,
    time_utc: HourArray,
    first: int,
    seed: int,
) -> dict[str, NDArray[np.float32]]:
    """Return forecasts of the weather by column, (region, issue, lead)."""
    issues = windows(weather.temperature_c, first).shape[1]
    season = Year.of(time_utc).interpolate([skill.season for skill in skills])
    mean_error, spread = _error_by_anomaly(skills, weather.temperature_anomaly)

    def forecast(
        name: str, actual: FloatArray, rmse: Sequence[Sequence[float]], mean: FloatArray | float, scale: FloatArray
    ) -> NDArray[np.float32]:
        varying = scale * spell_scale(regions, name, _column([s.spells for s in skills]), len(time_utc), seed)
        error = unit_errors(regions, name, issues, seed)
        error *= windows(varying, first)
        error += windows(np.broadcast_to(mean, actual.shape), first)
        error /= _WORST
        np.tanh(error, out=error)
        error *= _WORST
        error *= by_lead(rmse).astype(np.float32)[:, None]
        error += windows(actual, first)
        return error

    temperature = forecast(
        "temperature",
        weather.temperature_c,
        [skill.temperature_rmse_k for skill in skills],
        season * mean_error,
        season * spread,
    )
    dew_point = forecast("dew_point", weather.dew_point_c, [s.dew_point_rmse_k for s in skills], 0, season)
    wind = forecast("wind", weather.wind_speed_m_s, [s.wind_speed_rmse_m_s for s in skills], 0, np.ones_like(season))
    return dict(zip(_WEATHER, (temperature, np.minimum(dew_point, temperature), np.maximum(wind, 0)), strict=True))


def _error_by_anomaly(skills: Sequence[ForecastSkill], anomaly: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of the error, (region, hour), given the anomaly of the temperature.

    Over all anomalies, the mean square of the error is one.
    """
    z = np.clip(anomaly / _SPREAD_WITH_SPELLS, -_LARGEST_ANOMALY, _LARGEST_ANOMALY)
    usual = _column([skill.mean_error for skill in skills])
    warm = _column([skill.warm_shortfall for skill in skills])
    cold = _column([skill.cold_excess for skill in skills])
    wider = _column([skill.cold_surprise for skill in skills])
    mean = usual - warm * np.maximum(z, 0) + cold * np.maximum(-z, 0)
    mean_square = usual**2 + 2 * usual * _MEAN_WARMTH * (cold - warm) + _SQUARE_WARMTH * (warm**2 + cold**2)
    spread = 1 + wider * np.maximum(-z - 1, 0)
    spread /= np.sqrt(1 + 2 * wider * _MEAN_BEYOND + wider**2 * _SQUARE_BEYOND)
    return mean, spread * np.sqrt(np.maximum(1 - mean_square, 0))


def _power(
    regions: Sequence[Region], skills: Sequence[ForecastSkill], grid: Grid, time_utc: HourArray, first: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return forecasts of the grid's output by column, (region, issue, lead).

    The capacity of an hour is the largest output up to and including that hour. So a forecast does not depend on hours
    after the hour that it forecasts.
    """
    issues = windows(grid.wind_mw, first).shape[1]

    def error(name: str, rmse: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        return unit_errors(regions, name, issues, seed) * by_lead(rmse).astype(np.float32)[:, None]

    wind_capacity = np.maximum(np.fmax.accumulate(grid.wind_mw, axis=1), 1e-9)
    share = np.clip(grid.wind_mw / wind_capacity, _LEAST_SHARE, 1 - _LEAST_SHARE)
    shift = error("wind_power", [skill.wind_power_rmse for skill in skills]) / np.float32(_WIND_STEEPNESS)
    wind = expit(windows(logit(share), first) + shift) * windows(wind_capacity, first)

    solar_capacity = np.fmax.accumulate(grid.solar_mw, axis=1)
    sun = np.sqrt(np.stack([sun_height(time_utc, r.latitude_deg, r.longitude_deg) for r in regions]))
    solar = error("solar_power", [skill.solar_power_rmse for skill in skills])
    solar *= windows(sun * solar_capacity, first)
    solar += windows(grid.solar_mw, first)
    return dict(zip(_POWER, (wind, np.clip(solar, 0, windows(solar_capacity, first))), strict=True))


def _column(values: Sequence[float]) -> FloatArray:
    return np.asarray(values, dtype=np.float64)[:, None]
