"""Reads the stored telemetry through the quality rules. The store itself keeps every value as it was ingested."""

from fleet.domain.clock import parse_hour
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError
from fleet.quality import Release
from fleet.quality.gate import Checked, hold
from fleet.storage.release_log import ReleaseEntry, append_release, read_releases
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace


def check_stored(
    workspace: Workspace, fleet: Fleet, telemetry: Telemetry | None = None, *, as_of_utc: str | None = None
) -> Checked:
    """Return the stored telemetry without the values that are held.

    Args:
        fleet: gives the capacities that loads are compared with.
        telemetry: the stored telemetry; None reads it.
        as_of_utc: as for `read_telemetry`.
    Raises: DataError if a file of the workspace is damaged.
    """
    released = [
        Release(
            region=entry.region,
            column=entry.column,
            first_utc=parse_hour(entry.first_utc),
            last_utc=parse_hour(entry.last_utc),
        )
        for entry in read_releases(workspace.releases)
    ]
    stored = read_telemetry(workspace.telemetry, as_of_utc=as_of_utc) if telemetry is None else telemetry
    return hold(stored, fleet=fleet, released=released)


def release(workspace: Workspace, entry: ReleaseEntry) -> None:
    """Record that a person believes the held values of a stretch.

    Raises: ConfigError if the region or column is not stored, the stretch ends before it begins, or the person or the
        reason is missing; DataError if the first or last hour is not stored.
    """
    stored = read_telemetry(workspace.require(workspace.telemetry, "fleet ingest"))
    first, last = parse_hour(entry.first_utc), parse_hour(entry.last_utc)
    if not entry.by.strip() or not entry.reason.strip():
        raise ConfigError("a release needs a person and a reason; give --by and --reason")
    for kind, name, names in (
        ("region", entry.region, stored.regions),
        ("column", entry.column, tuple(stored.values)),
    ):
        if name not in names:
            raise ConfigError(f"{kind} {name!r} is not stored, expected one of {', '.join(names)}")
    if last < first:
        raise ConfigError(f"the stretch ends at {entry.last_utc}, before it begins at {entry.first_utc}")
    stored.position(first)
    stored.position(last)
    append_release(workspace.releases, entry)
