"""Telemetry and outlooks from a file: Parquet or CSV, plain or gzipped."""

import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fleet.domain.join_telemetry import join
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError, SourceError

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_SUFFIXES = re.compile(r"(\.(parquet|csv))?(\.gz)?$", re.IGNORECASE)


def fetch(path: Path) -> bytes:
    """Return the bytes of a file. Raises: SourceError if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(
            f"{path} cannot be read ({reason}); expected a Parquet or CSV file", source="table"
        ) from error


def frame(payload: bytes, *, table: str) -> pl.DataFrame:
    """Return the table in a payload, with any columns.

    Args:
        payload: content of the file.
        table: name of the file, for messages.
    Raises: DataError if the payload is empty, or neither Parquet nor CSV.
    """
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
    """Return the telemetry in a payload.

    Args:
        payload: content of the file.
        table: name of the file, for messages. Its stem names the region if the table has no column `region` and no
            region is given.
        region: the region of a table without a column `region`; of any other table, the region to select.
    Raises: DataError if the payload is not a table, or for the reasons of `Telemetry.from_frame`.
    """
    rows = frame(payload, table=table)
    if "region" not in rows.columns:
        return Telemetry.from_frame(rows, table=table, region=region or _stem(table))
    telemetry = Telemetry.from_frame(rows, table=table)
    return telemetry if region is None else telemetry.select([region])


def read_outlooks(path: Path, *, region: str | None = None) -> Outlooks:
    """Return the outlooks in a file.

    Args:
        path: the file.
        region: the region of a table without a column `region`; by default, the stem of the file.
    Raises: SourceError if the file cannot be read; DataError for the reasons of `Outlooks.from_frame`.
    """
    rows = frame(fetch(path), table=path.name)
    return Outlooks.from_frame(rows, table=path.name, region=region or _stem(path.name))


def read(paths: Sequence[Path], *, region: str | None = None) -> Telemetry:
    """Return the telemetry of several files, joined in time.

    Args:
        paths: the files.
        region: as for `parse`.
    Raises: SourceError if a file cannot be read; DataError for the reasons of `parse` and `join`.
    """
    return join(parse(fetch(path), table=path.name, region=region) for path in paths)


def _stem(name: str) -> str:
    return _SUFFIXES.sub("", name, count=1)
