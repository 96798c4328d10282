"""The twin as a whole: telemetry, forecasts and jobs of a fleet."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.domain.clock import Hour, HourArray
from fleet.domain.job import Job
from fleet.domain.region import Fleet, Region
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError
from fleet.twin.climates import CLIMATES, Climate
from fleet.twin.grid import GRIDS, GridMix, make_grid
from fleet.twin.it_load import make_it_load
from fleet.twin.jobs import make_jobs
from fleet.twin.outlook import make_outlooks, no_outlooks
from fleet.twin.weather import make_weather
from fleet.units import FloatArray

ALL_PARTS = frozenset({"weather", "grid", "load", "jobs"})


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Synthetic years.

    telemetry: its columns are those of the parts asked for; `it_load_mw` is the base load, without the jobs.
    outlooks: one row per region, issue and hour; empty without weather.
    jobs: by arrival within each region, region after region; empty where not asked for.
    """

    telemetry: Telemetry
    outlooks: pl.DataFrame
    jobs: list[Job]


def make_twin(fleet: Fleet, *, start: Hour, hours: int, seed: int, only: frozenset[str] = ALL_PARTS) -> Twin:
    """Synthetic telemetry, forecasts and jobs, the same for the same arguments.

    Args:
        start: first hour, UTC.
        hours: length of the axis.
        seed: zero or more; every region and part draws from its own stream of it.
        only: the parts to make. The grid follows the weather of its region, which is made for it if not asked for.
    Raises: ConfigError for an unknown part, a length or seed out of range, or a region that names no known climate or
        grid where one is needed.
    """
    unknown = sorted(only - ALL_PARTS)
    if unknown or not only:
        found = f"part {unknown[0]!r}" if unknown else "no part"
        raise ConfigError(f"the twin was asked for {found}, expected some of {', '.join(sorted(ALL_PARTS))}")
    if hours < 1:
        raise ConfigError(f"the twin was asked for {hours} hours, expected at least 1")
    if seed < 0:
        raise ConfigError(f"seed is {seed}, expected zero or more")
    time_utc = start + np.arange(hours) * np.timedelta64(1, "h")
    columns: dict[str, list[FloatArray]] = {}
    outlooks: list[pl.DataFrame] = [no_outlooks()]
    jobs: list[Job] = []
    for region in fleet.regions:
        made, forecasts = _surroundings(region, time_utc, seed, only)
        outlooks.extend(forecasts)
        if "load" in only:
            made["it_load_mw"] = make_it_load(region, time_utc, seed)
        if "jobs" in only:
            jobs.extend(make_jobs(region, time_utc, seed))
        for name, values in made.items():
            columns.setdefault(name, []).append(values)
    grids = {name: np.stack(rows) for name, rows in columns.items()}
    telemetry = Telemetry(regions=fleet.region_ids, time_utc=time_utc, values=grids)
    return Twin(telemetry=telemetry, outlooks=pl.concat(outlooks), jobs=jobs)


def _surroundings(
    region: Region, time_utc: HourArray, seed: int, only: frozenset[str]
) -> tuple[dict[str, FloatArray], list[pl.DataFrame]]:
    """Weather and grid columns of a region, and its forecasts, as far as they are asked for."""
    made: dict[str, FloatArray] = {}
    outlooks: list[pl.DataFrame] = []
    if not only & {"weather", "grid"}:
        return made, outlooks
    climate = _climate(region)
    weather = make_weather(region, climate, time_utc, seed)
    if "weather" in only:
        made["temperature_c"] = weather.temperature_c
        made["dew_point_c"] = weather.dew_point_c
        made["wind_speed_m_s"] = weather.wind_speed_m_s
        made["pressure_hpa"] = weather.pressure_hpa
        outlooks.append(make_outlooks(region, climate, weather, time_utc, seed))
    if "grid" in only:
        carbon, price = make_grid(region, _grid(region), weather, time_utc, seed)
        made["carbon_g_per_kwh"] = carbon
        made["price_usd_per_mwh"] = price
    return made, outlooks


def _climate(region: Region) -> Climate:
    name = region.twin.climate
    if name is None or name not in CLIMATES:
        raise ConfigError(
            f"region {region.id}: twin.climate is {name or 'missing'}, expected one of "
            f"{', '.join(sorted(CLIMATES))}; name one or leave out weather and grid"
        )
    return CLIMATES[name]


def _grid(region: Region) -> GridMix:
    name = region.twin.grid
    if name is None or name not in GRIDS:
        raise ConfigError(
            f"region {region.id}: twin.grid is {name or 'missing'}, expected one of "
            f"{', '.join(sorted(GRIDS))}; name one or leave out grid"
        )
    return GRIDS[name]
