"""Adds telemetry and outlooks from files to the workspace."""

from collections.abc import Sequence
from pathlib import Path

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.sources import table
from fleet.storage.telemetry_store import add_outlooks, add_telemetry
from fleet.storage.workspace import Workspace


def ingest_table(workspace: Workspace, files: Sequence[Path], *, region: str | None) -> Telemetry:
    """Add tables of telemetry, and return all stored telemetry.

    Args:
        region: the region of a table without a column `region`; of any other table, the region to add.
    Raises: SourceError or DataError if a file cannot be read; DataError if a stored value would change.
    """
    given = table.read(files, region=region, any_column=False)
    workspace.make()
    whole = add_telemetry(workspace.telemetry, given)
    workspace.made_by_demo.unlink(missing_ok=True)
    return whole


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
