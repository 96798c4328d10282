"""The capacity that is left of an offer, and the rule for whether a job fits."""

from typing import NamedTuple

import numpy as np

from fleet import units
from fleet.compiled import compiled
from fleet.placement.offer import Offer
from fleet.units import FloatArray

# The one rule for "fits", as machine code for compiled loops.
exceeds = compiled(units.exceeds)
# The shares of the jobs of one array add up to one within this error.
_SHARE_ERROR = 1e-6


class Capacity(NamedTuple):
    """Capacity that is left. Each job that is placed changes reserved_mw and most_jobs.

    spare_mw: (level, region, hour) power that may be added before the reserved power is subtracted.
    reserved_mw: (region, hour) power of the jobs that have a region and start.
    most_jobs: (region,) how many more jobs may be placed; each job counts as its share.
    """

    spare_mw: FloatArray
    reserved_mw: FloatArray
    most_jobs: FloatArray

    @classmethod
    def of(cls, offer: Offer) -> "Capacity":
        """Return the whole capacity of an offer. Reserving capacity does not change the offer."""
        return cls(offer.spare_mw, offer.reserved_mw.copy(), offer.most_jobs.astype(np.float64))


@compiled
def fits(spare_mw: FloatArray, reserved_mw: FloatArray, start: int, hours: int, power_mw: float) -> bool:
    """Return True if the power may be added in every hour of the window.

    Args:
        spare_mw, reserved_mw: (hour,) values of one region, at the level that the window requires.
        start, hours, power_mw: first hour, duration and power of the job.
    """
    hour, end = start, start + hours
    while hour < end and not exceeds(reserved_mw[hour] + power_mw, spare_mw[hour]):
        hour += 1
    return hour == end


@compiled
def is_open(most_jobs: float, share: float) -> bool:
    """Return True if a region that may take `most_jobs` more jobs may take one that counts as `share`."""
    return most_jobs >= share - _SHARE_ERROR


@compiled
def reserve(capacity: Capacity, region: int, start: int, hours: int, power_mw: float, share: float) -> None:
    """Reserve a window for a job that counts as `share`; a negative power releases the window."""
    reserved_mw = capacity.reserved_mw
    for hour in range(start, start + hours):
        reserved_mw[region, hour] += power_mw
    capacity.most_jobs[region] -= share if power_mw > 0 else -share
