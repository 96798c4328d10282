"""Measures of the carbon intensity of a grid, for the twin and for real grids, and weather as their input.

`table()` compares the twin with the real grids.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import polars as pl
from scipy.special import gamma, ndtr
from support.real_data import DATA

from fleet.domain.clock import HourArray, month_index
from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.twin.almanac import solar_hour
from fleet.twin.climates import CLIMATES
from fleet.twin.grid import GRIDS, Grid, make_grid
from fleet.twin.noise import red_noise, stream
from fleet.twin.weather import TwinWeather, make_weather
from fleet.units import FloatArray

REGIONS = {str(region.twin.grid): region for region in load_fleet().regions}
SEEDS = (1, 2, 3)
LAGS_H = (1, 6, 24)
TWIN_START, TWIN_HOURS = np.datetime64("2022-01-01T00", "h"), 3 * 8_766


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The measures of one hourly series of carbon intensity [g/kWh].

    autocorrelation: at LAGS_H.
    persistence_mape: error [%] of the forecast that repeats the same hour of the day before.
    by_hour: mean by hour of local standard time.
    by_month: mean by month, January first; NaN if unknown.
    """

    mean: float
    sd: float
    p5: float
    p95: float
    autocorrelation: tuple[float, ...]
    persistence_mape: float
    by_hour: tuple[float, ...]
    by_month: tuple[float, ...]


def numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split())


# Electricity Maps, life-cycle, 2022. Hours and months are published for January to September only. The lowest and
# highest hour are those of the whole year.
OBSERVED = {
    "azps": Measures(
        mean=458,
        sd=66,
        p5=325,
        p95=551,
        autocorrelation=(0.965, 0.51, 0.92),
        persistence_mape=4.5,
        by_hour=numbers(
            "482 479 478 477 477 479 472 446 417 400 393 391 393 394 397 403 414 439 471 483 485 486 486 484"
        ),
        by_month=(461, 429, 368, 390, 441, 471, 473, 500, 488, np.nan, np.nan, np.nan),
    ),
    "ie": Measures(
        mean=397,
        sd=136,
        p5=174,
        p95=581,
        autocorrelation=(0.99, 0.83, 0.35),
        persistence_mape=31.8,
        by_hour=(397,) * 24,
        by_month=(np.nan,) * 12,
    ),
    "wacm": Measures(
        mean=768,
        sd=73,
        p5=650,
        p95=889,
        autocorrelation=(0.954, 0.58, 0.38),
        persistence_mape=8.3,
        by_hour=numbers(
            "764 768 771 777 781 784 779 776 771 769 767 764 762 755 750 748 748 752 753 747 742 741 751 758"
        ),
        by_month=(778, 772, 773, 730, 726, 709, 771, 788, 807, np.nan, np.nan, np.nan),
    ),
}


def measure(carbon: FloatArray, time_utc: HourArray, longitude_deg: float) -> Measures:
    """Return the measures of a series (hour,)."""
    hour = local_hour(time_utc, longitude_deg)
    month = month_index(time_utc) % 12
    p5, p95 = np.percentile(carbon, [5, 95])
    return Measures(
        mean=float(carbon.mean()),
        sd=float(carbon.std()),
        p5=float(p5),
        p95=float(p95),
        autocorrelation=tuple(float(np.corrcoef(carbon[:-lag], carbon[lag:])[0, 1]) for lag in LAGS_H),
        persistence_mape=float(100 * np.mean(np.abs(carbon[24:] - carbon[:-24]) / carbon[24:])),
        by_hour=tuple(float(carbon[hour == value].mean()) for value in range(24)),
        by_month=tuple(float(carbon[month == value].mean()) for value in range(12)),
    )


def mean_of(series_measures: Iterable[Measures]) -> Measures:
    """Return the mean of each measure over several series."""
    measures = list(series_measures)
    means = {field.name: np.mean([getattr(one, field.name) for one in measures], axis=0) for field in fields(Measures)}
    return Measures(**{name: tuple(value) if np.ndim(value) else float(value) for name, value in means.items()})


def local_hour(time_utc: HourArray, longitude_deg: float) -> np.ndarray:
    """Return the hour of standard time in the time zone of the longitude."""
    return (time_utc.astype(np.int64) + round(longitude_deg / 15)) % 24


@cache
def under(weather: str, grid: str, seed: int) -> tuple[HourArray, TwinWeather, Grid]:
    """Return hours, weather and grid of the twin. Weather is "observed", or "twin" for weather of the twin."""
    region = REGIONS[grid]
    if weather == "observed":
        time_utc, driver = observed_weather(grid)
    else:
        time_utc = TWIN_START + np.arange(TWIN_HOURS)
        driver = make_weather([region], [CLIMATES[str(region.twin.climate)]], time_utc, seed)
    return time_utc, driver, make_grid([region], [GRIDS[grid]], driver, time_utc, seed)


@cache
def measured(weather: str, grid: str) -> Measures:
    """Return the measures of a grid of the twin, as means over SEEDS."""
    runs = (under(weather, grid, seed) for seed in SEEDS)
    return mean_of(measure(run.carbon_g_per_kwh[0], time, REGIONS[grid].longitude_deg) for time, _, run in runs)


@cache
def observed_weather(grid: str) -> tuple[HourArray, TwinWeather]:
    """Return the observed weather of a grid.

    Phoenix and Cheyenne are as observed. Dublin is London, 1.5 K cooler and with wind scaled to a mean of 5.2 m/s.
    A gap repeats the last value.

    Source: Kasten and Czeplak 1980: sun at cloud cover n over sun without clouds is 1 - 0.75 n^3.4.
    """
    name = {
        "azps": "isd_us-az-phoenix_2017-2018",
        "ie": "openmeteo_gb_2020-2023",
        "wacm": "isd_us-wy-cheyenne_2017-2018",
    }
    frame = pl.read_parquet(DATA / "weather" / f"{name[grid]}.parquet")
    filled = {
        column: frame[column].cast(pl.Float64).fill_nan(None).forward_fill().backward_fill().to_numpy()
        for column in frame.columns
        if column != "time_utc"
    }
    temperature, wind = filled["temp_c"], filled["wind_speed_m_s"]
    if grid == "ie":
        temperature, wind, cover = temperature - 1.5, wind * 5.2 / wind.mean(), filled["cloud_cover_pct"] / 100
    else:
        cover = np.minimum(filled["sky_cover_code"], 8) / 8
    time_utc = frame["time_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]")
    return time_utc, weather_of(temperature[None], wind[None], 1 - 0.75 * cover[None] ** 3.4)


def weather_of(temperature_c: FloatArray, wind_speed_m_s: FloatArray, clearness: FloatArray) -> TwinWeather:
    """Return weather for a grid. Only the three arguments matter to a grid; the other columns are simple values."""
    return TwinWeather(
        temperature_c=temperature_c,
        dew_point_c=temperature_c - 8,
        wind_speed_m_s=wind_speed_m_s,
        pressure_hpa=np.full_like(temperature_c, 1_000.0),
        temperature_anomaly=np.zeros_like(temperature_c),
        clearness=clearness,
    )


def plain_weather(regions: Iterable[Region], time_utc: HourArray, seed: int = 0) -> TwinWeather:
    """Return simple weather: a daily and a yearly wave around 15 degC, Weibull wind and clouds."""
    hours = len(time_utc)
    year = 2 * np.pi * (time_utc - time_utc.astype("datetime64[Y]")).astype("timedelta64[h]").astype(float) / 8_766
    rows = []
    for region in regions:
        random = stream(seed, region.id, "plain weather")
        noise = [red_noise(random, (hours,), memory_h) for memory_h in (40.0, 20.0, 20.0)]
        day = 2 * np.pi * solar_hour(time_utc, region.longitude_deg) / 24
        wind = GRIDS[str(region.twin.grid)].wind.site_m_s * np.sqrt(-np.log(ndtr(-noise[1]))) / gamma(1.5)
        rows.append((15 - 11 * np.cos(year) - 6 * np.cos(day - 0.7) + 4 * noise[0], wind, 1 - 0.7 * ndtr(noise[2])))
    temperature, speed, clearness = (np.stack(column) for column in zip(*rows, strict=True))
    return weather_of(temperature, speed, clearness)


def table() -> str:
    """Return a table of the real grids and of the grids of the twin, under observed and under synthetic weather."""
    lines = [
        "grid, weather: N; mean sd p5 p95 | autocorrelation at 1, 6, 24 h | persistence MAPE | least, most by hour"
    ]
    for grid, real in OBSERVED.items():
        measures = {"real": real}
        for weather in ("observed", "twin"):
            measures[f"{weather}, {len(SEEDS)} x {len(under(weather, grid, SEEDS[0])[0])} h"] = measured(weather, grid)
        for name, m in measures.items():
            levels = " ".join(f"{value:.0f}" for value in (m.mean, m.sd, m.p5, m.p95))
            memory = " ".join(f"{value:.3f}" for value in m.autocorrelation)
            least, most = int(np.argmin(m.by_hour)), int(np.argmax(m.by_hour))
            lines.append(
                f"{grid}, {name}; {levels} | {memory} | {m.persistence_mape:.1f} % | "
                f"{m.by_hour[least]:.0f} at {least} h, {m.by_hour[most]:.0f} at {most} h"
            )
            lines.append("    months " + " ".join(f"{value:.0f}" for value in m.by_month))
    return "\n".join(lines)
