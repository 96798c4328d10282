"""Checks whether a column holds numbers, and names the first cell that is not a number."""

import polars as pl

from fleet.errors import DataError


def holds_numbers(column: pl.Series) -> bool:
    """Tell whether a column is numeric or empty. Polars reads an empty column of a CSV file as text."""
    is_empty = column.dtype in {pl.Null, pl.String} and column.null_count() == len(column)
    return column.dtype.is_numeric() or is_empty


def refuse_text_cells(column: pl.Series, *, table: str) -> None:
    """Refuse a column that does not hold numbers.

    Raises: DataError with the first row that is not a number, or with the type of the column.
    """
    if holds_numbers(column):
        return
    if column.dtype == pl.String:
        is_text = column.str.strip_chars().cast(pl.Float64, strict=False).is_null() & column.is_not_null()
        rows = is_text.arg_true()
        if len(rows):
            cell = column[rows[0]][:40]
            raise DataError(f"{table}: {column.name} holds String, expected numbers; row {rows[0]} is {cell!r}")
    raise DataError(f"{table}: {column.name} holds {column.dtype}, expected numbers")
