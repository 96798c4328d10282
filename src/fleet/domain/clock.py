"""Hours of UTC: reading, writing and calendar parts. In a table, a time without a clear time zone is refused."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.errors import DataError

HourArray = NDArray[np.datetime64]
Hour = np.datetime64

SEASONS = ("Dec-Feb", "Mar-May", "Jun-Aug", "Sep-Nov")
EXPECTED_HOURS = "expected hours of UTC such as 2024-01-01T00:00:00Z"
_UTC_SUFFIX = r"(Z|[+-]00:?00)$"
_BEGINNING = r"[\d:.T -]*"
_UTC_NAMES = {"UTC", "Etc/UTC", "+00:00"}
_ONE_HOUR = timedelta(hours=1)


def utc_hours(column: pl.Series, *, table: str) -> HourArray:
    """Return the column as an array of datetime64[h].

    Args:
        column: UTC datetimes, or ISO texts that end in Z or +00:00.
        table: name of the table, for messages.
    Raises: DataError if a time is null, has no time zone, is in local time or is not on the hour.
    """
    hours, unreadable = read_hours(column, table=table)
    if unreadable:
        row = min(unreadable)
        cut = "; the table seems cut off" if _is_cut(column, row) else ""
        raise DataError(f"{table}: {column.name} is {unreadable[row]} in row {row}, {EXPECTED_HOURS} in every row{cut}")
    return hours


def _is_cut(column: pl.Series, row: int) -> bool:
    """Tell whether a text is the last one and the beginning of a time, shorter than the time before it."""
    if column.dtype != pl.String or row == 0 or row < len(column) - 1 or column[row] is None:
        return False
    return len(column[row]) < len(column[row - 1]) and re.fullmatch(_BEGINNING, column[row]) is not None


def read_hours(column: pl.Series, *, table: str) -> tuple[HourArray, dict[int, str]]:
    """Return the hours of the rows that can be read, and the content of the other rows.

    Args: as for `utc_hours`.

    Returns:
        hours: (row,) datetime64[h], NaT in rows that cannot be read.
        unreadable: row -> text that describes the content of a row that cannot be read.
    Raises: DataError if the column has another type, no time zone or another time zone.
    """
    instants, unreadable = read_instants(column, table=table)
    hours = instants.astype("datetime64[h]")
    is_between_hours = (hours != instants) & ~np.isnat(instants)
    unreadable |= {row: f"{instants[row]} (between full hours)" for row in np.flatnonzero(is_between_hours).tolist()}
    hours[is_between_hours] = np.datetime64("NaT")
    return hours, unreadable


def read_instants(column: pl.Series, *, table: str) -> tuple[HourArray, dict[int, str]]:
    """Do the same as `read_hours`, but return times as datetime64[us] that may lie between full hours."""
    label = f"{table}: {column.name}"
    unreadable = dict.fromkeys(column.is_null().arg_true().to_list(), "null")
    if column.dtype == pl.String:
        column = _utc_datetimes(column, unreadable)
    elif column.dtype == pl.Null:
        column = column.cast(pl.Datetime("us", "UTC"))
    if not isinstance(column.dtype, pl.Datetime):
        raise DataError(f"{label} holds {column.dtype}, {EXPECTED_HOURS}")
    if column.dtype.time_zone is None:
        raise DataError(
            f"{label} has no time zone (first is {column[0]}), {EXPECTED_HOURS}; convert local clocks to UTC"
        )
    if column.dtype.time_zone not in _UTC_NAMES:
        raise DataError(f"{label} is in {column.dtype.time_zone} time, {EXPECTED_HOURS}; convert it to UTC")
    # A copy, because the column may not be written to.
    return column.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_numpy().copy(), unreadable


def _utc_datetimes(texts: pl.Series, unreadable: dict[int, str]) -> pl.Series:
    """Return the texts as UTC datetimes, null where a text is no UTC time, and add these rows to `unreadable`."""
    is_utc = texts.str.contains(_UTC_SUFFIX)
    for row in (~is_utc).arg_true().to_list():
        unreadable[row] = f"{texts[row]!r} ({_fault_of(texts[row])})"
    without_zone = texts.set(~is_utc, None).str.replace(_UTC_SUFFIX, "").str.replace(" ", "T", literal=True)
    datetimes = without_zone.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    datetimes = datetimes.fill_null(without_zone.str.to_datetime("%Y-%m-%dT%H:%M", strict=False, time_unit="us"))
    for row in (is_utc & datetimes.is_null()).arg_true().to_list():
        unreadable[row] = repr(texts[row])
    return datetimes.dt.replace_time_zone("UTC")


def _fault_of(text: str) -> str:
    """Return what is wrong with a text that does not end in the sign of UTC."""
    try:
        has_zone = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return "no ISO time"
    return "a local time" if has_zone else "no time zone"


# Cached, because many jobs and many rows have the same few hours.
@lru_cache(maxsize=65_536)
def parse_hour(text: str) -> Hour:
    """Return the hour that a person typed. A time without a zone is UTC; an offset is converted to UTC.

    Raises: DataError if the text is not an ISO date or time, or not on the hour.
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


def hours_between(first: Hour, second: Hour) -> int:
    """Return the whole hours from the first to the second hour; negative if the second is earlier."""
    begin, end = first.item(), second.item()
    # Python's times are several times faster than NumPy's. A time that they cannot hold is no datetime.
    if isinstance(begin, datetime) and isinstance(end, datetime):
        return (end - begin) // _ONE_HOUR
    return int((second - first) / np.timedelta64(1, "h"))


def iso(hour: Hour) -> str:
    """Return the hour as text for tables and messages, such as 2024-07-01T12:00Z."""
    time_utc = hour.item()
    return _iso(time_utc) if isinstance(time_utc, datetime) else f"{hour.astype('datetime64[m]')}Z"


# Cached, because the decisions of an hour name few hours, each of them many times.
@lru_cache(maxsize=65_536)
def _iso(time_utc: datetime) -> str:
    return f"{time_utc.isoformat(timespec='minutes')}Z"


def moment(hour: Hour) -> datetime:
    """Return the hour as a datetime in UTC."""
    return datetime.fromtimestamp(int(hour.astype("datetime64[s]").astype(np.int64)), tz=UTC)


def hour_of(time_utc: datetime) -> Hour:
    """Return the hour in which a time of UTC lies."""
    return np.datetime64(time_utc.replace(tzinfo=None), "h")


def to_series(hours: HourArray, name: str) -> pl.Series:
    """Return the hours as a polars column of UTC datetimes."""
    return pl.Series(name, hours.astype("datetime64[ms]")).dt.replace_time_zone("UTC")


def hour_of_day(hours: HourArray) -> NDArray[np.int64]:
    """Return the hour of the UTC day, 0 to 23."""
    return hours.astype("datetime64[h]").astype(np.int64) % 24


def weekday(hours: HourArray) -> NDArray[np.int64]:
    """Return the day of the week; 0 is Monday."""
    # 1970-01-01 was a Thursday.
    return (hours.astype("datetime64[D]").astype(np.int64) + 3) % 7


def month_index(hours: HourArray) -> NDArray[np.int64]:
    """Return the number of calendar months of UTC since 1970-01."""
    return hours.astype("datetime64[M]").astype(np.int64)


def season(hours: HourArray) -> NDArray[np.int64]:
    """Return the position of each hour's season in SEASONS."""
    return (hours.astype("datetime64[M]").astype(np.int64) + 1) % 12 // 3


def year_fraction(hours: HourArray) -> NDArray[np.float64]:
    """Return the elapsed share of the calendar year, in [0, 1)."""
    start = hours.astype("datetime64[Y]")
    length = ((start + 1).astype("datetime64[h]") - start.astype("datetime64[h]")).astype(np.float64)
    fraction: NDArray[np.float64] = (hours - start.astype("datetime64[h]")).astype(np.float64) / length
    return fraction
