"""Refuses a table with a hole of more than a year beside a few rows: these rows probably have a wrong time."""

from collections.abc import Callable

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.units import HOURS_PER_DAY, IntArray

# Longer than a year. A shorter hole costs little and may be real.
LONGEST_HOLE_H = 366 * HOURS_PER_DAY
# Two periods of real data may lie years apart, if each has at least this many hours and the hours are not too sparse.
_PERIOD_H = 7 * HOURS_PER_DAY
_MOST_EMPTY_PER_HOUR = 20


def refuse_hole(hours: HourArray, *, where: str, name_of: Callable[[int], str] = lambda row: f"row {row}") -> None:
    """Refuse hours with a hole of more than a year, before memory is taken for the hole.

    The hole passes if each side of it has at least a week of hours, and the whole span has at most 20 hours for each
    distinct hour in the table.

    Args:
        hours: hours of all rows, in any order.
        where: name of the table, for messages.
        name_of: names a row by its position in `hours`, for messages.
    Raises: DataError with the row beside the hole.
    """
    count = hours.astype(np.int64)
    first = int(count.min())
    span = int(count.max()) - first + 1
    if span <= LONGEST_HOLE_H:
        return
    present = _present(count, first, span)
    gaps = np.diff(present)
    longest = int(gaps.argmax())
    if gaps[longest] <= LONGEST_HOLE_H:
        return
    before, after = longest + 1, len(present) - longest - 1
    if min(before, after) >= _PERIOD_H and span <= _MOST_EMPTY_PER_HOUR * len(present):
        return
    lone = present[longest] if before <= after else present[longest + 1]
    row = int(np.flatnonzero(count == lone)[0])
    other = present[longest + 1] if before <= after else present[longest]
    raise DataError(
        f"{where}: {name_of(row)} is at {clock.iso(np.datetime64(int(lone), 'h'))}, and its neighbour in time is at "
        f"{clock.iso(np.datetime64(int(other), 'h'))}; expected no hole of more than a year; correct the time, or "
        "remove the row"
    )


def _present(count: IntArray, first: int, span: int) -> IntArray:
    """Return the distinct hours, ascending."""
    if span > 20 * len(count) + 1_000_000:
        return np.unique(count)
    is_present = np.zeros(span, dtype=np.bool_)
    is_present[count - first] = True
    return first + np.flatnonzero(is_present)
