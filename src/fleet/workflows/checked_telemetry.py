"""Reads the stored telemetry and outlooks through the quality rules. The store itself keeps every value unchanged."""

from fleet.domain.clock import parse_hour
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError
from fleet.quality.gate import Checked, hold
from fleet.quality.ruling import Ruling
from fleet.storage.ruling_log import RulingEntry, append_ruling, read_rulings
from fleet.storage.telemetry_store import read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace


def check_stored(
    workspace: Workspace, fleet: Fleet, telemetry: Telemetry | None = None, *, as_of_utc: str | None = None
) -> Checked:
    """Return the stored telemetry and outlooks without the values that are held, under the current ids of the regions.

    Args:
        fleet: gives the capacities that loads are compared with.
        telemetry: the stored telemetry; None reads the telemetry of the workspace.
        as_of_utc: as for `read_telemetry`, which is called if `telemetry` is None.
    Raises: DataError if a file of the workspace is damaged.
    """
    rulings = [
        Ruling(
            kind=entry.kind,
            table=entry.table,
            region=entry.region,
            column=entry.column,
            first_utc=parse_hour(entry.first_utc),
            last_utc=parse_hour(entry.last_utc),
            reason=entry.reason,
        )
        for entry in read_rulings(workspace.releases)
    ]
    stored = read_telemetry(workspace.telemetry, as_of_utc=as_of_utc) if telemetry is None else telemetry
    return hold(stored, fleet=fleet, outlooks=read_outlooks(workspace.outlooks), rulings=rulings)


def check_if_stored(workspace: Workspace, fleet: Fleet) -> Checked | None:
    """Return as `check_stored`; None if no telemetry is stored. Raises: as `check_stored`."""
    return check_stored(workspace, fleet) if workspace.telemetry.exists() else None


def record_ruling(workspace: Workspace, entry: RulingEntry) -> None:
    """Record that a person releases or withdraws the values of a stretch of hours.

    Args:
        entry: the hours of outlooks are their hours of issue.
    Raises: ConfigError if the table, region or column is not stored, no outlook was issued in the stretch, the stretch
        ends before it begins, or the person or the reason is missing; DataError if the first or last hour of a stretch
        of telemetry is not stored.
    """
    stored: Telemetry | Outlooks | None = read_telemetry(workspace.require(workspace.telemetry, "fleet ingest"))
    if entry.table == "outlooks":
        stored = read_outlooks(workspace.require(workspace.outlooks, "fleet ingest outlooks"))
    first, last = parse_hour(entry.first_utc), parse_hour(entry.last_utc)
    if not entry.by.strip() or not entry.reason.strip():
        raise ConfigError(f"a {_NOUNS[entry.kind]} needs a person and a reason; give --by and --reason")
    if stored is None:
        return
    for kind, name, names in (
        ("region", entry.region, stored.regions),
        ("column", entry.column, tuple(stored.values)),
    ):
        if name not in names:
            raise ConfigError(f"{kind} {name!r} is not stored, expected one of {', '.join(names)}")
    if last < first:
        raise ConfigError(f"the stretch ends at {entry.last_utc}, before it begins at {entry.first_utc}")
    if isinstance(stored, Telemetry):
        stored.position(first)
        stored.position(last)
    elif not ((stored.issued_utc >= first) & (stored.issued_utc <= last)).any():
        raise ConfigError(f"no outlook was issued from {entry.first_utc} to {entry.last_utc}")
    append_ruling(workspace.releases, entry)


_NOUNS = {"release": "release", "withdraw": "withdrawal"}
