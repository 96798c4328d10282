"""Chooses the origins of an evaluation: which origins are forecast, and which of these are scored."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.errors import DataError
from fleet.forecasting.base import Positions
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR

SplitName = Literal["walk-forward", "reference"]
SPLITS: tuple[SplitName, ...] = ("walk-forward", "reference")

WARM_UP_H = 60 * HOURS_PER_DAY
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class OriginSplit:
    """The origins of an evaluation. A position counts hours of the telemetry.

    origins: positions of the origins, in time order.
    scored: (origin,) True where an origin is scored. The earlier origins calibrate the bands.
    test_start_utc: the first hour of the test.
    fit: positions (first, end) on which the forecaster is fitted once; None if it is refitted every month.
    """

    origins: Positions
    scored: NDArray[np.bool_]
    test_start_utc: Hour
    fit: tuple[int, int] | None = None


def walk_forward_plan(
    time_utc: HourArray, *, first_known: int, horizon: int, step: int, test_start: Hour | None
) -> OriginSplit:
    """Return origins every `step` hours, for a forecaster that is refitted every month.

    The first scored origin is the start of the test. The first forecast is made after WARM_UP_H of history, or after a
    third of the history before the test if that is shorter.

    Args:
        time_utc: (hour,) hours of the telemetry.
        first_known: position of the first origin at which a full day of values is known.
        horizon: number of leads.
        step: hours between two origins.
        test_start: start of the test. By default, the test is the last 8,760 h, or the last third of the history if the
            history is shorter than two years. History begins with the first value of the target.
    Raises: DataError if no origin of the test has its whole horizon inside the data, or no full day of values is known
        before the test.
    """
    hours = len(time_utc)
    history = hours - (first_known - (HOURS_PER_DAY - 1))
    start = hours - (HOURS_PER_YEAR if history >= 2 * HOURS_PER_YEAR else history // 3)
    if test_start is not None:
        start = int((test_start - time_utc[0]) / _ONE_HOUR)
    span = f"the telemetry spans {clock.iso(time_utc[0])} to {clock.iso(time_utc[-1])}"
    if start >= hours - horizon or start < 0:
        start_text = clock.iso(time_utc[0] + start * _ONE_HOUR)
        raise DataError(f"no origin from {start_text} on has its {horizon} h inside the data: {span}")
    if start <= first_known:
        raise DataError(
            f"no full day of values is known before {clock.iso(time_utc[start])}: {span}; start the test later"
        )
    first = first_known + min(WARM_UP_H, (start - first_known) // 3)
    first += (start - first) % step
    origins = np.arange(first, hours - horizon, step)
    return OriginSplit(origins=origins, scored=origins >= start, test_start_utc=time_utc[start])


def reference_plan(time_utc: HourArray, *, first_known: int, horizon: int, step: int) -> OriginSplit:
    """Return the reference split of the last full calendar year.

    The forecaster is fitted on January to October. November calibrates the bands. December is scored.

    Args: as for `walk_forward_plan`.
    Raises: DataError if the telemetry has no full calendar year, or no full day of values before November.
    """
    # In UTC, the year of a local clock starts and ends some hours early or late. A tolerance of one day accepts it.
    year = (time_utc[-1] + HOURS_PER_DAY * _ONE_HOUR).astype("datetime64[Y]") - 1
    january, november, december, end = (
        int(((year.astype("datetime64[M]") + month).astype("datetime64[h]") - time_utc[0]) / _ONE_HOUR)
        for month in (0, 10, 11, 12)
    )
    if january < -HOURS_PER_DAY:
        raise DataError(
            f"the telemetry spans {clock.iso(time_utc[0])} to {clock.iso(time_utc[-1])}, "
            "expected a full calendar year of UTC for the reference split"
        )
    end = min(end, len(time_utc))
    if first_known >= november:
        raise DataError(f"no full day of values is known before November {year}, expected January to October")
    origins = np.concatenate([np.arange(november, december - horizon, step), np.arange(december, end - horizon, step)])
    return OriginSplit(
        origins=origins,
        scored=origins >= december,
        test_start_utc=time_utc[december],
        # A training row belongs to the hour of its last target. All targets of the first row are in January.
        fit=(max(january - 1 + horizon, 0), november),
    )
