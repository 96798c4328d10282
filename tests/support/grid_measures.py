"""What is measured of a grid, what is observed of the real one, and weather to drive both.

`table()` prints the twin beside the observations.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import gamma, ndtr

from fleet.domain.clock import HourArray, month_index
from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.twin.almanac import solar_hour
from fleet.twin.climates import CLIMATES
from fleet.twin.grid import GRIDS, Grid, make_grid
from fleet.twin.noise import red_noise, stream
from fleet.twin.weather import Weather, make_weather
from fleet.units import FloatArray

DATA = Path(os.environ.get("FLEET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
REGIONS = {str(region.twin.grid): region for region in load_fleet().regions}
SEEDS = (1, 2, 3)
LAGS_H = (1, 6, 24)
TWIN_START, TWIN_HOURS = np.datetime64("2022-01-01T00", "h"), 3 * 8_766


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of one hourly series of carbon [g/kWh]. by_hour: local standard time. by_month: January first, NaN if unknown.

    autocorrelation: at LAGS_H. persistence_mape: of yesterday's same hour as a forecast [%].
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


# Electricity Maps, life-cycle, 2022. Hours and months are published for January to September alone; the hours' extremes
# are those of the whole year.
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


def mean_of(measured: Iterable[Measures]) -> Measures:
    each = list(measured)
    means = {f.name: np.mean([getattr(one, f.name) for one in each], axis=0) for f in fields(Measures)}
    return Measures(**{name: tuple(value) if np.ndim(value) else float(value) for name, value in means.items()})


def local_hour(time_utc: HourArray, longitude_deg: float) -> np.ndarray:
    """Hour of the standard time whose zone the longitude lies in."""
    return (time_utc.astype(np.int64) + round(longitude_deg / 15)) % 24


@cache
def under(weather: str, grid: str, seed: int) -> tuple[HourArray, Weather, Grid]:
    """A grid under `observed` weather or that of the `twin`."""
    region = REGIONS[grid]
    if weather == "observed":
        time_utc, driver = observed_weather(grid)
    else:
        time_utc = TWIN_START + np.arange(TWIN_HOURS)
        driver = make_weather([region], [CLIMATES[str(region.twin.climate)]], time_utc, seed)
    return time_utc, driver, make_grid([region], [GRIDS[grid]], driver, time_utc, seed)


@cache
def measured(weather: str, grid: str) -> Measures:
    each = (under(weather, grid, seed) for seed in SEEDS)
    return mean_of(measure(made.carbon_g_per_kwh[0], time, REGIONS[grid].longitude_deg) for time, _, made in each)


@cache
def observed_weather(grid: str) -> tuple[HourArray, Weather]:
    """Phoenix and Cheyenne as observed; for Dublin, London's air 1.5 K cooler and its wind scaled to a mean of 5.2 m/s.

    Gaps keep the last value. Sun through a cover of n is 1 - 0.75 n^3.4 of that through none (Kasten and Czeplak 1980).
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


def weather_of(temperature_c: FloatArray, wind_speed_m_s: FloatArray, clearness: FloatArray) -> Weather:
    """Weather of which only what a grid needs is set with care."""
    return Weather(
        temperature_c=temperature_c,
        dew_point_c=temperature_c - 8,
        wind_speed_m_s=wind_speed_m_s,
        pressure_hpa=np.full_like(temperature_c, 1_000.0),
        temperature_anomaly=np.zeros_like(temperature_c),
        clearness=clearness,
    )


def plain_weather(regions: Iterable[Region], time_utc: HourArray, seed: int = 0) -> Weather:
    """Simple weather: a warm noon and a warm July around 15 degC, Weibull wind, passing clouds."""
    hours = len(time_utc)
    year = 2 * np.pi * (time_utc - time_utc.astype("datetime64[Y]")).astype("timedelta64[h]").astype(float) / 8_766
    rows = []
    for region in regions:
        own = stream(seed, region.id, "plain weather")
        noise = [red_noise(own, (hours,), memory_h) for memory_h in (40.0, 20.0, 20.0)]
        day = 2 * np.pi * solar_hour(time_utc, region.longitude_deg) / 24
        wind = GRIDS[str(region.twin.grid)].wind.site_m_s * np.sqrt(-np.log(ndtr(-noise[1]))) / gamma(1.5)
        rows.append((15 - 11 * np.cos(year) - 6 * np.cos(day - 0.7) + 4 * noise[0], wind, 1 - 0.7 * ndtr(noise[2])))
    temperature, speed, clearness = (np.stack(each) for each in zip(*rows, strict=True))
    return weather_of(temperature, speed, clearness)


def table() -> str:
    """The twin's grids beside the real ones, under observed weather and under the twin's own."""
    lines = [
        "grid, weather: N; mean sd p5 p95 | autocorrelation at 1, 6, 24 h | persistence MAPE | least, most by hour"
    ]
    for grid, real in OBSERVED.items():
        found = {"real": real}
        for weather in ("observed", "twin"):
            found[f"{weather}, {len(SEEDS)} x {len(under(weather, grid, SEEDS[0])[0])} h"] = measured(weather, grid)
        for name, m in found.items():
            levels = " ".join(f"{value:.0f}" for value in (m.mean, m.sd, m.p5, m.p95))
            memory = " ".join(f"{value:.3f}" for value in m.autocorrelation)
            least, most = int(np.argmin(m.by_hour)), int(np.argmax(m.by_hour))
            lines.append(
                f"{grid}, {name}; {levels} | {memory} | {m.persistence_mape:.1f} % | "
                f"{m.by_hour[least]:.0f} at {least} h, {m.by_hour[most]:.0f} at {most} h"
            )
            lines.append("    months " + " ".join(f"{value:.0f}" for value in m.by_month))
    return "\n".join(lines)
