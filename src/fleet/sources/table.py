"""Telemetry from a table on disk: Parquet or CSV, plain or gzipped."""

import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry, join
from fleet.errors import DataError, SourceError

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_ENDINGS = re.compile(r"(\.(parquet|csv))?(\.gz)?$", re.IGNORECASE)


def fetch(path: Path) -> bytes:
    """The file's bytes. Raises: SourceError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(
            f"{path} cannot be read ({reason}); expected a Parquet or CSV file", source="table"
        ) from error


def frame(payload: bytes, *, table: str) -> pl.DataFrame:
    """The table in a payload, whatever it holds. Raises: DataError if it is empty or neither Parquet nor CSV."""
    if not payload:
        raise DataError(f"{table} is empty, expected a Parquet or CSV table")
    try:
        if payload.startswith(_GZIP_MAGIC):
            payload = gzip.decompress(payload)
        if payload.startswith(_PARQUET_MAGIC):
            return pl.read_parquet(io.BytesIO(payload))
        return pl.read_csv(io.BytesIO(payload), infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{table} is neither Parquet nor CSV: {' '.join(str(error).split())[:160]}") from error


def parse(payload: bytes, *, table: str, region: str | None = None) -> Telemetry:
    """Telemetry from a payload.

    Args:
        table: the file's name, for messages; its stem names the region of a table that neither has the column nor is
            given one.
        region: names a table without a column `region`; of a table with it, it picks one.
    Raises: DataError as Telemetry.from_frame does, or if the payload is no table.
    """
    rows = frame(payload, table=table)
    if "region" not in rows.columns:
        return Telemetry.from_frame(rows, table=table, region=region or _ENDINGS.sub("", table, count=1))
    telemetry = Telemetry.from_frame(rows, table=table)
    return telemetry if region is None else telemetry.select([region])


def read_outlooks(path: Path, *, region: str | None = None) -> Outlooks:
    """Outlooks from a file. Raises: DataError as Outlooks.from_frame does."""
    rows = frame(fetch(path), table=path.name)
    return Outlooks.from_frame(rows, table=path.name, region=region or _ENDINGS.sub("", path.name, count=1))


def read(paths: Sequence[Path], *, region: str | None = None) -> Telemetry:
    """Several files joined in time."""
    return join(parse(fetch(path), table=path.name, region=region) for path in paths)
