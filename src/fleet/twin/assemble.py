"""The twin as a whole: telemetry, outlooks and jobs of a fleet."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import polars as pl

from fleet.domain.clock import Hour, HourArray
from fleet.domain.region import Fleet
from fleet.domain.telemetry import MOST_HOURS, Telemetry
from fleet.errors import ConfigError
from fleet.twin.blended_climate import Table, southern, table_of
from fleet.twin.climates import CLIMATES
from fleet.twin.grid import GRIDS, Grid, make_grid
from fleet.twin.it_load import make_it_load
from fleet.twin.jobs import make_jobs, no_jobs
from fleet.twin.outlook import make_outlooks, no_outlooks
from fleet.twin.skill import SKILLS
from fleet.twin.weather import TwinWeather, make_weather
from fleet.units import FloatArray

ALL_PARTS = frozenset({"weather", "grid", "load", "jobs"})
_REGIONS_AT_ONCE = 8  # a year of outlooks has 70,000 rows per region

ByRegion = TypeVar("ByRegion", TwinWeather, Grid)


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Synthetic years.

    telemetry: has the columns of the requested parts; `it_load_mw` is the base load, without the jobs.
    outlooks_of: makes the outlooks of the regions in a slice, anew on each call, because the outlooks of a large fleet
        do not fit in memory.
    jobs: one row per job, region after region, in order of arrival within each region; empty if jobs were not
        requested.
    """

    telemetry: Telemetry
    outlooks_of: Callable[[slice], pl.DataFrame]
    jobs: pl.DataFrame

    def outlook_batches(self) -> Iterator[pl.DataFrame]:
        """Make all outlooks, some regions at a time."""
        for first in range(0, len(self.telemetry.regions), _REGIONS_AT_ONCE):
            yield self.outlooks_of(slice(first, first + _REGIONS_AT_ONCE))

    @property
    def outlooks(self) -> pl.DataFrame:
        """All outlooks, one row per region, issue and hour; empty without weather."""
        return pl.concat(self.outlook_batches())


def make_twin(fleet: Fleet, *, start: Hour, hours: int, seed: int, only: frozenset[str] = ALL_PARTS) -> Twin:
    """Make synthetic telemetry, outlooks and jobs. The same arguments give the same result.

    Args:
        fleet: the regions; their `twin` sections name climates and grids.
        start: first hour, UTC.
        hours: number of hours.
        seed: zero or more; every region and part draws from its own stream.
        only: the parts to make. A grid is made from the weather; the weather is returned only if it is requested.
    Raises: ConfigError for an unknown part, a number of hours or a seed out of range, a region without a known climate
        or grid where one is needed, or a base load that a region's grid limit cannot feed.
    """
    _check_arguments(hours, seed, only)
    time_utc = start + np.arange(hours) * np.timedelta64(1, "h")
    weather = grid = None
    if only & {"weather", "grid"}:
        weather = make_weather(fleet.regions, _tables(CLIMATES, fleet, "climate"), time_utc, seed)
    if weather is not None and "grid" in only:
        grid = make_grid(fleet.regions, _tables(GRIDS, fleet, "grid"), weather, time_utc, seed)
    columns: dict[str, FloatArray] = {}
    outlooks_of: Callable[[slice], pl.DataFrame] = _no_outlooks_of
    if weather is not None and "weather" in only:
        outlooks_of = _outlook_maker(fleet, weather, grid, time_utc, seed)
        columns["temperature_c"] = weather.temperature_c
        columns["dew_point_c"] = weather.dew_point_c
        columns["wind_speed_m_s"] = weather.wind_speed_m_s
        columns["pressure_hpa"] = weather.pressure_hpa
    if grid is not None:
        columns["carbon_g_per_kwh"] = grid.carbon_g_per_kwh
        columns["price_usd_per_mwh"] = grid.price_usd_per_mwh
        columns["grid_limit_mw"] = grid.limit_mw
        columns["grid_wind_mw"] = grid.wind_mw
        columns["grid_solar_mw"] = grid.solar_mw
    if "load" in only:
        columns["it_load_mw"] = make_it_load(fleet.regions, time_utc, seed)
    jobs = make_jobs(fleet.regions, time_utc, seed) if "jobs" in only else no_jobs()
    telemetry = Telemetry(regions=fleet.region_ids, time_utc=time_utc, values=columns)
    return Twin(telemetry=telemetry, outlooks_of=outlooks_of, jobs=jobs)


def _check_arguments(hours: int, seed: int, only: frozenset[str]) -> None:
    unknown = sorted(only - ALL_PARTS)
    if unknown or not only:
        found = f"part {unknown[0]!r}" if unknown else "no part"
        raise ConfigError(f"the twin was asked for {found}, expected one or more of {', '.join(sorted(ALL_PARTS))}")
    if not 1 <= hours <= MOST_HOURS:
        raise ConfigError(f"the twin was asked for {hours} hours, expected 1 to {MOST_HOURS}, a century")
    if seed < 0:
        raise ConfigError(f"seed is {seed}, expected zero or more")


def _no_outlooks_of(rows: slice) -> pl.DataFrame:
    return no_outlooks()


def _outlook_maker(
    fleet: Fleet, weather: TwinWeather, grid: Grid | None, time_utc: HourArray, seed: int
) -> Callable[[slice], pl.DataFrame]:
    skills = _tables(SKILLS, fleet, "climate")

    def outlooks_of(rows: slice) -> pl.DataFrame:
        grid_rows = None if grid is None else _rows(grid, rows)
        return make_outlooks(fleet.regions[rows], skills[rows], _rows(weather, rows), grid_rows, time_utc, seed)

    return outlooks_of


def _tables(tables: Mapping[str, Table], fleet: Fleet, key: str) -> list[Table]:
    """Return the table of each region; seasons are moved by half a year south of the equator."""
    northern = [table_of(tables, getattr(r.twin, key), region=r.id, key=key) for r in fleet.regions]
    return [southern(table) if r.latitude_deg < 0 else table for r, table in zip(fleet.regions, northern, strict=True)]


def _rows(table: ByRegion, rows: slice) -> ByRegion:
    return type(table)(**{field.name: getattr(table, field.name)[rows] for field in fields(table)})
