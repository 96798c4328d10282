"""Jobs against what is left of an offer, as compiled loops see them."""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.errors import DataError
from fleet.placement.offer import NOWHERE, Batch, Offer
from fleet.placement.windows import Windows
from fleet.units import DUST_MW, FloatArray, IntArray

# Sums of costs leave dust, and a millionth of a dollar is no reason to run later: costs are compared in millionths.
_RANKS_PER_USD = 1e6


class Jobs(NamedTuple):
    """Arrays are (job,), as in a batch, unless said otherwise.

    length: of its windows, a position in the table of windows.
    member, member_from: the regions of set i are member[member_from[i] : member_from[i + 1]], ascending.
    transfer_usd, change_usd: what it costs to run away from home, and elsewhere than where it has a place.
    """

    power_mw: FloatArray
    length: IntArray
    first: IntArray
    last: IntArray
    region_set: IntArray
    member: IntArray
    member_from: IntArray
    home: IntArray
    transfer_usd: FloatArray
    change_usd: FloatArray
    kept_region: IntArray
    kept_start: IntArray

    @property
    def rolling(self) -> bool:
        """Some have a place already: plans are made hour after hour, each goes on from the last and takes less."""
        return bool((self.kept_region != NOWHERE).any())

    @classmethod
    def of(cls, offer: Offer, batch: Batch, length: IntArray) -> "Jobs":
        """The jobs of a batch, and the length of each in the table of windows.

        Raises: DataError where the sets are of other regions than the offer: compiled loops check nothing.
        """
        regions = offer.rung.shape[1]
        if batch.sets.shape[1] != regions:
            raise DataError(f"jobs choose among {batch.sets.shape[1]} regions, expected the offer's {regions}")
        return cls(
            batch.power_mw,
            length,
            batch.first,
            # A start that is not on offer is none.
            np.minimum(batch.last, offer.starts - 1),
            batch.region_set,
            *members(batch.sets),
            batch.home,
            offer.transfer_usd_per_gb * batch.data_gb,
            offer.change_usd_per_mwh * batch.energy_mwh,
            batch.kept_region,
            batch.kept_start,
        )


class Capacity(NamedTuple):
    """What an offer still holds: reserved_mw and most_jobs change with every job that is placed.

    spare_mw: (rung, region, hour). reserved_mw: (region, hour). most_jobs: (region,).
    """

    spare_mw: FloatArray
    reserved_mw: FloatArray
    most_jobs: IntArray

    @classmethod
    def of(cls, offer: Offer) -> "Capacity":
        """All of it; the offer stays as it is."""
        return cls(offer.spare_mw, offer.reserved_mw.copy(), offer.most_jobs.copy())


def members(sets: np.ndarray) -> tuple[IntArray, IntArray]:
    """The regions of all sets, one set after another, and where each set begins."""
    return np.nonzero(sets)[1], np.concatenate([[0], np.cumsum(sets.sum(axis=1))])


@compiled
def rank(cost_usd: float) -> float:
    """To compare costs by."""
    return np.rint(cost_usd * _RANKS_PER_USD)  # type: ignore[no-any-return]


@compiled
def holds(spare_mw: FloatArray, reserved_mw: FloatArray, start: int, hours: int, power_mw: float) -> bool:
    """Every hour of the window has room for the power; arrays are (hour,), of one rung and region."""
    hour, end = start, start + hours
    while hour < end and reserved_mw[hour] + power_mw <= spare_mw[hour] + DUST_MW:
        hour += 1
    return hour == end


@compiled
def take(room: Capacity, region: int, start: int, hours: int, power_mw: float) -> None:
    """Reserve a window; a negative power gives it back."""
    reserved_mw = room.reserved_mw
    for hour in range(start, start + hours):
        reserved_mw[region, hour] += power_mw
    room.most_jobs[region] -= 1 if power_mw > 0 else -1


@compiled
def cheapest(jobs: Jobs, job: int, windows: Windows, room: Capacity, usd_below: float) -> tuple[float, int, int]:
    """The cheapest window that holds the job, below a cost: the first region, and there the earliest start, of those
    that cost the same. Its cost, region and start; NOWHERE where there is none.
    """
    length, of_set, home = jobs.length[job], jobs.region_set[job], jobs.home[job]
    power, first, last = jobs.power_mw[job], jobs.first[job], jobs.last[job]
    transfer, change = jobs.transfer_usd[job], jobs.change_usd[job]
    kept_region, kept_start = jobs.kept_region[job], jobs.kept_start[job]
    # Tuples are slow to look into: what the loop reads is taken out before.
    member, spare_mw, reserved_mw, most_jobs = jobs.member, room.spare_mw, room.reserved_mw, room.most_jobs
    usd_per_mw, rung, hours = windows.usd_per_mw, windows.rung, windows.length_h[length]
    best, best_rank, best_region, best_start = usd_below, rank(usd_below), NOWHERE, NOWHERE
    for at in range(jobs.member_from[of_set], jobs.member_from[of_set + 1]):
        region = member[at]
        if most_jobs[region] < 1:
            continue
        away = 0.0 if region == home else transfer
        for start in range(first, last + 1):
            cost = power * usd_per_mw[length, region, start] + away
            if kept_region != NOWHERE and (region != kept_region or start != kept_start):
                cost += change
            if cost >= best:
                continue
            ranked = rank(cost)
            if ranked < best_rank and holds(
                spare_mw[rung[length, region, start], region], reserved_mw[region], start, hours, power
            ):
                best, best_rank, best_region, best_start = cost, ranked, region, start
    return best, best_region, best_start
