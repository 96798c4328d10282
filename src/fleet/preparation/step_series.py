"""One series at equal steps of at most an hour, and its division into hours that end with the last value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.number_column import holds_numbers
from fleet.errors import DataError
from fleet.forecasting import Series
from fleet.forecasting.series import MOST_COVARIATES
from fleet.units import FloatArray, IntArray

_TIME = "time_utc"
_MINUTE, _HOUR = np.timedelta64(1, "m"), np.timedelta64(1, "h")
# With shorter steps, an hour has more steps than a forecaster takes covariates.
_SHORTEST_MIN = 5
_MOST_VALUES = 5_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class StepSeries:
    """Values at equal steps.

    column: the column to forecast.
    first_utc: time of the first value, datetime64[m].
    step: timedelta64[m].
    values: column -> (step,); NaN where missing. All columns have the same length.
    """

    column: str
    first_utc: np.datetime64
    step: np.timedelta64
    values: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.values[self.column])

    @property
    def steps_per_hour(self) -> int:
        """Number of steps in an hour."""
        return int(_HOUR / self.step)

    @property
    def last_utc(self) -> np.datetime64:
        """Time of the last value."""
        return self.first_utc + (len(self) - 1) * self.step

    @classmethod
    def of(cls, table: Any, column: str, step: np.timedelta64 | None = None) -> Self:
        """Return the series of a table.

        Args:
            table: a polars or pandas table, or a mapping from names to arrays, with `time_utc`, the column, and any
                other numeric columns. An array of datetime64 counts as UTC.
            column: the column to forecast. The other numeric columns are features.
            step: length of a step; by default the shortest distance of two times.
        Raises: DataError for a table that cannot be read, times that are not at equal steps, or a missing column.
        """
        frame = _frame(table)
        for name in (_TIME, column):
            if name not in frame.columns:
                raise DataError(f"table has no column {name!r:.60} (found {', '.join(frame.columns):.200})")
        if "region" in frame.columns:
            raise DataError("table has a column region, expected one series; select a region and drop the column")
        if not holds_numbers(frame[column]):
            raise DataError(f"{column} holds {frame[column].dtype}, expected numbers")
        position, first, step = _steps(frame[_TIME], step)
        length = int(position.max()) + 1
        names = [
            column,
            *(name for name in frame.columns if name not in (_TIME, column) and holds_numbers(frame[name])),
        ]
        values = {}
        for name in names:
            grid = np.full(length, np.nan)
            grid[position] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            if np.isinf(grid).any():
                raise DataError(f"{name} holds an infinite value, expected numbers; a missing value is null or NaN")
            values[name] = grid
        return cls(column=column, first_utc=first, step=step, values=values)

    def followed_by(self, later: "StepSeries") -> "StepSeries":
        """Return this series with the later values of another one. A value that both have must be the same in both.

        Raises: DataError if the other series has another step or other columns, or another value for a known time.
        """
        if later.step != self.step or set(later.values) != set(self.values):
            raise DataError(
                f"table has steps of {later.step} and the columns {', '.join(later.values):.100}, expected steps of "
                f"{self.step} and {', '.join(self.values):.100} as before"
            )
        offset = (later.first_utc - self.first_utc) / self.step
        begin = int(offset)
        if begin != offset or begin < 0:
            raise DataError(f"table begins at {later.first_utc}, expected a step at or after {self.first_utc}")
        length = max(len(self), begin + len(later))
        values = {}
        for name, known in self.values.items():
            grid = np.full(length, np.nan)
            grid[: len(self)] = known
            shared = slice(begin, min(len(self), begin + len(later)))
            new = later.values[name]
            if not np.array_equal(grid[shared], new[: max(shared.stop - begin, 0)], equal_nan=True):
                raise DataError(f"{name} differs from a value that was given before, expected later values alone")
            grid[begin : begin + len(later)] = new
            values[name] = grid
        return StepSeries(column=self.column, first_utc=self.first_utc, step=self.step, values=values)

    def hourly(self) -> list[Series]:
        """Return one hourly series for each step of an hour; the last hour ends with the last value.

        The other steps of the hour are covariates of each series, and so are the latest values of the other columns.
        """
        steps = self.steps_per_hour
        begin = len(self) % steps
        hours = self.values[self.column][begin:].reshape(-1, steps)
        start = (self.first_utc + begin * self.step).astype("datetime64[h]")
        time_utc: HourArray = start + np.arange(len(hours)) * _HOUR
        others = [name for name in self.values if name != self.column][: MOST_COVARIATES + 1 - steps]
        latest = {name: self.values[name][begin:].reshape(-1, steps)[None, :, -1] for name in others}
        series = []
        for number in range(steps):
            rest = {f"step {other}": hours[None, :, other] for other in range(steps) if other != number}
            observed = np.ascontiguousarray(hours[None, :, number])
            series.append(Series(observed=observed, time_utc=time_utc, name=self.column, covariates=rest | latest))
        return series


def _frame(table: Any) -> pl.DataFrame:
    """Return a table as a polars table."""
    if isinstance(table, pl.DataFrame):
        return table
    try:
        if isinstance(table, Mapping):
            columns = {str(name): np.asarray(values) for name, values in table.items()}
            is_time = {name: values.dtype.kind == "M" for name, values in columns.items()}
            # polars takes no times in hours or minutes.
            frame = pl.DataFrame({n: v.astype("datetime64[us]") if is_time[n] else v for n, v in columns.items()})
            return frame.with_columns(pl.col(_TIME).dt.replace_time_zone("UTC")) if is_time.get(_TIME) else frame
        return pl.from_pandas(table)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"table has the type {type(table).__name__} and cannot be read ({error!s:.120}), expected a polars or "
            "pandas table, or a mapping from names to arrays of one length"
        ) from None


def _steps(column: pl.Series, step: np.timedelta64 | None) -> tuple[IntArray, np.datetime64, np.timedelta64]:
    """Return the (row,) number of the step of each time, the first time, and the length of a step."""
    times, unreadable = clock.read_instants(column, table="table")
    if unreadable or not len(times):
        found = next(iter(unreadable.items()), None)
        raise DataError(
            f"{_TIME} is {'empty' if found is None else f'{found[1]} in row {found[0]}'}, expected UTC times"
        )
    ordered = np.unique(times)
    if len(ordered) < len(times):
        raise DataError(f"{_TIME} has a time twice, expected each time once")
    if step is None:
        step = np.diff(ordered).min() if len(ordered) > 1 else np.timedelta64(0, "us")
    if step < _SHORTEST_MIN * _MINUTE or _HOUR % step or step % _MINUTE:
        raise DataError(
            f"{_TIME} has steps of {step.astype('timedelta64[s]')}, expected {_SHORTEST_MIN} minutes to an hour, of "
            "which an hour holds a whole number"
        )
    position = (times - ordered[0]) / step
    if (position != np.rint(position)).any():
        raise DataError(f"{_TIME} has times between steps of {step.astype('timedelta64[m]')}, expected equal steps")
    if position.max() >= _MOST_VALUES:
        raise DataError(f"{_TIME} spans {ordered[0]} to {ordered[-1]}, expected at most {_MOST_VALUES:,} steps")
    if ordered[0].astype("datetime64[m]") != ordered[0]:
        raise DataError(f"{_TIME} begins at {ordered[0]}, expected full minutes")
    return position.astype(np.int64), ordered[0].astype("datetime64[m]"), step.astype("timedelta64[m]")
