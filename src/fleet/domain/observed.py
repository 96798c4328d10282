"""Telemetry against the clock: the newest observation, the hours up to now, and values of later hours."""

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.quantities import is_known_ahead
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.units import HOURS_PER_DAY

# Markets publish prices a day ahead, and some a week ahead. A later stamp comes from a wrong clock.
MOST_AHEAD_H = 8 * HOURS_PER_DAY
_ONE_HOUR = np.timedelta64(1, "h")


def last_full_hour(now_utc: str) -> Hour:
    """Return the last hour that has ended.

    Args:
        now_utc: the time of the clock, such as 2024-07-01T12:34:56Z.
    """
    now: Hour = np.datetime64(now_utc.rstrip("Z"))
    last: Hour = now.astype("datetime64[h]") - _ONE_HOUR
    return last


def newest_observation(telemetry: Telemetry) -> Hour | None:
    """Return the last hour in which any region has an observed value; None if there is none.

    Columns that are known ahead do not count: a price of tomorrow is no observation of tomorrow.
    """
    has_value = np.zeros(len(telemetry.time_utc), dtype=np.bool_)
    for name, grid in telemetry.values.items():
        if not is_known_ahead(name):
            has_value |= np.isfinite(grid).any(axis=0)
    last = np.flatnonzero(has_value)
    return telemetry.time_utc[last[-1]] if last.size else None


def up_to(telemetry: Telemetry, hour: Hour) -> Telemetry:
    """Return the telemetry up to an hour. If the telemetry ends earlier, the hours in between have missing values.

    Raises: DataError if the hour is before the telemetry.
    """
    missing = int((hour - telemetry.time_utc[-1]) / _ONE_HOUR)
    if missing <= 0:
        return telemetry.hours(0, telemetry.position(hour) + 1)
    gap = np.full((len(telemetry.regions), missing), np.nan)
    return Telemetry(
        regions=telemetry.regions,
        time_utc=np.append(telemetry.time_utc, telemetry.time_utc[-1] + np.arange(1, missing + 1) * _ONE_HOUR),
        values={name: np.concatenate([grid, gap], axis=1) for name, grid in telemetry.values.items()},
        # The added hours are a gap of each region, so they count as covered.
        spans=tuple((first, len(telemetry.time_utc) + missing) for first, _ in telemetry.spans),
    )


def refuse_ahead(telemetry: Telemetry, now_utc: str) -> None:
    """Refuse observed values of hours that have not begun, and prices more than MOST_AHEAD_H ahead.

    Args:
        now_utc: the time of the clock.
    Raises: DataError with the first such value.
    """
    begun = last_full_hour(now_utc) + _ONE_HOUR
    for name, grid in telemetry.values.items():
        known_until = begun + MOST_AHEAD_H * _ONE_HOUR if is_known_ahead(name) else begun
        is_ahead = np.isfinite(grid) & (telemetry.time_utc > known_until)
        if not is_ahead.any():
            continue
        row, hour = np.argwhere(is_ahead)[0]
        ahead = "" if known_until == begun else f" by more than {MOST_AHEAD_H // HOURS_PER_DAY} days"
        raise DataError(
            f"{name} of region {telemetry.regions[row]} at {clock.iso(telemetry.time_utc[hour])} is ahead of the clock"
            f"{ahead} (now {now_utc}); observed values are of hours that have begun: correct the times or the clock, "
            "and ingest forecasts with `fleet ingest outlooks`"
        )
