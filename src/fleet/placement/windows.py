"""What a megawatt costs in every window, and the rung that holds it: tables that every placement walks through."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.errors import DataError
from fleet.placement.offer import Offer
from fleet.units import FloatArray, IntArray


class Windows(NamedTuple):
    """Windows of the lengths that are asked for; the axis `length` is one of them.

    length_h: (length,) hours, ascending.
    usd_per_mw: (length, region, start) energy and waiting of a megawatt; inf where an hour's cost is not known.
    rung: (length, region, start) at which the window is held.
    """

    length_h: IntArray
    usd_per_mw: FloatArray
    rung: NDArray[np.int8]

    @classmethod
    def of(cls, offer: Offer, duration_h: IntArray) -> tuple["Windows", IntArray]:
        """The windows of these jobs, and (job,) the length of each.

        Raises: DataError where the offer does not reach as far as a job lasts: compiled loops check nothing.
        """
        longest = min(len(offer.bucket), offer.spare_mw.shape[2] - offer.starts + 2) - 1
        if len(duration_h) and not (duration_h.min() >= 1 and duration_h.max() <= longest):
            found = f"{duration_h.min()} to {duration_h.max()} h"
            raise DataError(f"jobs last {found}, expected 1 to {longest} h, as far as the offer reaches")
        asked = np.bincount(duration_h) > 0
        length_h = np.flatnonzero(asked)
        shape = (len(length_h), *offer.rung.shape[1:])
        usd_per_mw, rung = np.empty(shape), np.empty(shape, dtype=np.int8)
        _tabulate(
            length_h,
            offer.cost_so_far,
            offer.unknown_so_far,
            offer.waiting_usd_per_mwh_per_h,
            offer.rung,
            offer.bucket,
            usd_per_mw,
            rung,
        )
        return cls(length_h, usd_per_mw, rung), (np.cumsum(asked) - 1)[duration_h]


@compiled
def _tabulate(
    length_h: IntArray,
    cost_so_far: FloatArray,
    unknown_so_far: FloatArray,
    waiting_usd_per_mwh_per_h: float,
    rung: NDArray[np.int8],
    bucket: NDArray[np.int8],
    usd_per_mw: FloatArray,
    rung_of_window: NDArray[np.int8],
) -> None:
    _, regions, starts = usd_per_mw.shape
    for i, hours in enumerate(length_h):
        for r in range(regions):
            for s in range(starts):
                rung_of_window[i, r, s] = rung[bucket[hours, s], r, s]
                if unknown_so_far[r, s + hours] > unknown_so_far[r, s]:
                    usd_per_mw[i, r, s] = np.inf
                else:
                    energy = cost_so_far[r, s + hours] - cost_so_far[r, s]
                    usd_per_mw[i, r, s] = energy + waiting_usd_per_mwh_per_h * hours * s
