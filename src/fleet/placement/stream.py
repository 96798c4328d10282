"""Places single jobs within microseconds, one after another, in the capacity that is left of an offer."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.domain.job import MAX_DURATION_H, MOST_DATA_GB, MOST_POWER_MW
from fleet.errors import DataError
from fleet.placement.array_check import require_array, require_number, require_whole
from fleet.placement.capacity import Capacity, fits, is_open, reserve
from fleet.placement.case_check import check_offer
from fleet.placement.offer import NOWHERE, Offer
from fleet.placement.search import rank
from fleet.placement.windows import Windows
from fleet.units import FloatArray

# Zero power is no job.
_LEAST_MW = float(np.nextafter(0, 1))
_BOOL = np.dtype(np.bool_)
_MOST_INT = int(np.iinfo(np.int64).max)


class Stream:
    """Places jobs in one offer. Each job gets its cheapest window that is left, and keeps this window.

    To leave capacity for later jobs, add the prices of an expected batch to the costs of the offer.
    """

    def __init__(self, offer: Offer, longest_h: int) -> None:
        """Sort the windows of the offer.

        Args:
            longest_h: duration of the longest job that may be placed.
        Raises: DataError if `offer` is no Offer, or if `longest_h` is out of range or longer than the offer reaches.
        """
        check_offer(offer)
        require_whole("longest_h", longest_h, 1, MAX_DURATION_H, f"1 to {MAX_DURATION_H}")
        windows, _ = Windows.of(offer, np.arange(1, longest_h + 1))
        capacity = Capacity.of(offer)
        self._windows = [_sorted_windows(windows, length, capacity) for length in range(longest_h)]
        self._shape = offer.most_jobs.shape
        self._transfer_usd_per_gb = float(offer.transfer_usd_per_gb)

    def place(
        self,
        power_mw: float,
        duration_h: int,
        first: int,
        last: int,
        allowed: NDArray[np.bool_],
        home: int = NOWHERE,
        data_gb: float = 0.0,
    ) -> tuple[int, int] | None:
        """Reserve the cheapest window in which the job fits.

        Args:
            power_mw, duration_h: IT power and duration of the job.
            first, last: first and last allowed start.
            allowed: (region,) True where the job may run.
            home: the region that holds the data of the job. With NOWHERE, the transfer is paid in every region.
            data_gb: size of the data.
        Returns: region and start, or None if the job fits in no window.
        Raises: DataError if the job is longer than the longest job that the stream was made for, or if a value is one
            that no job may have.
        """
        # Most calls pass this comparison, which takes half a microsecond. Other calls are checked value by value.
        if not (
            type(power_mw) is type(data_gb) is float
            and type(duration_h) is type(first) is type(last) is type(home) is int
            and type(allowed) is np.ndarray
            and allowed.dtype is _BOOL
            and allowed.shape == self._shape
            and 0.0 < power_mw <= MOST_POWER_MW
            and 1 <= duration_h <= len(self._windows)
            and 0 <= first <= _MOST_INT
            and -_MOST_INT - 1 <= last <= _MOST_INT
            and NOWHERE <= home < self._shape[0]
            and 0.0 <= data_gb <= MOST_DATA_GB
        ):
            self._check(power_mw, duration_h, first, last, allowed, home, data_gb)
        transfer_usd = self._transfer_usd_per_gb * data_gb
        region, start = _place(self._windows[duration_h - 1], power_mw, first, last, allowed, home, transfer_usd)
        return None if region == NOWHERE else (region, start)

    def hold(self, region: int, start: int, hours: int, power_mw: float) -> None:
        """Reserve a window that was given elsewhere, whether the power fits or not.

        Args:
            start: may be negative if the window began before the first hour.
        """
        capacity = self._windows[0].capacity
        begin, end = max(start, 0), min(start + hours, capacity.reserved_mw.shape[1])
        if region != NOWHERE and end > begin:
            reserve(capacity, region, begin, end - begin, power_mw, 1.0)

    def _check(
        self,
        power_mw: float,
        duration_h: int,
        first: int,
        last: int,
        allowed: NDArray[np.bool_],
        home: int,
        data_gb: float,
    ) -> None:
        """Refuse the first argument of `place` that no job may have."""
        longest_h, regions = len(self._windows), self._shape[0]
        require_number("power_mw", power_mw, _LEAST_MW, MOST_POWER_MW, f"more than zero, at most {MOST_POWER_MW:,.0f}")
        require_whole("duration_h", duration_h, -_MOST_INT, _MOST_INT, f"1 to {longest_h}")
        if not 1 <= duration_h <= longest_h:
            raise DataError(f"duration is {duration_h} h, expected 1 to {longest_h} h")
        require_whole("first", first, 0, _MOST_INT, "zero or more hours")
        require_whole("last", last, -_MOST_INT - 1, _MOST_INT, "a whole number of hours")
        require_array("allowed", allowed, np.bool_, self._shape)
        require_whole("home", home, NOWHERE, regions - 1, f"{NOWHERE} to {regions - 1}, a region or none")
        require_number("data_gb", data_gb, 0.0, MOST_DATA_GB, f"zero or more, at most {MOST_DATA_GB:g}")


class _SortedWindows(NamedTuple):
    """All windows of one duration, the cheapest first.

    hours: the duration.
    usd_per_mw, region, start: (option,).
    least_refused_mw: (option,) the least power that did not fit. The capacity only shrinks, so a job of this power or
        more will not fit later either.
    level_index: (region, start).
    capacity: the capacity that is left; all durations share this object.
    """

    hours: int
    usd_per_mw: FloatArray
    region: NDArray[np.int16]
    start: NDArray[np.int16]
    least_refused_mw: FloatArray
    level_index: NDArray[np.int8]
    capacity: Capacity


def _sorted_windows(windows: Windows, length: int, capacity: Capacity) -> _SortedWindows:
    """Sort the windows of one duration."""
    cost = windows.usd_per_mw[length].ravel()
    # A stable sort: among windows of equal cost, the first region comes first, and in it the earliest start.
    option = np.argsort(cost, kind="stable")
    region, start = np.divmod(option, windows.usd_per_mw.shape[2])
    return _SortedWindows(
        hours=int(windows.length_h[length]),
        usd_per_mw=cost[option],
        region=region.astype(np.int16),
        start=start.astype(np.int16),
        least_refused_mw=np.full(len(cost), np.inf),
        level_index=windows.level_index[length],
        capacity=capacity,
    )


@compiled
def _place(
    windows: _SortedWindows,
    power_mw: float,
    first: int,
    last: int,
    allowed: NDArray[np.bool_],
    home: int,
    transfer_usd: float,
) -> tuple[int, int]:
    """Reserve the cheapest window in which the job fits; return its region and start, or NOWHERE twice."""
    usd_per_mw, region_of, start_of = windows.usd_per_mw, windows.region, windows.start
    least_refused_mw, level_index, capacity = windows.least_refused_mw, windows.level_index, windows.capacity
    spare_mw, reserved_mw, most_jobs = capacity.spare_mw, capacity.reserved_mw, capacity.most_jobs
    best_rank, best_usd, best_region, best_start = np.inf, np.inf, NOWHERE, NOWHERE
    for option in range(len(usd_per_mw)):
        home_usd = power_mw * usd_per_mw[option]
        # A transfer only adds cost, so no later window can be cheaper than the best.
        if home_usd > best_usd and rank(home_usd) > best_rank:
            break
        if power_mw >= least_refused_mw[option]:
            continue
        region, start = region_of[option], start_of[option]
        if start < first or start > last or not allowed[region] or not is_open(most_jobs[region], 1.0):
            continue
        cost = home_usd if region == home else home_usd + transfer_usd
        cost_rank = rank(cost)
        if cost_rank > best_rank or (cost_rank == best_rank and (region, start) > (best_region, best_start)):
            continue
        if fits(spare_mw[level_index[region, start], region], reserved_mw[region], start, windows.hours, power_mw):
            best_rank, best_usd, best_region, best_start = cost_rank, cost, region, start
        else:
            least_refused_mw[option] = power_mw
    if best_region != NOWHERE:
        reserve(capacity, best_region, best_start, windows.hours, power_mw, 1.0)
    return best_region, best_start
