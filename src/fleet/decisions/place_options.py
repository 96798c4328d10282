"""The places that a job could have, at the bound."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.domain.costs import transfer_usd, waiting_usd
from fleet.domain.job import Job
from fleet.domain.region import Costs
from fleet.units import ROUNDING_MW, FloatArray, IntArray

# Larger than any cost and any power.
MAX_USD = float(np.finfo(np.float64).max)
# A rounding error must not choose among starts with the same cost or headroom.
_PER_USD, _PER_MW = 1e6, 1e9

_Arrays = tuple[FloatArray, FloatArray, NDArray[np.bool_]]
# Region, and hours from the first hour ahead to the start.
Choice = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class AllowedPlaces:
    """Where jobs with equal regions and times may run.

    allowed: (region, start).
    regions: positions of the regions with an allowed start.
    """

    allowed: NDArray[np.bool_]
    regions: tuple[int, ...]

    @classmethod
    def of(cls, allowed: NDArray[np.bool_]) -> Self:
        """Make it from the (region, start) flags."""
        return cls(allowed=allowed, regions=tuple(np.flatnonzero(allowed.any(axis=1)).tolist()))


class DurationWindows(NamedTuple):
    """The windows of one duration. Arrays are (region, start).

    room_mw: headroom before the job is added.
    usd_per_mw: cost of one megawatt.
    is_unknown: True where the cost is not known.
    """

    room_mw: FloatArray
    usd_per_mw: FloatArray
    is_unknown: NDArray[np.bool_]


class MoveRates(NamedTuple):
    """The cost of moving one gigabyte, and of one hour of waiting for one megawatt-hour."""

    usd_per_gb: float
    usd_per_mwh_per_h: float

    @classmethod
    def of(cls, costs: Costs) -> "MoveRates":
        """Return the rates of a fleet."""
        return cls(float(transfer_usd(costs, 1.0, True)), float(waiting_usd(costs, 1.0, 1.0)))


class MoveCosts(NamedTuple):
    """What a job costs beside its energy.

    home: position of its home region.
    away_usd: cost of running elsewhere.
    usd_per_h: cost of one hour of waiting.
    waits_h: hours from the first hour ahead to its earliest start; negative if that start has passed.
    """

    home: int
    away_usd: float
    usd_per_h: float
    waits_h: int

    @classmethod
    def of(cls, rates: "MoveRates", job: Job, *, home: int, waits_h: int) -> "MoveCosts":
        """Compute the costs of a job."""
        return cls(home, rates.usd_per_gb * job.data_gb, rates.usd_per_mwh_per_h * job.energy_mwh, waits_h)

    def usd(self, choice: Choice) -> float:
        """Return the cost of one place."""
        away_usd = 0.0 if choice[0] == self.home else self.away_usd
        return away_usd + self.usd_per_h * max(choice[1] - self.waits_h, 0)


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """The places that a job could have, at the bound.

    places: where the job may run.
    best: (region,) best start: the cheapest safe one, or without a safe one the one that lacks the least headroom.
    room_mw: (region,) headroom that remains if the job runs there. If it is negative, the job exceeds a limit.
    cost_usd: (region,) cost of the whole run there; NaN where it is not known.
    is_unsafe: (region,) True where no start is safe.
    least_unsafe: the allowed place that lacks the least headroom.
    is_unpriced: some allowed places have headroom, but none of these has a known cost.
    """

    places: AllowedPlaces
    best: list[int]
    room_mw: list[float]
    cost_usd: list[float]
    is_unsafe: list[bool]
    least_unsafe: Choice
    is_unpriced: bool

    @classmethod
    def of(cls, places: AllowedPlaces, windows: DurationWindows, power_mw: float, moves: MoveCosts) -> Self:
        """Look at all places of a job.

        Args:
            windows: of the job's duration, for the allowed starts and maybe more.
        """
        best, room_mw, cost_usd, is_unsafe, region, start, is_unpriced = _scan(places.allowed, windows, power_mw, moves)
        return cls(
            places=places,
            best=best.tolist(),
            room_mw=room_mw.tolist(),
            cost_usd=cost_usd.tolist(),
            is_unsafe=is_unsafe.tolist(),
            least_unsafe=(region, start),
            is_unpriced=is_unpriced,
        )

    def best_elsewhere(self, choice: Choice | None) -> list[Choice]:
        """Return the best start in each region except the chosen one.

        Safe regions come first, in order of cost; an unknown cost comes after all known costs. The others follow, in
        order of the headroom that they lack.
        """
        return [
            (row, self.best[row])
            for row in sorted(self.places.regions, key=self._rank)
            if choice is None or row != choice[0]
        ]

    def _rank(self, row: int) -> tuple[bool, float]:
        if self.is_unsafe[row]:
            return True, -self.room_mw[row]
        cost_usd = self.cost_usd[row]
        return False, MAX_USD if cost_usd != cost_usd else cost_usd


@compiled
def _scan(
    allowed: NDArray[np.bool_], windows: _Arrays, power_mw: float, moves: tuple[int, float, float, int]
) -> tuple[IntArray, FloatArray, FloatArray, NDArray[np.bool_], int, int, bool]:
    """Return the fields of `PlaceOptions` from `best` on. Of equal places, the first one counts.

    Args:
        windows, moves: the fields of `DurationWindows` and `MoveCosts`.
    """
    room_before_mw, usd_per_mw, is_unknown = windows
    home, usd_away, usd_per_h, waits_h = moves
    regions, starts = allowed.shape
    best, is_unsafe = np.zeros(regions, dtype=np.int64), np.ones(regions, dtype=np.bool_)
    room_mw, cost_usd = np.empty(regions), np.empty(regions)
    least_region, least_start, least_room = 0, 0, -np.inf
    has_room, has_cost = False, False
    for region in range(regions):
        away_usd = 0.0 if region == home else usd_away
        best_usd, best_room = np.inf, -np.inf
        for start in range(starts):
            if not allowed[region, start]:
                continue
            room = np.rint((room_before_mw[region, start] - power_mw + ROUNDING_MW) * _PER_MW) / _PER_MW
            # Without a bound, the room is -inf in allowed places too. A finite value ranks these above other places.
            if max(room, -MAX_USD) > least_room:
                least_region, least_start, least_room = region, start, max(room, -MAX_USD)
            if room >= 0:
                usd = MAX_USD
                has_room = True
                if not is_unknown[region, start]:
                    extra_usd = away_usd + usd_per_h * max(start - waits_h, 0)
                    usd = np.rint((power_mw * usd_per_mw[region, start] + extra_usd) * _PER_USD) / _PER_USD
                    has_cost = True
                if usd < best_usd:
                    best_usd, best[region], is_unsafe[region] = usd, start, False
            elif is_unsafe[region] and room > best_room:
                best_room, best[region] = room, start
        start = best[region]
        room_mw[region] = np.rint((room_before_mw[region, start] - power_mw + ROUNDING_MW) * _PER_MW) / _PER_MW
        cost_usd[region] = np.nan
        if not is_unknown[region, start]:
            extra_usd = away_usd + usd_per_h * max(start - waits_h, 0)
            cost_usd[region] = np.rint((power_mw * usd_per_mw[region, start] + extra_usd) * _PER_USD) / _PER_USD
    return best, room_mw, cost_usd, is_unsafe, least_region, least_start, has_room and not has_cost
