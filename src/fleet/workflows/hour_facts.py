"""What is known at one hour of the hours ahead: headroom and temperatures, of a live hour or of a replayed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import HeadroomByLevel, HeadroomCurve
from fleet.domain.limit import UNKNOWN
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.ledger import Ledger, NeededJobs
from fleet.live.reservations import reserved_mw
from fleet.physics.limits import limit_named
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY
from fleet.workflows.actual_temperatures import actual_temperatures
from fleet.workflows.live_hours import QUANTITY_COLUMNS, live_hours, read_live_hour, temperature_limits

Source = Literal["live", "replay"]
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HourFacts:
    """The hours ahead of one origin, in all regions. A live hour and a replayed one have the same tables.

    Args:
        origin_utc: the last hour whose values were known.
        confidence: of the bands and bounds; None if it is not known.
        ahead: a row per region and hour ahead, with the columns region, lead_h, time_utc, headroom_mw (at the bound,
            minus the reserved power), forecast_headroom_mw, reserved_mw, limit (label of the binding limit), bound,
            limit_value and unit. The state is in the column `state`: see `hour_state`.
        temperatures: a row per quantity (`outdoor` or `inlet`), region and hour ahead, with the columns of
            `replay.chart_tables.risk_frame`.
    """

    source: Source
    origin_utc: Hour
    confidence: float | None
    ahead: pl.DataFrame
    temperatures: pl.DataFrame

    def curve(self, fleet: Fleet) -> HeadroomCurve:
        """Return the headroom of windows of one hour as a curve, without its level grid, which is not recorded."""
        tables = [
            self.ahead.filter(pl.col("region") == region).sort("lead_h").rows(named=True) for region in fleet.region_ids
        ]
        shape = len(tables), len(tables[0])
        nothing = np.full((0, 0, *shape), np.nan)
        columns = {
            name: np.array([[row[name] for row in rows] for rows in tables], dtype=np.float64)
            for name in ("headroom_mw", "forecast_headroom_mw", "reserved_mw")
        }
        return HeadroomCurve(
            origin_utc=self.origin_utc,
            confidence=float("nan") if self.confidence is None else self.confidence,
            duration_h=1,
            region_ids=fleet.region_ids,
            binding=[[_binding(row, self.origin_utc) for row in rows] for rows in tables],
            weather_level=np.full(shape, np.nan),
            load_level=np.full(shape, np.nan),
            limits_mw={},
            by_level=HeadroomByLevel(levels=np.array([]), windows_h=np.array([], dtype=np.int64), headroom_mw=nothing),
            **columns,
        )


def _binding(row: Mapping[str, Any], origin_utc: Hour) -> Binding:
    return Binding(
        limit=limit_named(row["limit"]),
        region=row["region"],
        hour_utc=origin_utc + int(row["lead_h"]) * _ONE_HOUR,
        bound=float("nan") if row["bound"] is None else row["bound"],
        limit_value=float("nan") if row["limit_value"] is None else row["limit_value"],
        unit=row["unit"],
    )


def hour_state() -> pl.Expr:
    """Return the state of an hour ahead, from its headroom at the bound and at the forecast.

    `safe`: power may be added at the bound. `blocked`: power could be added if the forecast were right, but not at the
    bound. `unsafe`: no power could be added even if the forecast were right. `unknown`: no bound can be given.
    """
    return (
        pl.when(pl.col("headroom_mw") > 0)
        .then(pl.lit("safe"))
        .when(pl.col("limit") == UNKNOWN.label)
        .then(pl.lit("unknown"))
        .when(pl.col("forecast_headroom_mw") > 0)
        .then(pl.lit("blocked"))
        .otherwise(pl.lit("unsafe"))
        .alias("state")
    )


def live_hour_facts(workspace: Workspace, fleet: Fleet, ledger: Ledger | None, hour: Hour) -> HourFacts:
    """Return the facts of a live hour, as they were when it was recorded, with the values that became known since.

    The newest hour counts the jobs that have a place now: a person may have changed one since the hour was recorded.

    Args:
        ledger: holds the live decisions; None leaves the reserved power as it was recorded.
    Raises: DataError if the hour was not recorded, its table cannot be read, or it has other regions than the fleet.
    """
    table = _of_fleet(read_live_hour(workspace, hour), fleet, f"the live hour {clock.iso(hour)}")
    ahead = table.select(
        *("region", "lead_h", "headroom_mw", "forecast_headroom_mw", "reserved_mw"),
        *("limit", "bound", "limit_value", "unit"),
    )
    if ledger is not None and hour == live_hours(workspace)[-1]:
        ahead = _beside(ahead, _reserved_now(ledger, fleet, hour))
    limits = temperature_limits(fleet)
    parts = []
    for quantity, column in QUANTITY_COLUMNS.items():
        part = table.select(
            pl.lit(quantity).alias("quantity"),
            *("region", "origin_utc", "lead_h"),
            pl.col(column).alias("forecast"),
            pl.col(f"{column}_lower").fill_null(float("-inf")).alias("lower"),
            pl.col(f"{column}_upper").fill_null(float("inf")).alias("upper"),
            pl.lit(float("inf")).alias("path_upper"),
            pl.col("region").replace_strict(limits[quantity], return_dtype=pl.Float64).alias("limit"),
        )
        parts.append(_with_time(part, hour))
    since = actual_temperatures(workspace, fleet, hour + _ONE_HOUR, hour + (HOURS_PER_DAY + 1) * _ONE_HOUR)
    temperatures = pl.concat(parts).join(since, on=["quantity", "region", "time_utc"], how="left").drop("time_utc")
    return HourFacts(
        source="live",
        origin_utc=hour,
        confidence=table["confidence"][0],
        ahead=_with_times(ahead, hour),
        temperatures=temperatures,
    )


def replayed_hour_facts(
    workspace: Workspace, fleet: Fleet, ledger: Ledger | None, hour: Hour, *, confidence: float | None = None
) -> HourFacts:
    """Return the facts of a replayed hour: what was known and reserved at that hour.

    Args:
        ledger: holds the replay's decisions; None counts no reserved power.
    Raises: DataError if the hour was not replayed, or a table cannot be read.
    """
    origin = clock.to_series(np.array([hour]), "origin_utc")[0]
    risk = _rows_at(workspace, workspace.risk, origin)
    headroom = _of_fleet(_rows_at(workspace, workspace.headroom, origin), fleet, f"the replay at {clock.iso(hour)}")
    reserved = _reserved_mw(ledger, hour)
    ahead = (
        headroom.join(reserved, on=["region", "lead_h"], how="left")
        .with_columns(pl.col("reserved_mw").fill_null(0.0))
        .select(
            "region",
            "lead_h",
            _rounded_down(pl.col("spare_mw") - pl.col("reserved_mw")).fill_null(0.0).alias("headroom_mw"),
            _rounded_down(pl.col("forecast_headroom_mw") - pl.col("reserved_mw")).alias("forecast_headroom_mw"),
            "reserved_mw",
            "limit",
            (pl.col("safe_load_mw") - pl.col("spare_mw") + pl.col("reserved_mw")).alias("bound"),
            pl.when(pl.col("spare_mw").is_not_null()).then(pl.col("safe_load_mw")).alias("limit_value"),
            pl.lit("MW").alias("unit"),
        )
    )
    no_bound = [pl.col("upper", "path_upper").fill_nan(float("inf")), pl.col("lower").fill_nan(float("-inf"))]
    return HourFacts(
        source="replay",
        origin_utc=hour,
        confidence=confidence,
        ahead=_with_times(ahead, hour),
        temperatures=risk.with_columns(no_bound),
    )


def _with_times(ahead: pl.DataFrame, hour: Hour) -> pl.DataFrame:
    return _with_time(ahead, hour).with_columns(hour_state())


def _with_time(ahead: pl.DataFrame, hour: Hour) -> pl.DataFrame:
    origin = clock.to_series(np.array([hour]), "origin_utc")[0]
    time_utc = pl.lit(origin) + pl.col("lead_h").cast(pl.Int64) * timedelta(hours=1)
    return ahead.with_columns(time_utc.cast(pl.Datetime("ms", "UTC")).alias("time_utc"))


def _of_fleet(table: pl.DataFrame, fleet: Fleet, what: str) -> pl.DataFrame:
    """Return the table under the current ids of the regions. Raises: DataError if its regions are not the fleet's."""
    table = table.with_columns(pl.col("region").replace(fleet.current_ids))
    found = table["region"].unique(maintain_order=True).to_list()
    if sorted(found) != sorted(fleet.region_ids):
        raise DataError(
            f"{what} has the regions {', '.join(found) or 'none'}, the fleet has {', '.join(fleet.region_ids)}; decide "
            "or replay again with this fleet"
        )
    return table


def _rows_at(workspace: Workspace, path: Path, origin: datetime) -> pl.DataFrame:
    file = workspace.require(path, "fleet replay --home` or `fleet demo")
    try:
        rows = scan_regular(file).filter(pl.col("origin_utc") == pl.lit(origin)).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{file.name} is not a readable table; run `fleet replay --home` again") from error
    if rows.is_empty():
        raise DataError(f"the hour {origin:%Y-%m-%d %H:%M} UTC was not replayed; choose another one")
    return rows


def _reserved_now(ledger: Ledger, fleet: Fleet, hour: Hour) -> pl.DataFrame:
    """Return the power of the live jobs that have a place now, by region and hour ahead."""
    first = hour + _ONE_HOUR
    recorded = ledger.jobs(mode="live", needed=NeededJobs(ending_after=first))
    power = reserved_mw(recorded, fleet, first, HOURS_PER_DAY)
    return pl.DataFrame(
        {
            "region": np.repeat(fleet.region_ids, HOURS_PER_DAY),
            "lead_h": pl.Series(np.tile(np.arange(1, HOURS_PER_DAY + 1), len(power)), dtype=pl.Int16),
            "reserved_now_mw": power.ravel(),
        }
    )


def _beside(ahead: pl.DataFrame, reserved_now: pl.DataFrame) -> pl.DataFrame:
    """Return the hours ahead beside other reserved power than at their record.

    An hour that was recorded without headroom stays without: how far it was beyond its limit is not recorded.
    """
    more_mw = pl.col("reserved_now_mw") - pl.col("reserved_mw")
    columns = ahead.columns
    return (
        ahead.join(reserved_now, on=["region", "lead_h"], how="left", maintain_order="left")
        .with_columns(
            *(
                pl.when(pl.col(name) > 0).then(_rounded_down(pl.col(name) - more_mw)).otherwise(pl.col(name))
                for name in ("headroom_mw", "forecast_headroom_mw")
            ),
            # Only a load grows with the jobs; the other bounds are temperatures.
            pl.when(pl.col("unit") == "MW").then(pl.col("bound") + more_mw).otherwise(pl.col("bound")).alias("bound"),
            pl.col("reserved_now_mw").alias("reserved_mw"),
        )
        .select(columns)
    )


def _reserved_mw(ledger: Ledger | None, hour: Hour) -> pl.DataFrame:
    """Return the power of the replay's jobs that had a place by an hour, by region and hour ahead."""
    power: dict[tuple[str, int], float] = {}
    first = hour + _ONE_HOUR
    places = (
        []
        if ledger is None
        else ledger.replayed_places(decided_by=hour, first=first, end=first + HOURS_PER_DAY * _ONE_HOUR)
    )
    for place in places:
        if place.region is None or place.start_utc is None:
            continue
        start = int((place.start_utc - hour) / _ONE_HOUR)
        for lead in range(max(start, 1), min(start + place.duration_h, HOURS_PER_DAY + 1)):
            power[place.region, lead] = power.get((place.region, lead), 0.0) + place.power_mw
    return pl.DataFrame(
        {
            "region": pl.Series([region for region, _ in power], dtype=pl.String),
            "lead_h": pl.Series([lead for _, lead in power], dtype=pl.Int16),
            "reserved_mw": pl.Series(list(power.values()), dtype=pl.Float64),
        }
    )


def _rounded_down(mw: pl.Expr) -> pl.Expr:
    """Round down to tenths of a MW; a negative value becomes zero."""
    return ((pl.max_horizontal(mw, pl.lit(0.0)) + 1e-6) * 10).floor() / 10
