"""Which origins are forecast and which of them are scored."""

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
    """Origins to forecast, in time order, and which are scored; the earlier ones calibrate.

    fit: None refits walking forward; otherwise the positions (first, end) that are fitted once.
    """

    origins: Positions
    scored: NDArray[np.bool_]
    test_start_utc: Hour
    fit: tuple[int, int] | None = None


def walk_forward_plan(
    time_utc: HourArray, *, first_known: int, horizon: int, step: int, test_start: Hour | None
) -> OriginSplit:
    """Origins every `step` hours, in phase with the test's start, refitted monthly.

    The test starts at `test_start`; without one, it is the last 8,760 h, or the last third of less than two years of
    history, which begins with the target's first value. The first forecasts wait for WARM_UP_H of history, or a third
    of what precedes the test if that is shorter.
    """
    hours = len(time_utc)
    history = hours - (first_known - (HOURS_PER_DAY - 1))
    start = hours - (HOURS_PER_YEAR if history >= 2 * HOURS_PER_YEAR else history // 3)
    if test_start is not None:
        start = int((test_start - time_utc[0]) / _ONE_HOUR)
    span = f"the telemetry spans {clock.iso(time_utc[0])} to {clock.iso(time_utc[-1])}"
    if start >= hours - horizon or start < 0:
        when = clock.iso(time_utc[0] + start * _ONE_HOUR)
        raise DataError(f"no origin from {when} on has its {horizon} h inside the data: {span}")
    if start <= first_known:
        raise DataError(f"no full day of values is known before {clock.iso(time_utc[start])}: {span}; test later")
    first = first_known + min(WARM_UP_H, (start - first_known) // 3)
    first += (start - first) % step
    origins = np.arange(first, hours - horizon, step)
    return OriginSplit(origins=origins, scored=origins >= start, test_start_utc=time_utc[start])


def reference_plan(time_utc: HourArray, *, first_known: int, horizon: int, step: int) -> OriginSplit:
    """The split of the last full calendar year: January to October fits, November calibrates, December is scored."""
    # A year kept by a local clock starts or ends some hours off in UTC; a day of slack lets it count as full.
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
        # The first row's origin is the hour before the year: all its targets lie in January.
        fit=(max(january - 1 + horizon, 0), november),
    )
