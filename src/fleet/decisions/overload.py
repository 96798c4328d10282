"""Which running jobs the bound of their region still holds."""

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.placement import NOWHERE
from fleet.units import DUST_MW, FloatArray, IntArray


@compiled
def passed(
    rung: NDArray[np.int8], region: IntArray, left_h: IntArray, taken_mw: FloatArray, spare_mw: FloatArray
) -> NDArray[np.bool_]:
    """(job,) in some hour that is left of a job, what has a place is more than its rung holds.

    Args:
        rung, region, left_h: (job,) of running jobs, the rung for the hours that are left.
        taken_mw: (region, hour) power of all that has a place.
        spare_mw: (rung, region, hour) of Offer.
    """
    past = np.zeros(len(rung), dtype=np.bool_)
    for job in range(len(rung)):
        past[job] = _is_past(rung[job], region[job], left_h[job], taken_mw, spare_mw)
    return past


@compiled
def crowding(
    order: IntArray,
    rung: NDArray[np.int8],
    region: IntArray,
    left_h: IntArray,
    power_mw: FloatArray,
    taken_mw: FloatArray,
    spare_mw: FloatArray,
) -> IntArray:
    """(job,) the job whose bound each would pass if it stayed beside those that stay before it, its own first; NOWHERE
    for one that stays.

    Args:
        order: in which they may stay.
        rung, region, left_h, taken_mw, spare_mw: of `passed`; power_mw: (job,).
    """
    mw = taken_mw.copy()
    for job in range(len(rung)):
        mw[region[job], : left_h[job]] -= power_mw[job]
    cause = np.full(len(rung), NOWHERE)
    for place, job in enumerate(order):
        here = mw[region[job], : left_h[job]]
        here += power_mw[job]
        if _is_past(rung[job], region[job], left_h[job], mw, spare_mw):
            cause[job] = job
        else:
            for other in order[:place]:
                stays = cause[other] == NOWHERE and region[other] == region[job]
                if stays and _is_past(rung[other], region[other], left_h[other], mw, spare_mw):
                    cause[job] = other
                    break
        if cause[job] != NOWHERE:
            here -= power_mw[job]
    return cause


@compiled
def _is_past(rung: int, region: int, left_h: int, taken_mw: FloatArray, spare_mw: FloatArray) -> bool:
    hour = 0
    while hour < left_h and taken_mw[region, hour] <= spare_mw[rung, region, hour] + DUST_MW:
        hour += 1
    return hour < left_h
