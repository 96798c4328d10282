"""Adds telemetry and outlooks from files to the workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fleet.domain.merge_telemetry import Merged
from fleet.domain.observed import refuse_ahead
from fleet.domain.outlooks import Outlooks
from fleet.domain.provenance import Provenance
from fleet.domain.resample import Resampled
from fleet.sources import table
from fleet.storage.telemetry_store import add_outlooks, add_telemetry
from fleet.storage.workspace import Workspace

_LONGEST_SOURCE = 120


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """The result of an ingest: the stored telemetry with its changes, and how each file was converted to hours.

    notes: a sentence on each file that may be cut off.
    """

    merged: Merged
    resampled: Sequence[Resampled]
    notes: Sequence[str]


def ingest_table(
    workspace: Workspace,
    files: Sequence[Path],
    *,
    region: str | None,
    stored_utc: str,
    reason: str = "",
    rules: Mapping[str, str] | None = None,
) -> Ingested:
    """Add tables of telemetry to the workspace.

    Args:
        region: for a table without a column `region`, the region of its rows. For any other table, the only region to
            add; None adds all.
        stored_utc, reason: as for `add_telemetry`.
        rules: as for `read_supplied`.
    Raises: SourceError or DataError if a file cannot be read, or as `refuse_ahead` and `add_telemetry`.
    """
    supplied, resampled = table.read_supplied(files, region=region, rules=rules)
    refuse_ahead(supplied.telemetry, stored_utc)
    workspace.make()
    names = ", ".join(file.name for file in files)
    provenance = Provenance(source=f"table {names}"[:_LONGEST_SOURCE])
    merged = add_telemetry(workspace.telemetry, supplied, stored_utc=stored_utc, reason=reason, provenance=provenance)
    workspace.made_by_demo.unlink(missing_ok=True)
    return Ingested(merged=merged, resampled=resampled, notes=table.cut_notes(files))


def ingest_rows(workspace: Workspace, rows: pl.DataFrame, *, source: str, stored_utc: str, reason: str = "") -> Merged:
    """Add rows of telemetry that a client pushed, by the same checks as a file.

    Args:
        rows: `region`, `time_utc` and any columns of telemetry. A null withdraws a stored value.
        source: who pushed the rows; stored as the origin of each value.
        stored_utc, reason: as for `add_telemetry`.
    Raises: DataError for a row that cannot be stored, or as `refuse_ahead` and `add_telemetry`.
    """
    supplied = table.supplied_rows(rows, table=source)
    refuse_ahead(supplied.telemetry, stored_utc)
    workspace.make()
    merged = add_telemetry(
        workspace.telemetry,
        supplied,
        stored_utc=stored_utc,
        reason=reason,
        provenance=Provenance(source=source[:_LONGEST_SOURCE]),
    )
    workspace.made_by_demo.unlink(missing_ok=True)
    return merged


def ingest_outlooks(workspace: Workspace, file: Path) -> Outlooks:
    """Add a table of outlooks, and return all stored outlooks.

    Raises: SourceError or DataError if the file cannot be read; DataError if a stored value would change.
    """
    rows = table.frame(table.fetch(file), table=file.name)
    table.check_outlook_columns(rows, table=file.name)
    workspace.make()
    whole = add_outlooks(workspace.outlooks, rows, table=file.name)
    workspace.made_by_demo.unlink(missing_ok=True)
    return whole
