"""One job after another, answered in microseconds against what an hour's offer still holds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.errors import DataError
from fleet.placement.capacity import Capacity, holds, rank, take
from fleet.placement.offer import NOWHERE, Offer
from fleet.placement.windows import Windows
from fleet.units import FloatArray


class Stream:
    """Made once for an offer. Each job takes the place that a batch of it alone would get, and holds it from then on.

    For jobs that come later to find room as well, add the prices of a batch to the costs of the offer.
    """

    def __init__(self, offer: Offer, longest_h: int) -> None:
        """longest_h: of the jobs that may ask."""
        windows, _ = Windows.of(offer, np.arange(1, longest_h + 1))
        flat = windows.usd_per_mw.reshape(longest_h, -1)
        # Of windows that cost the same the first region, and there the first start.
        option = np.argsort(flat, axis=1, kind="stable")
        region, start = (part.astype(np.int16) for part in np.divmod(option, offer.starts))
        usd_per_mw = np.take_along_axis(flat, option, axis=1)
        self._sorted = _Sorted(usd_per_mw, region, start, np.full(usd_per_mw.shape, np.inf), windows.rung)
        self._room = Capacity.of(offer)
        self._longest_h = longest_h
        self._transfer_usd_per_gb = offer.transfer_usd_per_gb

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
        """Region and start of the cheapest window that holds the job, which is reserved; None where there is none.

        Raises: DataError for a duration that the stream was not made for.
        first, last: the starts within which it may begin. allowed: (region,). home: where its data lie.
        """
        if not 1 <= duration_h <= self._longest_h:
            raise DataError(f"duration is {duration_h} h, expected 1 to {self._longest_h} h")
        transfer_usd = self._transfer_usd_per_gb * data_gb
        region, start = _place(self._sorted, self._room, power_mw, duration_h, first, last, allowed, home, transfer_usd)
        return None if region == NOWHERE else (region, start)


class _Sorted(NamedTuple):
    """Row i is of i + 1 hours.

    usd_per_mw, region, start: (length, option) of all windows, the cheapest first.
    least_refused_mw: (length, option) the least power that was refused; room only shrinks, so that it always will be.
    rung: (length, region, start).
    """

    usd_per_mw: FloatArray
    region: NDArray[np.int16]
    start: NDArray[np.int16]
    least_refused_mw: FloatArray
    rung: NDArray[np.int8]


@compiled
def _place(
    windows: _Sorted,
    room: Capacity,
    power_mw: float,
    duration_h: int,
    first: int,
    last: int,
    allowed: NDArray[np.bool_],
    home: int,
    transfer_usd: float,
) -> tuple[int, int]:
    """Region and start; a transfer only adds to what a window costs, so the walk ends where that alone is dearer."""
    i = duration_h - 1
    usd_per_mw, at_region, at_start = windows.usd_per_mw[i], windows.region[i], windows.start[i]
    least_refused_mw = windows.least_refused_mw[i]
    spare_mw, reserved_mw, most_jobs, rung = room.spare_mw, room.reserved_mw, room.most_jobs, windows.rung[i]
    best_rank, best_usd, best_region, best_start = np.inf, np.inf, NOWHERE, NOWHERE
    for n in range(len(usd_per_mw)):
        usd = power_mw * usd_per_mw[n]
        if usd > best_usd and rank(usd) > best_rank:
            break
        if power_mw >= least_refused_mw[n]:
            continue
        region, start = at_region[n], at_start[n]
        if start < first or start > last or not allowed[region] or most_jobs[region] < 1:
            continue
        cost = usd if region == home else usd + transfer_usd
        ranked = rank(cost)
        if ranked > best_rank or (ranked == best_rank and (region, start) > (best_region, best_start)):
            continue
        if holds(spare_mw[rung[region, start], region], reserved_mw[region], start, duration_h, power_mw):
            best_rank, best_usd, best_region, best_start = ranked, cost, region, start
        else:
            least_refused_mw[n] = power_mw
    if best_region != NOWHERE:
        take(room, best_region, best_start, duration_h, power_mw)
    return best_region, best_start
