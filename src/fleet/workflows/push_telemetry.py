"""Stores telemetry that a client pushes, through the same steps as a file."""

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fleet.domain.merge_telemetry import Merged
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.storage.workspace import Workspace
from fleet.workflows.ingest import ingest_table


def push_telemetry(
    workspace: Workspace, fleet: Fleet, rows: Sequence[Mapping[str, Any]], *, stored_utc: str, reason: str = ""
) -> Merged:
    """Add rows to the stored telemetry.

    A column that a row does not name keeps its stored value; null replaces it, as an empty cell of a file does.

    Args:
        rows: `region`, `time_utc` and any columns of telemetry.
    Raises: DataError for a region that the fleet does not have, and as `ingest_table`.
    """
    by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["region"] not in fleet.region_ids:
            raise DataError(
                f"region {row['region']!r} is not in the fleet, expected one of {', '.join(fleet.region_ids)}"
            )
        by_columns[tuple(sorted(row))].append(row)
    with tempfile.TemporaryDirectory(prefix="fleet-pushed-") as folder:
        files = []
        for number, (columns, group) in enumerate(by_columns.items()):
            kinds = {name: pl.String if name in {"region", "time_utc"} else pl.Float64 for name in columns}
            files.append(Path(folder) / f"pushed-{number}.parquet")
            pl.DataFrame(group, schema=kinds).write_parquet(files[-1])
        return ingest_table(workspace, files, region=None, stored_utc=stored_utc, reason=reason).merged
