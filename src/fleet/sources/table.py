"""Telemetry, outlooks and other tables from Parquet or CSV files, plain or gzipped."""

import gzip
import io
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl
import pyarrow.parquet as pq
from pyarrow.lib import ArrowException

from fleet.domain.clock import iso
from fleet.domain.column_names import refuse_misspelt_columns, refuse_unknown_columns
from fleet.domain.feed import TableFeed
from fleet.domain.join_telemetry import join
from fleet.domain.outlooks import Outlooks
from fleet.domain.quantities import QUANTITIES
from fleet.domain.resample import Resampled, resample
from fleet.domain.supplied import Supplied, join_supplied
from fleet.domain.telemetry import Telemetry
from fleet.domain.unit_conversion import own_unit
from fleet.errors import DataError, SourceError
from fleet.regular_file import read_regular
from fleet.sources.base import Query, Reading, Source
from fleet.sources.csv_rows import refuse_other_separator, refuse_uneven_rows

if TYPE_CHECKING:
    from fleet.sources.client import Client

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
# Ids and names are read as texts, even if they look like numbers: 001 is not 1, and 12e4567 is not infinite.
_TEXTS = ("id", "name", "home_region", "region", "regions")
_TELEMETRY_COLUMNS = ("region", "time_utc", *QUANTITIES)
_OUTLOOK_COLUMNS = ("region", "issued_utc", "time_utc", *QUANTITIES)
# A larger table may not fit into the memory.
MOST_BYTES = 4 * 1024**3
_BYTES_PER_CELL = 8
# A gzipped file that unpacks to more than this many times its size is no table: real tables shrink by less. Content up
# to _ANY_RATIO_BYTES is not judged.
_MOST_RATIO, _ANY_RATIO_BYTES = 200, 16 * 1024**2
_CHUNK_BYTES = 1024**2
_SUFFIXES = re.compile(r"(\.(parquet|csv))?(\.gz)?$", re.IGNORECASE)


def fetch(path: Path) -> bytes:
    """Return the bytes of a file. Raises: SourceError if the file cannot be read or is too large."""
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise SourceError(
                f"{path} has {path.stat().st_size / 1024**3:.1f} GiB, expected at most {_most()}; split it",
                source="table",
            )
        return read_regular(path, most_bytes=MOST_BYTES)
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
    Raises: DataError if the payload is empty, too large when unpacked, neither Parquet nor CSV, or a CSV
        with another separator than commas or a row that has not the fields of the header.
    """
    if not payload:
        raise DataError(f"{table} is empty, expected a Parquet or CSV table")
    try:
        if payload.startswith(_GZIP_MAGIC):
            payload = _unpacked(payload, table)
        if payload.startswith(_PARQUET_MAGIC):
            metadata = pq.read_metadata(io.BytesIO(payload))
            # Both sizes are checked before reading: a short file can claim many rows, and a few texts can be long.
            groups = [metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)]
            cells = metadata.num_rows * metadata.num_columns
            if max(cells * _BYTES_PER_CELL, sum(groups)) > MOST_BYTES:
                raise DataError(f"{table} unpacks to more than {_most()}; split it")
            return pl.read_parquet(io.BytesIO(payload))
        header = pl.read_csv(io.BytesIO(payload), n_rows=0, infer_schema=False).columns
        refuse_other_separator(header, table=table)
        refuse_uneven_rows(payload, len(header), table=table)
        texts = {name: pl.String for name in header if name in _TEXTS}
        return pl.read_csv(io.BytesIO(payload), infer_schema_length=None, schema_overrides=texts)
    except (ArrowException, pl.exceptions.PolarsError, OSError, EOFError, zlib.error) as error:
        # What follows an empty line is advice to programmers.
        reason = " ".join(str(error).split("\n\n")[0].split())[:160]
        raise DataError(f"{table} is neither Parquet nor CSV: {reason}") from error


def parse(payload: bytes, *, table: str, region: str | None = None, any_column: bool = True) -> Telemetry:
    """Return the telemetry in a payload.

    Args:
        payload: content of the file.
        table: name of the file, for messages. Its stem names the region if the table has no column `region` and no
            region is given.
        region: the region of a table without a column `region`; of any other table, the region to select.
        any_column: also accept numeric columns with unknown names, unless a name looks like a misspelt known one.
    Raises: DataError if the payload is not a table, or for the reasons of `Telemetry.from_frame`.
    """
    rows = _telemetry_rows(payload, table, any_column=any_column)
    if "region" not in rows.columns:
        return Telemetry.from_frame(rows, table=table, region=region or _stem(table))
    telemetry = Telemetry.from_frame(rows, table=table)
    return telemetry if region is None else telemetry.select([region])


def read_supplied(
    paths: Sequence[Path], *, region: str | None = None, rules: Mapping[str, str] | None = None
) -> tuple[Supplied, Sequence[Resampled]]:
    """Return what several files supply to the store: values of known columns, and the cells that were left empty.

    Args:
        paths: the files.
        region: as for `parse`.
        rules: how stamps between full hours become hours; see `resample`. Without rules such stamps are refused.
    Returns: what the files supply together, and the resampled table of each file.
    Raises: as `read`; DataError also if a file has no column of values, or a column that is not known.
    """
    resampled = [_full_hours(path, rules or {}) for path in paths]
    parts = [_supplied(part.frame, path.name, region) for path, part in zip(paths, resampled, strict=True)]
    return join_supplied(parts), resampled


def supplied_rows(rows: pl.DataFrame, *, table: str, rules: Mapping[str, str] | None = None) -> Supplied:
    """Return what rows supply to the store; args and errors are those of `read_supplied`.

    Args:
        rows: `region`, `time_utc` and columns of telemetry.
        table: what the rows are called in messages.
    """
    refuse_unknown_columns(rows.columns, _TELEMETRY_COLUMNS, table=table)
    return _supplied(_by_hour(rows, rules or {}, table).frame, table, None)


def _full_hours(path: Path, rules: Mapping[str, str]) -> Resampled:
    return _by_hour(_telemetry_rows(fetch(path), path.name, any_column=False), rules, path.name)


def _by_hour(rows: pl.DataFrame, rules: Mapping[str, str], table: str) -> Resampled:
    if not set(rows.columns) & QUANTITIES.keys():
        raise DataError(
            f"{table} has no column of values (found {', '.join(rows.columns)}), expected any of "
            f"{', '.join(QUANTITIES)}"
        )
    return resample(rows, rules, table=table)


def _supplied(rows: pl.DataFrame, table: str, region: str | None) -> Supplied:
    if "region" not in rows.columns:
        return Supplied.from_frame(rows, table=table, region=region or _stem(table))
    supplied = Supplied.from_frame(rows, table=table)
    return supplied if region is None else supplied.select(region)


def _telemetry_rows(payload: bytes, table: str, *, any_column: bool) -> pl.DataFrame:
    rows = frame(payload, table=table)
    refuse = refuse_misspelt_columns if any_column else refuse_unknown_columns
    refuse(rows.columns, _TELEMETRY_COLUMNS, table=table)
    return rows


def read_outlooks(path: Path, *, region: str | None = None, any_column: bool = True) -> Outlooks:
    """Return the outlooks in a file.

    Args:
        path: the file.
        region: the region of a table without a column `region`; by default, the stem of the file.
        any_column: as for `parse`.
    Raises: SourceError if the file cannot be read; DataError for the reasons of `Outlooks.from_frame`.
    """
    rows = frame(fetch(path), table=path.name)
    check_outlook_columns(rows, table=path.name, any_column=any_column)
    return Outlooks.from_frame(rows, table=path.name, region=region or _stem(path.name))


def check_outlook_columns(rows: pl.DataFrame, *, table: str, any_column: bool = False) -> None:
    """Refuse unknown columns; with `any_column`, only misspelt ones. Raises: DataError that names the column."""
    refuse = refuse_misspelt_columns if any_column else refuse_unknown_columns
    refuse(rows.columns, _OUTLOOK_COLUMNS, table=table)


def read(paths: Sequence[Path], *, region: str | None = None, any_column: bool = True) -> Telemetry:
    """Return the telemetry of several files, joined in time.

    Args:
        paths: the files.
        region, any_column: as for `parse`.
    Raises: SourceError if a file cannot be read; DataError for the reasons of `parse` and `join`.
    """
    return join(parse(fetch(path), table=path.name, region=region, any_column=any_column) for path in paths)


def _whole_lines(payload: bytes, table: str) -> tuple[bytes, list[str]]:
    """Return a CSV payload without an unfinished last line, and a note if there is one; any other payload unchanged."""
    if payload.startswith((_GZIP_MAGIC, _PARQUET_MAGIC)) or payload.endswith(b"\n"):
        return payload, []
    return payload[: payload.rfind(b"\n") + 1], [
        f"{table} does not end with a line break: its last row may be cut off, and was left out"
    ]


def cut_notes(paths: Sequence[Path]) -> list[str]:
    """Return a note for each plain CSV file without a line break at its end. Its last number may lack digits.

    Such a row is whole if the file was written by hand, so it is not refused.
    """
    notes = []
    for path in paths:
        with path.open("rb") as file:
            start = file.read(len(_PARQUET_MAGIC))
            file.seek(-1, io.SEEK_END)
            is_ended = file.read() == b"\n" or start.startswith((_GZIP_MAGIC, _PARQUET_MAGIC))
        if not is_ended:
            notes.append(
                f"{path.name} does not end with a line break. If it was cut off, the last value of its last row is "
                "wrong: compare it with the source."
            )
    return notes


def _unpacked(payload: bytes, table: str) -> bytes:
    """Return the content of a gzipped payload.

    Raises: DataError if the content is above MOST_BYTES, or too large for the size of the payload.
    """
    content, source = bytearray(), io.BytesIO(payload)
    with gzip.GzipFile(fileobj=source) as packed:
        while chunk := packed.read(_CHUNK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES:
                raise DataError(f"{table} unpacks to more than {_most()}; split it")
            if len(content) > max(_ANY_RATIO_BYTES, _MOST_RATIO * source.tell()):
                raise DataError(f"{table} unpacks to more than {_MOST_RATIO} times its size, expected a packed table")
    return bytes(content)


def _most() -> str:
    return f"{MOST_BYTES / 1024**3:g} GiB"


def _stem(name: str) -> str:
    return _SUFFIXES.sub("", name, count=1)


class Table(Source):
    """A file of telemetry that the fleet file names; its columns have the units of their names."""

    gives: ClassVar[str] = "telemetry"
    page_h: ClassVar[int] = 100 * 8_766

    def fetch(self, query: Query, client: "Client") -> bytes:
        """Return the bytes of the file. The client is not used."""
        return fetch(Path(query.feed_as(TableFeed).path))

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the rows of the query's region in the asked hours. Stamps must be full hours.

        The last row of a CSV file without a line break at its end is left out: its writer may be at work.
        """
        name = Path(query.feed_as(TableFeed).path).name
        payload, notes = _whole_lines(payload, name)
        try:
            whole = parse(payload, table=name, region=query.region, any_column=False)
            column = whole.values
            absent = [name for name in query.feeds if name not in column]
            if absent:
                raise DataError(f"{name} has no column {absent[0]} (found {', '.join(column) or 'none'})")
        except DataError as error:
            raise query.error(str(error)) from error
        within = (whole.time_utc >= query.first_utc) & (whole.time_utc < query.end_utc)
        if not within.any():
            span = f"{iso(whole.time_utc[0])} to {iso(whole.time_utc[-1])}"
            return Reading(values=None, notes=[*notes, f"{name} holds {span}, no hour of those asked for"])
        start, stop = int(within.argmax()), int(len(within) - within[::-1].argmax())
        asked = whole.hours(start, stop)
        values = {name: asked.values[name] * feed.factor for name, feed in query.feeds.items()}
        return Reading(
            values=Telemetry(regions=asked.regions, time_utc=asked.time_utc, values=values, spans=asked.spans),
            conversions={name: own_unit(name).times(feed.factor) for name, feed in query.feeds.items()},
            notes=notes,
        )
