"""Writes the ledger as Parquet, one table each, with times as times and nested values as nested values."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select

from fleet.ledger import Ledger
from fleet.ledger.renamed_row import renamed_row
from fleet.ledger.tables import CHAINED
from fleet.storage.files import write_frame

_CHUNK = 20_000
_SECRETS = frozenset({"secret_hash"})


def export_ledger(ledger: Ledger, folder: Path) -> Mapping[str, int]:
    """Write all tables that have rows into a folder; return the number of rows of each.

    Hashes of tokens are left out.

    Raises: ConfigError if a file cannot be written.
    """
    rows = {}
    with ledger.reading() as connection:
        for table in CHAINED:
            columns = [column for column in table.columns if column.name not in _SECRETS]
            found = connection.execute(select(*columns).order_by(table.c.seq)).mappings()
            frames = [
                pl.DataFrame([_typed(renamed_row(dict(row), ledger.names)) for row in part], infer_schema_length=None)
                for part in found.partitions(_CHUNK)
            ]
            if frames:
                whole = pl.concat(frames, how="diagonal_relaxed")
                write_frame(folder / f"{table.name}.parquet", whole)
                rows[table.name] = whole.height
    return rows


def _typed(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        # The journal names rows by table; its values are pairs of a number and a hash.
        return {key: _typed(part, key) for key, part in value.items()} if name != "heads" else str(value)
    if isinstance(value, list | tuple):
        return [_typed(part, name) for part in value]
    if isinstance(value, str) and name.endswith("_utc"):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
