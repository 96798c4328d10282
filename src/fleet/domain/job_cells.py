"""The cells of a table of jobs as arrays, and what is wrong with the rows that have no such value."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray


class Cells:
    """Reads columns of a table. refused: of each row that cannot be read, the first reason that was found."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.refused: dict[int, str] = {}

    def refuse_repeats(self) -> None:
        """Refuse rows whose id is not theirs alone.

        Rows that are alike say the same thing, and the first stands for all; of rows that differ nobody knows which one
        was meant.
        """
        shared = self._frame["id"].is_duplicated()
        if not shared.any():
            return
        different = self._frame.filter(shared).unique()["id"]
        ambiguous = self._frame["id"].is_in(different.filter(different.is_duplicated()).unique().to_list())
        self._refuse(ambiguous.to_numpy(), lambda _: "id is that of several rows that differ, expected one row per job")
        repeated = shared & ~self._frame["id"].is_first_distinct()
        self._refuse(repeated.to_numpy(), lambda _: "the row repeats an earlier one, which counts; expected it once")

    def refuse_nulls(self, names: Sequence[str]) -> None:
        for name in names:
            reason = f"{name} is null, expected a value"
            self.refused |= {row: reason for row in self._frame[name].is_null().arg_true() if row not in self.refused}

    def numbers(self, name: str, *, whole: str = "") -> FloatArray:
        """(row,) values; 0 where a cell is null, NaN where a text is no number.

        Args:
            whole: what is expected, if fractions and what is not finite are to be refused.
        """
        column = self._frame[name]
        # A single word in a CSV makes its whole column text.
        values = column.str.strip_chars() if column.dtype == pl.String else column
        values = values.cast(pl.Float64, strict=False)
        unread = values.is_null() & column.is_not_null()
        self._refuse(unread.to_numpy(), lambda row: f"{name} is {column[row]!r}, expected a number")
        found = values.set(unread, np.nan).fill_null(0.0).to_numpy()
        if whole:
            odd = ~np.isfinite(found) | (found != np.floor(found))
            self._refuse(odd, lambda row: f"{name} is {found[row]:g}, expected {whole}")
        return found

    def hours(self, name: str, *, table: str) -> HourArray:
        """(row,) NaT where a cell is no full hour of UTC. Raises: DataError if the column holds no times of UTC."""
        hours, unread = clock.read_hours(self._frame[name], table=table)
        for row, found in unread.items():
            self.refused.setdefault(row, f"{name} is {found}, {clock.EXPECTED}")
        return hours

    def _refuse(self, rows: NDArray[np.bool_], reason: Callable[[int], str]) -> None:
        for row in np.flatnonzero(rows).tolist():
            if row not in self.refused:
                self.refused[row] = reason(row)
