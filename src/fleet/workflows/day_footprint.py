"""Carbon, water and load of the 24 hours before a live hour, and wind and sun of any day, from the stored telemetry."""

import numpy as np
import polars as pl

from fleet.actuals.actual_hours import ActualHours
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.ledger import Ledger, NeededJobs
from fleet.live.reservations import reserved_mw
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY

_ONE_HOUR = np.timedelta64(1, "h")
WIND, SUN = "grid_wind_mw", "grid_solar_mw"


def live_day_footprint(workspace: Workspace, fleet: Fleet, ledger: Ledger | None, hour: Hour) -> pl.DataFrame:
    """Return a row per region and hour of the last 24 stored hours up to an hour, base load and live jobs together.

    Columns: region, time_utc, temperature_c, carbon_g_per_kwh, job_mw, water_l, load_mw. An unknown value is null.

    Raises: DataError if the telemetry does not hold these hours, or no temperature, dew point or load.
    """
    known = read_telemetry(workspace.telemetry).renamed(fleet.current_ids).of_regions(fleet.region_ids)
    first = min(hour, known.time_utc[-1]) - (HOURS_PER_DAY - 1) * _ONE_HOUR
    if known.time_utc[0] > first:
        raise DataError(f"the 24 hours up to {clock.iso(hour)} are not stored; `fleet ingest table` adds values")
    start = known.position(first)
    day = known.hours(start, start + HOURS_PER_DAY)
    actuals = ActualHours.of(day, fleet)
    recorded = () if ledger is None else ledger.jobs(mode="live", needed=NeededJobs(ending_after=first))
    job_mw = reserved_mw(recorded, fleet, first, HOURS_PER_DAY)
    base, jobs = actuals.base_resource_use(), actuals.resource_use(job_mw)
    columns = {
        "temperature_c": day.column("temperature_c"),
        "carbon_g_per_kwh": actuals.carbon_g_per_kwh,
        "job_mw": job_mw,
        "water_l": base.water_l + jobs.water_l,
        "load_mw": actuals.base_load_mw + job_mw,
    }
    frame = pl.DataFrame(
        {
            "region": np.repeat(np.array(fleet.region_ids, dtype=np.str_), HOURS_PER_DAY),
            "time_utc": clock.to_series(np.tile(day.time_utc, len(fleet.region_ids)), "time_utc"),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None)).sort("time_utc", maintain_order=True)


def wind_and_sun(workspace: Workspace, fleet: Fleet, region: str, first: Hour) -> pl.DataFrame | None:
    """Return wind and solar power in the grid of a region for 24 hours; None if neither is stored.

    Columns: time_utc, wind, sun: shares of the day's highest value of the region, 0 to 1; null where unknown.
    """
    if not workspace.telemetry.exists():
        return None
    stored = read_telemetry(workspace.telemetry).renamed(fleet.current_ids)
    (at,) = np.nonzero((stored.time_utc >= first) & (stored.time_utc < first + HOURS_PER_DAY * _ONE_HOUR))
    if region not in stored.regions or not at.size or not {WIND, SUN} & stored.values.keys():
        return None
    row = stored.regions.index(region)
    columns = {}
    for name, column in (("wind", WIND), ("sun", SUN)):
        values = stored.values[column][row, at] if column in stored.values else np.full(len(at), np.nan)
        highest = np.nanmax(values) if np.isfinite(values).any() else np.nan
        columns[name] = values / highest if highest > 0 else values
    frame = pl.DataFrame({"time_utc": clock.to_series(stored.time_utc[at], "time_utc"), **columns})
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))
