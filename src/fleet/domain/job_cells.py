"""Columns of a job table as arrays, with a reason for each row that cannot be read."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

# PostgreSQL stores no longer id. SQLite would, but one rule holds for both databases of the ledger.
MOST_ID_LETTERS = 200
# A duration may be computed from seconds. Its rounding error must not add an hour.
_ROUNDING = 1e-6


class Cells:
    """Reads the columns of a job table and collects invalid rows.

    refused: row -> the first reason why the row is invalid.
    rounded: row -> the values that were rounded to full hours, as text.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.refused: dict[int, str] = {}
        self.rounded: dict[int, list[str]] = {}

    def refuse_repeats(self) -> None:
        """Refuse rows whose id occurs in another row, too.

        The first of several identical rows is kept. Different rows with the same id are all refused, because the table
        does not say which of them is right.
        """
        is_shared = self._frame["id"].is_duplicated()
        if not is_shared.any():
            return
        distinct_ids = self._frame.filter(is_shared).unique()["id"]
        ambiguous_ids = distinct_ids.filter(distinct_ids.is_duplicated()).unique().to_list()
        self._refuse(
            self._frame["id"].is_in(ambiguous_ids).to_numpy(),
            lambda _: "several different rows have this id, expected one row per job",
        )
        is_repeat = is_shared & ~self._frame["id"].is_first_distinct()
        self._refuse(is_repeat.to_numpy(), lambda _: "the row repeats an earlier row, which is used; expected it once")

    def refuse_ids(self) -> None:
        """Refuse rows whose id a database of the ledger may not store: too long, or with a null character."""
        ids = self._frame["id"]
        self._refuse(
            (ids.str.len_chars() > MOST_ID_LETTERS).to_numpy(),
            lambda row: f"id has {len(ids[row]):,} letters, expected at most {MOST_ID_LETTERS}",
        )
        self._refuse(
            ids.str.contains("\0", literal=True).to_numpy(), lambda _: "id holds a null character, expected text"
        )

    def refuse_nulls(self, names: Sequence[str]) -> None:
        """Refuse rows that are null in one of the named columns."""
        for name in names:
            reason = f"{name} is null, expected a value"
            self.refused |= {row: reason for row in self._frame[name].is_null().arg_true() if row not in self.refused}

    def numbers(self, name: str, *, whole: str = "") -> FloatArray:
        """Return a column as numbers (row,), and refuse the rows that hold no number.

        Args:
            name: the column.
            whole: description of the expected whole number, for the message. If given, fractions and infinite values
                are refused too.
        Returns: 0 where a cell is null, NaN where a text is not a number.
        """
        column = self._frame[name]
        # One word in a CSV column makes the whole column text.
        numbers = column.str.strip_chars() if column.dtype == pl.String else column
        numbers = numbers.cast(pl.Float64, strict=False)
        is_text = numbers.is_null() & column.is_not_null()
        self._refuse(is_text.to_numpy(), lambda row: f"{name} is {column[row]!r}, expected a number")
        values = numbers.set(is_text, np.nan).fill_null(0.0).to_numpy()
        if whole:
            is_fraction = ~np.isfinite(values) | (values != np.floor(values))
            self._refuse(is_fraction, lambda row: f"{name} is {values[row]:g}, expected {whole}")
        return values

    def whole_hours(self, name: str, *, most: int) -> FloatArray:
        """Return a column of durations as numbers (row,), rounded up to whole hours.

        Args:
            name: the column.
            most: the longest duration, for the message.
        Returns: 0 where a cell is null or not finite; rows that are not finite are refused.
        """
        values = self.numbers(name)
        self._refuse(~np.isfinite(values), lambda row: f"{name} is {values[row]:g}, expected 1 to {most} whole hours")
        values = np.where(np.isfinite(values), values, 0.0)
        whole = np.where(values > 0, np.ceil(values - _ROUNDING), np.floor(values))
        for row in np.flatnonzero((whole - values > _ROUNDING) & (values > 0)).tolist():
            self.rounded.setdefault(row, []).append(f"{name} {values[row]:g} to {whole[row]:g}")
        return whole

    def hours(self, name: str, *, table: str, is_start: bool) -> HourArray:
        """Return a column as UTC hours (row,), rounded into the job's window, and refuse rows that hold no UTC time.

        Args:
            name: the column.
            table: name of the table, for messages.
            is_start: a start is rounded up to the next full hour, an end down.
        Returns: NaT in rows that hold no UTC time.
        Raises: DataError as `clock.read_hours`.
        """
        instants, unreadable = clock.read_instants(self._frame[name], table=table)
        for row, content in unreadable.items():
            self.refused.setdefault(row, f"{name} is {content}, {clock.EXPECTED_HOURS}")
        hours = instants.astype("datetime64[h]")
        is_between = (hours != instants) & ~np.isnat(instants)
        if is_start:
            hours[is_between] += np.timedelta64(1, "h")
        for row in np.flatnonzero(is_between).tolist():
            moment = instants[row].astype("datetime64[s]")
            self.rounded.setdefault(row, []).append(f"{name} {moment}Z to {clock.iso(hours[row])}")
        return hours

    def _refuse(self, is_invalid: NDArray[np.bool_], reason: Callable[[int], str]) -> None:
        for row in np.flatnonzero(is_invalid).tolist():
            if row not in self.refused:
                self.refused[row] = reason(row)
