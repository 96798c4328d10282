"""The twin as a whole: telemetry, forecasts and jobs of a fleet."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import polars as pl

from fleet.domain.clock import Hour
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
_REGIONS_AT_ONCE = 8  # a year of outlooks is 70,000 rows a region

Made = TypeVar("Made", TwinWeather, Grid)


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Synthetic years.

    telemetry: its columns are those of the parts asked for; `it_load_mw` is the base load, without the jobs.
    outlooks_of: the outlooks of a run of regions, in their order; made when called, since those of a large fleet would
        not fit in memory.
    jobs: one row per job, by arrival within each region, region after region; empty where not asked for.
    """

    telemetry: Telemetry
    outlooks_of: Callable[[slice], pl.DataFrame]
    jobs: pl.DataFrame

    def outlook_batches(self) -> Iterator[pl.DataFrame]:
        """All outlooks, some regions at a time."""
        for first in range(0, len(self.telemetry.regions), _REGIONS_AT_ONCE):
            yield self.outlooks_of(slice(first, first + _REGIONS_AT_ONCE))

    @property
    def outlooks(self) -> pl.DataFrame:
        """One row per region, issue and hour; empty without weather."""
        return pl.concat(self.outlook_batches())


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
    if not 1 <= hours <= MOST_HOURS:
        raise ConfigError(f"the twin was asked for {hours} hours, expected 1 to {MOST_HOURS}, a century")
    if seed < 0:
        raise ConfigError(f"seed is {seed}, expected zero or more")
    time_utc = start + np.arange(hours) * np.timedelta64(1, "h")
    columns: dict[str, FloatArray] = {}
    jobs = no_jobs()

    def outlooks_of(rows: slice) -> pl.DataFrame:
        return no_outlooks()

    if only & {"weather", "grid"}:
        climates = _tables(CLIMATES, fleet, "climate")
        weather = make_weather(fleet.regions, climates, time_utc, seed)
    grid = None
    if "grid" in only:
        mixes = _tables(GRIDS, fleet, "grid")
        grid = make_grid(fleet.regions, mixes, weather, time_utc, seed)
    if "weather" in only:
        skills = _tables(SKILLS, fleet, "climate")

        def outlooks_of(rows: slice) -> pl.DataFrame:
            own_grid = None if grid is None else _rows(grid, rows)
            return make_outlooks(fleet.regions[rows], skills[rows], _rows(weather, rows), own_grid, time_utc, seed)

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
    if "jobs" in only:
        jobs = make_jobs(fleet.regions, time_utc, seed)
    telemetry = Telemetry(regions=fleet.region_ids, time_utc=time_utc, values=columns)
    return Twin(telemetry=telemetry, outlooks_of=outlooks_of, jobs=jobs)


def _tables(tables: Mapping[str, Table], fleet: Fleet, key: str) -> list[Table]:
    """Each region's own, with its seasons."""
    own = [table_of(tables, getattr(r.twin, key), region=r.id, key=key) for r in fleet.regions]
    return [southern(table) if r.latitude_deg < 0 else table for r, table in zip(fleet.regions, own, strict=True)]


def _rows(made: Made, rows: slice) -> Made:
    return type(made)(**{each.name: getattr(made, each.name)[rows] for each in fields(made)})
