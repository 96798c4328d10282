"""Checks the separator of a CSV file, and that every row has the fields of the header.

The reader fills a short row with nulls.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fleet.errors import DataError
from fleet.units import IntArray

_COMMA, _QUOTE, _LINE_END = b',"\n'
_OTHER_SEPARATORS: Mapping[str, str] = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_CHUNK_BYTES = 4 * 1024**2
# Stands for the number of fields of a last row that ends between quotes.
_OPEN_QUOTE = -1


def refuse_other_separator(header: Sequence[str], *, table: str) -> None:
    """Refuse a CSV that is separated by something else than commas.

    Args:
        header: the fields of the first row, as split at commas.
        table: name of the file, for messages.
    Raises: DataError if the names contain another separator more often than the row contains commas.
    """
    for separator, name in _OTHER_SEPARATORS.items():
        if sum(field.count(separator) for field in header) >= len(header):
            raise DataError(
                f"{table} is separated by {name}, expected commas (and decimals with a point); save it as CSV with "
                "commas"
            )


def refuse_uneven_rows(payload: bytes, fields: int, *, table: str) -> None:
    """Refuse a CSV in which a row has fewer or more fields than the header. Blank lines are left to the reader.

    Args:
        payload: content of the file. Memory is needed for a part of it at a time.
        fields: number of fields of the header.
        table: name of the file, for messages.
    Raises: DataError with the first such row. Rows are counted from 0 below the header, and lines of the file from 1.
    """
    # The reader skips blank lines above the header.
    header = payload.count(b"\n", 0, len(payload) - len(payload.lstrip(b"\r\n")))
    first, begin = -1 - header, 0
    for ends, counts in _rows(payload):
        for index in np.flatnonzero(counts != fields).tolist():
            start, end = int(ends[index - 1]) + 1 if index else begin, int(ends[index])
            text, row = payload[start:end], first + index
            found = _fields(text, int(counts[index]))
            if found == fields or row < 0 or not text.strip(b"\r"):
                continue
            line = payload.count(b"\n", 0, start) + 1
            is_last = len(payload) - end < _CHUNK_BYTES and not payload[end:].strip()
            raise DataError(f"{table}: row {row} (line {line}) {_fault(found, fields, is_last)}")
        first += len(ends)
        begin = int(ends[-1]) + 1 if len(ends) else begin


def _rows(payload: bytes) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield, for one part of a CSV after the other, where its rows end and how many fields they have.

    A comma or line break between quotes separates nothing. A doubled quote inside a text closes and opens the text.
    """
    has_quotes, is_quoted, commas = b'"' in payload, False, 0
    for start in range(0, len(payload), _CHUNK_BYTES):
        part = np.frombuffer(payload, np.uint8, min(_CHUNK_BYTES, len(payload) - start), start)
        is_comma, is_end = part == _COMMA, part == _LINE_END
        if has_quotes:
            quoted = np.logical_xor.accumulate(part == _QUOTE) ^ is_quoted
            is_quoted = bool(quoted[-1])
            is_comma &= ~quoted
            is_end &= ~quoted
        ends = np.flatnonzero(is_end)
        before = np.searchsorted(np.flatnonzero(is_comma), ends) + commas
        commas += int(np.count_nonzero(is_comma)) - (int(before[-1]) if len(ends) else 0)
        yield start + ends, np.diff(before, prepend=0) + 1
    if is_quoted or not payload.endswith(b"\n"):
        yield np.array([len(payload)]), np.array([_OPEN_QUOTE if is_quoted else commas + 1])


def _fields(row: bytes, counted: int) -> int:
    """Return the number of fields of a row. A quote within an unquoted text quotes nothing, as in 5" pipe."""
    if counted == _OPEN_QUOTE or b'"' not in row:
        return counted
    try:
        return len(next(csv.reader([row.decode("latin-1")])))
    except csv.Error:
        return counted


def _fault(found: int, fields: int, is_last: bool) -> str:
    if found == _OPEN_QUOTE:
        return "opens a quote that is never closed; the file seems cut off, or the quote is wrong: correct it"
    if found > fields:
        return (
            f"has {found} fields, expected the {fields} of the header; put a text with commas in quotes, and write "
            "decimals with a point"
        )
    if is_last:
        return f"has {found} of {fields} fields and is the last one: the file seems cut off; get the whole file"
    return f"has {found} of {fields} fields; the row is cut off, or the commas of its empty fields are missing"
