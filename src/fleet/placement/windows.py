"""Tables of all windows: the cost of one megawatt in each, and the level of conservatism that each requires.

A window is the hours in which a job would run: in one region, from one start, for the duration of the job.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.errors import DataError
from fleet.placement.offer import Offer
from fleet.units import FloatArray, IntArray


class Windows(NamedTuple):
    """Windows of the durations that occur in a batch. The axis `length` has one position per duration.

    length_h: (length,) hours, ascending.
    usd_per_mw: (length, region, start) cost of energy and waiting for one megawatt; inf where an hour's cost is
        unknown.
    level_index: (length, region, start) index of the level that the window requires.
    """

    length_h: IntArray
    usd_per_mw: FloatArray
    level_index: NDArray[np.int8]

    @classmethod
    def of(cls, offer: Offer, duration_h: IntArray) -> tuple["Windows", IntArray]:
        """Return the windows of jobs.

        Args:
            duration_h: (job,) durations.
        Returns: the windows, and (job,) the index of each job's duration in `length_h`.
        Raises: DataError if a job lasts longer than the offer reaches; compiled loops do not check their indices.
        """
        if len(duration_h) and not (duration_h.min() >= 1 and duration_h.max() <= offer.longest_h):
            durations = f"{duration_h.min()} to {duration_h.max()} h"
            raise DataError(
                f"jobs last {durations}, expected 1 to {offer.longest_h} h, the hours that the offer covers"
            )
        occurs = np.bincount(duration_h) > 0
        length_h = np.flatnonzero(occurs)
        shape = (len(length_h), *offer.level_index.shape[1:])
        windows = cls(length_h, np.empty(shape), np.empty(shape, dtype=np.int8))
        _write_costs(windows, offer.cost_so_far, offer.unknown_so_far, offer.waiting_usd_per_mwh_per_h)
        _write_levels(windows, offer.level_index, offer.bucket)
        return windows, (np.cumsum(occurs) - 1)[duration_h]


@compiled
def _write_costs(
    windows: Windows, cost_so_far: FloatArray, unknown_so_far: FloatArray, waiting_usd_per_mwh_per_h: float
) -> None:
    """Write `usd_per_mw` of the windows, from (region, hour + 1) sums over the hours before each hour."""
    usd_per_mw = windows.usd_per_mw
    _, regions, starts = usd_per_mw.shape
    for length, hours in enumerate(windows.length_h):
        for region in range(regions):
            for start in range(starts):
                end = start + hours
                if unknown_so_far[region, end] > unknown_so_far[region, start]:
                    usd_per_mw[length, region, start] = np.inf
                else:
                    energy_usd = cost_so_far[region, end] - cost_so_far[region, start]
                    usd_per_mw[length, region, start] = energy_usd + waiting_usd_per_mwh_per_h * hours * start


@compiled
def _write_levels(windows: Windows, level_index: NDArray[np.int8], bucket: NDArray[np.int8]) -> None:
    """Write `level_index` of the windows, from the (bucket, region, start) levels and (duration, start) buckets."""
    level_of_window = windows.level_index
    _, regions, starts = level_of_window.shape
    for length, hours in enumerate(windows.length_h):
        for region in range(regions):
            for start in range(starts):
                level_of_window[length, region, start] = level_index[bucket[hours, start], region, start]
