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


def check_stored(workspace: Workspace, fleet: Fleet, telemetry: Telemetry | None = None) -> Checked:
    """Return the stored telemetry without the values that are held, under the current ids of the regions.

    Args:
        fleet: gives the capacities that loads are compared with.
        telemetry: all that is stored, if it was read already.
    Raises: DataError if a file of the workspace is damaged.
    """
    released = [
        Release(
            region=fleet.current_ids.get(entry.region, entry.region),
            column=entry.column,
            first_utc=parse_hour(entry.first_utc),
            last_utc=parse_hour(entry.last_utc),
        )
        for entry in read_releases(workspace.releases)
    ]
    stored = read_telemetry(workspace.telemetry) if telemetry is None else telemetry
    return hold(stored.renamed(fleet.current_ids), fleet=fleet, released=released)


def release(workspace: Workspace, entry: ReleaseEntry) -> None:
    """Record that a person believes a stretch.

    Raises: ConfigError if the stretch is not stored, has no hour, or nobody or no reason is named.
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
