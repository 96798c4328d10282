"""Hours of UTC: how they are read, and what is refused instead of guessed."""

import re
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.errors import DataError

HourArray = NDArray[np.datetime64]
Hour = np.datetime64

SEASONS = ("Dec-Feb", "Mar-May", "Jun-Aug", "Sep-Nov")
_ISO_UTC = r"(Z|[+-]00:?00)$"
EXPECTED = "expected hours of UTC such as 2024-01-01T00:00:00Z"


def utc_hours(column: pl.Series, *, table: str) -> HourArray:
    """The column as datetime64[h].

    Args:
        column: UTC datetimes, or ISO texts that end in Z or +00:00.
        table: what the column belongs to, for messages.
    Raises: DataError if the times are naive, local, null or not on the hour.
    """
    hours, unread = read_hours(column, table=table)
    if unread:
        row = min(unread)
        raise DataError(f"{table}: {column.name} is {unread[row]} in row {row}, {EXPECTED} in every row")
    return hours


def read_hours(column: pl.Series, *, table: str) -> tuple[HourArray, dict[int, str]]:
    """As `utc_hours`, of the rows that can be read.

    Returns: datetime64[h], NaT in rows that cannot be read; and for each of those what was found there.
    Raises: DataError if the column as a whole holds no times of UTC.
    """
    label = f"{table}: {column.name}"
    unread = dict.fromkeys(column.is_null().arg_true().to_list(), "null")
    if column.dtype == pl.String:
        column = _from_text(column, unread)
    elif column.dtype == pl.Null:
        column = column.cast(pl.Datetime("us", "UTC"))
    if not isinstance(column.dtype, pl.Datetime):
        raise DataError(f"{label} holds {column.dtype}, {EXPECTED}")
    if column.dtype.time_zone is None:
        raise DataError(f"{label} has no time zone (first is {column[0]}), {EXPECTED}; convert local clocks to UTC")
    if column.dtype.time_zone not in {"UTC", "Etc/UTC", "+00:00"}:
        raise DataError(f"{label} is in {column.dtype.time_zone} time, {EXPECTED}; convert it to UTC")
    instants = column.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_numpy()
    hours = instants.astype("datetime64[h]")
    off = (hours != instants) & ~np.isnat(instants)
    unread |= {row: f"{instants[row]} (between full hours)" for row in np.flatnonzero(off).tolist()}
    hours[off] = np.datetime64("NaT")
    return hours, unread


def _from_text(column: pl.Series, unread: dict[int, str]) -> pl.Series:
    """Datetimes of UTC, null where a text is none; what was found there is added to `unread`."""
    zoned = column.str.contains(_ISO_UTC)
    for row in (~zoned).arg_true().to_list():
        is_local = re.search(r"[+-]\d\d:?\d\d$", column[row])
        unread[row] = f"{column[row]!r} ({'a local time' if is_local else 'no time zone'})"
    bare = column.set(~zoned, None).str.replace(_ISO_UTC, "").str.replace(" ", "T", literal=True)
    parsed = bare.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    parsed = parsed.fill_null(bare.str.to_datetime("%Y-%m-%dT%H:%M", strict=False, time_unit="us"))
    for row in (zoned & parsed.is_null()).arg_true().to_list():
        unread[row] = repr(column[row])
    return parsed.dt.replace_time_zone("UTC")


def parse_hour(text: str) -> Hour:
    """An hour from a person's words: a bare date or time is UTC, an offset is honoured.

    Raises: DataError if the text is no ISO date or time, or not on the hour.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise DataError(f"found time {text!r}, expected an ISO date or time such as 2024-07-01T12:00Z") from None
    if moment.minute or moment.second or moment.microsecond:
        raise DataError(f"found time {text!r}, expected a full hour")
    return np.datetime64(moment, "h")


def iso(hour: Hour) -> str:
    """The hour as text, for tables and messages: 2024-07-01T12:00Z."""
    return f"{hour.astype('datetime64[m]')}Z"


def to_series(hours: HourArray, name: str) -> pl.Series:
    """The hours as a polars column of UTC datetimes."""
    return pl.Series(name, hours.astype("datetime64[ms]")).dt.replace_time_zone("UTC")


def hour_of_day(hours: HourArray) -> NDArray[np.int64]:
    """UTC hour, 0..23."""
    return hours.astype("datetime64[h]").astype(np.int64) % 24


def weekday(hours: HourArray) -> NDArray[np.int64]:
    """0 is Monday; 1970-01-01 was a Thursday."""
    return (hours.astype("datetime64[D]").astype(np.int64) + 3) % 7


def month_index(hours: HourArray) -> NDArray[np.int64]:
    """Months since 1970-01: constant within a calendar month of UTC."""
    return hours.astype("datetime64[M]").astype(np.int64)


def season(hours: HourArray) -> NDArray[np.int64]:
    """Which of SEASONS an hour lies in."""
    return (hours.astype("datetime64[M]").astype(np.int64) + 1) % 12 // 3


def year_fraction(hours: HourArray) -> NDArray[np.float64]:
    """Position within the calendar year, in [0, 1)."""
    start = hours.astype("datetime64[Y]")
    length = ((start + 1).astype("datetime64[h]") - start.astype("datetime64[h]")).astype(np.float64)
    fraction: NDArray[np.float64] = (hours - start.astype("datetime64[h]")).astype(np.float64) / length
    return fraction
