"""Where the newest values of a region came from when an hour was decided."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.domain.clock import Hour, iso
from fleet.domain.telemetry import Telemetry
from fleet.storage.telemetry_store import read_origins, read_outlook_rows, read_telemetry
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY

_ONE_HOUR = np.timedelta64(1, "h")
# An older value supports no forecast.
_OLDEST_H = 14 * HOURS_PER_DAY
_UNKNOWN = "not recorded"


@dataclass(frozen=True, kw_only=True)
class ValueSource:
    """The newest stored value of a column, or the newest outlook of it.

    gives: "telemetry" or "outlooks".
    hour_utc: hour of the value, or of the issue.
    value: the value; of outlooks, the first forecast value of the issue.
    source: its origin; "not recorded" if an earlier version of this program or the demo stored it.
    published_utc: when the source last changed the value; empty if it does not say.
    """

    column: str
    gives: str
    hour_utc: str
    value: float
    source: str
    estimated: bool = False
    published_utc: str = ""
    stored_utc: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self)


def sources_at(workspace: Workspace, region: str, origin_utc: Hour, made_utc: str) -> list[ValueSource]:
    """Return the origin of the newest value of each column of a region.

    Args:
        origin_utc: the last known hour of the decision.
        made_utc: time of the decision; what was stored later is left out.
    Raises: DataError if a file of the workspace is damaged.
    """
    # A decision at a past hour knew what was stored by the end of the hour after it.
    as_of_utc = min(made_utc, f"{(origin_utc + 2 * _ONE_HOUR).astype('datetime64[s]')}Z")
    return [*_observed(workspace, region, origin_utc, as_of_utc), *_issued(workspace, region, origin_utc, as_of_utc)]


def _observed(workspace: Workspace, region: str, origin_utc: Hour, as_of_utc: str) -> list[ValueSource]:
    if not workspace.telemetry.exists():
        return []
    stored = read_telemetry(workspace.telemetry, as_of_utc=as_of_utc)
    if region not in stored.regions or origin_utc < stored.time_utc[0]:
        return []
    stop = min(int((origin_utc - stored.time_utc[0]) / _ONE_HOUR) + 1, len(stored.time_utc))
    window = stored.select([region]).hours(max(stop - _OLDEST_H, 0), stop)
    known = {name: np.flatnonzero(np.isfinite(grid[0])) for name, grid in window.values.items()}
    newest = {name: int(hours[-1]) for name, hours in known.items() if hours.size}
    return [_of_value(window, name, at, workspace, as_of_utc) for name, at in newest.items()]


def _of_value(window: Telemetry, name: str, at: int, workspace: Workspace, as_of_utc: str) -> ValueSource:
    cell = window.hours(at, at + 1)
    cell = Telemetry(regions=cell.regions, time_utc=cell.time_utc, values={name: cell.values[name]})
    rows = read_origins(workspace.telemetry, cell, as_of_utc=as_of_utc).to_dicts()
    origin = rows[0] if rows else {}
    published = origin.get("published_utc")
    return ValueSource(
        column=name,
        gives="telemetry",
        hour_utc=iso(cell.time_utc[0]),
        value=float(cell.values[name][0, 0]),
        source=origin.get("source") or _UNKNOWN,
        estimated=bool(origin.get("estimated")),
        published_utc="" if published is None else f"{published:%Y-%m-%dT%H:%M:%SZ}",
        stored_utc=origin.get("stored_utc") or "",
    )


def _issued(workspace: Workspace, region: str, origin_utc: Hour, as_of_utc: str) -> list[ValueSource]:
    """Return the newest issue of each column that the decision could use."""
    rows = read_outlook_rows(workspace.outlooks)
    if rows is None:
        return []
    decided = (origin_utc + _ONE_HOUR).astype("datetime64[ms]").item()
    known = rows.filter(
        pl.col("region") == region,
        pl.col("issued_utc").dt.replace_time_zone(None) <= decided,
        pl.col("stored_utc") <= as_of_utc,
    ).sort("issued_utc", "time_utc")
    found = []
    for name in (name for name in known.columns if known[name].dtype.is_float()):
        # Sorted by issue, and within an issue by hour: the first row of the last issue.
        newest = known.filter(pl.col(name).is_not_null()).group_by("issued_utc", maintain_order=True).first()[-1:]
        found += [
            ValueSource(
                column=name,
                gives="outlooks",
                hour_utc=f"{row['issued_utc']:%Y-%m-%dT%H:%MZ}",
                value=float(row[name]),
                source=row["source"] or _UNKNOWN,
                stored_utc=row["stored_utc"],
            )
            for row in newest.to_dicts()
        ]
    return found
