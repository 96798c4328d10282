"""The grid of equal steps on which a planner works, and the rounding of times and durations to it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.errors import ConfigError, DataError

_UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(days=1)
_EXPECTED = 'expected a duration from "1s" to "1d", such as "15min", or a timedelta'
_ONE_HOUR = timedelta(hours=1)


def length_of(step: Any) -> timedelta:
    """Return the length of a step.

    Args:
        step: a timedelta, or a text such as "15min"; the units are s, min, h and d.
    Raises: ConfigError if the step is something else, shorter than a second or longer than a day.
    """
    length = step
    if isinstance(step, str):
        parts = re.fullmatch(r"(\d{1,6}) ?(s|min|h|d)", step)
        length = int(parts[1]) * _UNITS[parts[2]] if parts else None
    if not isinstance(length, timedelta) or not _SHORTEST <= length <= _LONGEST:
        raise ConfigError(f"step is {step!r:.60}, {_EXPECTED}")
    return length


def utc_moment(value: Any, name: str) -> datetime:
    """Return a time as a datetime of UTC.

    Args:
        name: of the value, for the message.
    Raises: DataError if the value is no datetime or has no time zone.
    """
    if not isinstance(value, datetime):
        raise DataError(f"{name} has the type {type(value).__name__}, expected a datetime with a time zone")
    if value.utcoffset() is None:
        raise DataError(f"{name} is {value.isoformat()} without a time zone, expected one, such as tzinfo=UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise DataError(f"{name} is {value.isoformat()}, expected a time between the years 1 and 9999") from None


@dataclass(frozen=True, kw_only=True)
class StepClock:
    """The steps of a planner. Step 0 begins at `first_utc`.

    length: of each step.
    """

    first_utc: datetime
    length: timedelta

    @property
    def hours(self) -> float:
        """Length of a step in hours."""
        return self.length / _ONE_HOUR

    def time_utc(self, step: int) -> datetime:
        """Return the time at which a step begins."""
        return self.first_utc + step * self.length

    def first_step_from(self, moment: datetime) -> int:
        """Return the first step that begins at or after a time: an earliest start is rounded up."""
        return -((self.first_utc - moment) // self.length)

    def last_step_until(self, moment: datetime) -> int:
        """Return the last step that begins at or before a time: a deadline is rounded down."""
        return (moment - self.first_utc) // self.length

    def steps_for(self, duration: timedelta) -> int:
        """Return the number of steps that a duration needs, rounded up."""
        return -(-duration // self.length)

    def check_next(self, now: datetime, step: int) -> None:
        """Refuse a time that is not the begin of a step. Raises: DataError."""
        expected = self.time_utc(step)
        if now != expected:
            found = "goes back" if now < expected else "skips time"
            raise DataError(
                f"now is {now.isoformat()}, which {found}, expected {expected.isoformat()}: call step once for each "
                f"{self.length}"
            )
