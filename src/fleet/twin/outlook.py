"""Day-ahead forecasts as an operator gets them: weather from a weather service, wind and sun from the grid."""

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
_PLACES = 1  # as forecasts are published
# With its spells the twin's weather departs by 1.15 of its season's usual spread; what is further than 2 errs no more.
_SPREAD_WITH_SPELLS = 1.15
_FURTHEST = 2.0
# Of standard normal anomalies z cut there: means and mean squares of max(z, 0) and of max(z - 1, 0).
_MEAN_WARMTH, _SQUARE_WARMTH = 0.3905, 0.4603
_MEAN_BEYOND, _SQUARE_BEYOND = 0.0748, 0.0526
# Times the usual error: Phoenix's worst forecast of a high in 2021 missed by 10.6 K, 7.6 times the mean of its leads.
_WORST = np.float32(8)
# Wind power errs most on the steep middle of the power curve. Root mean square of x (1 - x) over hours of Irish wind
# output 2018-21 in shares of its maximum: turns an error of x into one of its logit.
_WIND_STEEPNESS = 0.18
_LEAST_SHARE = 0.005  # assumed: keeps the logit of a calm finite


def make_outlooks(
    regions: Sequence[Region],
    skills: Sequence[ForecastSkill],
    weather: TwinWeather,
    grid: Grid | None,
    time_utc: HourArray,
    seed: int,
) -> pl.DataFrame:
    """Forecasts issued at 0, 6, 12 and 18 h UTC for the next 48 h, one row per region, issue and hour.

    Columns: region, issued_utc, time_utc and 32-bit values, of the grid's output where a grid is given. Hours past the
    end are left out. A region's rows do not depend on the others, so a large fleet can be made some regions at a time;
    a longer series begins with the same issues. A forecast depends on nothing later than the hours that it is for.

    Args:
        skills: one per region. weather, grid: their arrays are (region, hour) of these regions and times.
    Assumes: Gaussian errors within spells; weather services that know the climate, so their errors lean on it.
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
    """The table without a row."""
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
    """(region, issue, lead) by column."""
    issues = windows(weather.temperature_c, first).shape[1]
    season = Year.of(time_utc).along([skill.season for skill in skills])
    leaning, scatter = _by_anomaly(skills, weather.temperature_anomaly)

    def forecast(
        name: str, actual: FloatArray, rmse: Sequence[Sequence[float]], lean: FloatArray | float, scale: FloatArray
    ) -> NDArray[np.float32]:
        wild = scale * spell_scale(regions, name, _column([s.spells for s in skills]), len(time_utc), seed)
        error = unit_errors(regions, name, issues, seed)
        error *= windows(wild, first)
        error += windows(np.broadcast_to(lean, actual.shape), first)
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
        season * leaning,
        season * scatter,
    )
    dew_point = forecast("dew_point", weather.dew_point_c, [s.dew_point_rmse_k for s in skills], 0, season)
    wind = forecast("wind", weather.wind_speed_m_s, [s.wind_speed_rmse_m_s for s in skills], 0, np.ones_like(season))
    return dict(zip(_WEATHER, (temperature, np.minimum(dew_point, temperature), np.maximum(wind, 0)), strict=True))


def _by_anomaly(skills: Sequence[ForecastSkill], anomaly: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(region, hour) mean and spread of the error, of mean square one together, given how unusual the hour is."""
    z = np.clip(anomaly / _SPREAD_WITH_SPELLS, -_FURTHEST, _FURTHEST)
    usual = _column([skill.mean_error for skill in skills])
    warm = _column([skill.warm_shortfall for skill in skills])
    cold = _column([skill.cold_excess for skill in skills])
    wider = _column([skill.cold_surprise for skill in skills])
    leaning = usual - warm * np.maximum(z, 0) + cold * np.maximum(-z, 0)
    square = usual**2 + 2 * usual * _MEAN_WARMTH * (cold - warm) + _SQUARE_WARMTH * (warm**2 + cold**2)
    scatter = 1 + wider * np.maximum(-z - 1, 0)
    scatter /= np.sqrt(1 + 2 * wider * _MEAN_BEYOND + wider**2 * _SQUARE_BEYOND)
    return leaning, scatter * np.sqrt(np.maximum(1 - square, 0))


def _power(
    regions: Sequence[Region], skills: Sequence[ForecastSkill], grid: Grid, time_utc: HourArray, first: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """(region, issue, lead) by column. Capacity is the largest output seen until then: nothing later is known."""
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
