"""Raises or lowers the levels of each region after its approved jobs end, so that the breach rates have a bound.

A level is a number of margins that is added to the level that each window requires.

The scheduler picks the windows that look best, and this weakens the guarantee of each single window. So the controller
learns from the approved jobs. Its bounds on the breach rates hold for any weather.

A region has two tracks: NEAR for jobs that last up to the horizon, FAR for longer jobs. The FAR level acts on the hours
beyond the horizon, the NEAR level on the hours within it. Each track is counted in two units: JOBS counts each approval
as 1; ENERGY counts each approval as its IT energy. An approval is one job, or all jobs of an array that got the same
place (see `fleet.decisions.approvals`). Each track has a level for each unit, and the higher one acts. When approvals
end in an hour, let w be their sum, and b the sum of those that met a breach. Then, for each unit,

    level += gain x (b - miscoverage x w), but never below `floor`

A level below zero acts as zero. It is a credit: it lets as many breaches pass beyond the allowed share. Breaches come
in spells, and caution right after a spell closes a region when the spell is over. A track is closed, and approves
nothing, while its level is at `closing_level` or above, or while it is suspended (see below). A closed NEAR track
closes the FAR track, too. For any sequence of outcomes, and for each track and unit,

    breached <= miscoverage x resolved + max(closing_level - first_level + lowered, 0) / gain
                + (1 - miscoverage) x peak + out_of_turn

Divided by `resolved`, this is the bound on the breach rate of a track.

* `peak` is the largest sum of unresolved approvals at any time.
* `lowered` is the sum of all downward moves of the level that no resolved approval caused.
* `out_of_turn` sums up approvals that were not allowed. If an outcome is reported late or corrected, or if the rules
  change, an earlier approval may turn out to be out of turn. Otherwise the sum is zero.

Proof. Let the last allowed approval be made at time t. The level was then below `closing_level`. It had moved from
`first_level` by gain x (b - miscoverage x w) of the approvals resolved until t, by the moves up to `floor`, and down by
at most `lowered`. So these approvals have b - miscoverage x w < (closing_level - first_level + lowered) / gain. If no
approval was ever allowed, their sum is zero. The approvals that resolve after t were unresolved at t, so they add at
most (1 - miscoverage) x peak, or they were out of turn. The proof uses no property of the weights, the delays or the
weather. Raising the level never weakens it.

The floor does not weaken the bound. Without it, a season without breaches would lower the level so far that the next
summer is unprotected. Two things would void the bound: to score denied jobs, and to clip the level from above without
counting the clipped part.

In a closed track soon no job ends, so its level would never fall. After `reopen_after_h` hours in a row, closed and
with nothing unresolved, it opens on probation: levels above `reopening_level` are set to it, which counts in `lowered`
and `resets`. On probation at most `probation_jobs` approvals may be unresolved, and all jobs together may use at most
`probation_share` of the IT capacity. After `probation_jobs` approvals without a breach the track is open again. After
one with a breach it is suspended, and waits twice as long as before, at most `longest_wait_h`.
Source: Lekeufack et al. 2024, conformal decision theory.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller_rules import ENERGY, FAR, JOBS, NEAR, ControllerRules
from fleet.units import WH_PER_MWH, FloatArray, IntArray

# Beyond this number of failed probations the wait has its longest value, and the power of two stays small.
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, kw_only=True)
class Controller:
    """The levels and sums of each region. They run from the first hour.

    Arrays are (unit, track, region), in approvals and in watt-hours:

    level: what is added to the level of a window [margins].
    unresolved: approvals whose outcome is awaited.
    peak_unresolved: the largest `unresolved` at any time.
    resolved: approvals whose outcome is known.
    breached: resolved approvals that met a breach.
    lowered: sum of downward moves of the level that no resolved approval caused [margins].
    out_of_turn: approvals made while none was allowed.

    Arrays are (track, region):

    resets: how often the track was opened on probation.
    closed_h: hours in a row that the track has been closed with nothing unresolved.
    on_probation, is_suspended: the state of the track.
    passed: approvals without a breach since the probation began.
    failed: probations in a row that ended with a breach.

    capacity_mw: (region,) IT capacity.
    """

    rules: ControllerRules
    capacity_mw: FloatArray
    level: FloatArray
    unresolved: FloatArray
    peak_unresolved: FloatArray
    resolved: FloatArray
    breached: FloatArray
    lowered: FloatArray
    out_of_turn: FloatArray
    resets: IntArray
    closed_h: IntArray
    on_probation: NDArray[np.bool_]
    is_suspended: NDArray[np.bool_]
    passed: IntArray
    failed: IntArray

    @classmethod
    def initial(cls, rules: ControllerRules, capacity_mw: FloatArray) -> Self:
        """Return the controller before any approval.

        Args:
            capacity_mw: (region,) IT capacity.
        """
        regions = len(capacity_mw)

        def sums() -> FloatArray:
            return np.zeros((2, 2, regions))

        def zeros() -> IntArray:
            return np.zeros((2, regions), dtype=np.int64)

        return cls(
            rules=rules,
            capacity_mw=capacity_mw,
            level=np.full((2, 2, regions), rules.first_level),
            unresolved=sums(),
            peak_unresolved=sums(),
            resolved=sums(),
            breached=sums(),
            lowered=sums(),
            out_of_turn=sums(),
            resets=zeros(),
            closed_h=zeros(),
            on_probation=zeros().astype(np.bool_),
            is_suspended=zeros().astype(np.bool_),
            passed=zeros(),
            failed=zeros(),
        )

    @property
    def track_level(self) -> FloatArray:
        """(track, region) the level that acts: the higher one of both units, at least zero."""
        return np.asarray(np.maximum(self.level.max(axis=0), 0.0))

    @property
    def is_closed(self) -> NDArray[np.bool_]:
        """(track, region) whether the track approves nothing, whatever its number of unresolved approvals."""
        return np.logical_or.accumulate(self._is_closed_itself, axis=0)

    @property
    def _is_closed_itself(self) -> NDArray[np.bool_]:
        return np.asarray((self.track_level >= self.rules.closing_level) | self.is_suspended)

    def places(self, queued: IntArray | int = 0) -> IntArray:
        """(track, region) how many approvals each track may give or keep.

        Args:
            queued: (track, region) approvals that are decided again.
        """
        left = queued - self.unresolved[JOBS]
        most = self.rules.max_unresolved + left.sum(axis=0)
        on_probation = np.minimum(self.rules.probation_jobs + left, most)
        places = np.where(self.on_probation, on_probation, most)
        places[FAR] = np.minimum(places[FAR], places[NEAR])
        return np.where(self.is_closed, 0, np.maximum(places, 0)).astype(np.int64)

    @cached_property
    def free_places(self) -> IntArray:
        """(track, region) how many more approvals each track may give. Each decision asks several times."""
        return self.places()

    def is_open(self, duration_h: int) -> NDArray[np.bool_]:
        """(region,) whether one more approval of a duration is allowed."""
        return np.asarray(self.free_places[self.rules.track_of(duration_h)] > 0)

    @property
    def most_mw(self) -> FloatArray:
        """(track, region) the most power that all jobs together may have in the hours on which the level acts."""
        is_limited = np.logical_or.accumulate(self.on_probation, axis=0)
        return np.where(is_limited, self.rules.probation_share * self.capacity_mw, np.inf)

    def with_approvals(self, amount: FloatArray) -> Self:
        """Return the controller after new approvals. Those that were not allowed count as out of turn.

        Args:
            amount: (unit, track, region) sums of the new approvals.
        """
        unresolved = self.unresolved + amount
        surplus = np.maximum(amount[JOBS] - self.free_places, 0)
        # The energy of each single approval is not known here, so the energy of all counts.
        out_of_turn = np.stack([surplus, np.where(surplus > 0, amount[ENERGY], 0.0)])
        return replace(
            self,
            unresolved=unresolved,
            peak_unresolved=np.maximum(self.peak_unresolved, unresolved),
            out_of_turn=self.out_of_turn + out_of_turn,
        )

    def without(self, amount: FloatArray) -> Self:
        """Return the controller without unresolved approvals whose outcome will never be known.

        Args:
            amount: (unit, track, region) sums of these approvals.
        """
        return replace(self, unresolved=self.unresolved - amount)

    def with_outcomes(self, resolved: FloatArray, breached: FloatArray) -> Self:
        """Return the controller after some approvals have ended in one hour.

        Args:
            resolved, breached: (unit, track, region) sums of these approvals, and of those that met a breach.
        """
        rules = self.rules
        step = self._gain * (breached - rules.miscoverage * resolved)
        has_failed = self.on_probation & (breached[JOBS] > 0)
        passed = np.where(self.on_probation, self.passed + resolved[JOBS].astype(np.int64), 0)
        has_passed = self.on_probation & ~has_failed & (passed >= rules.probation_jobs)
        return replace(
            self,
            level=np.maximum(self.level + step, rules.floor),
            unresolved=self.unresolved - resolved,
            resolved=self.resolved + resolved,
            breached=self.breached + breached,
            on_probation=self.on_probation & ~has_failed & ~has_passed,
            is_suspended=self.is_suspended | has_failed,
            passed=passed,
            failed=np.where(has_passed, 0, self.failed + has_failed),
        )

    @property
    def _gain(self) -> FloatArray:
        """(unit, 1, region) margins per approval and per watt-hour."""
        per_wh = self.rules.energy_gain / (self.capacity_mw * WH_PER_MWH)
        return np.stack([np.full_like(per_wh, self.rules.gain), per_wh])[:, None]

    def next_hour(self) -> Self:
        """Return the controller one hour later. Tracks that have been closed for long enough open on probation."""
        rules = self.rules
        is_waiting = self._is_closed_itself & (self.unresolved[JOBS] == 0)
        closed_h = np.where(is_waiting, self.closed_h + 1, 0)
        wait_h = np.minimum(rules.reopen_after_h * 2 ** np.minimum(self.failed, _MOST_DOUBLINGS), rules.longest_wait_h)
        reopens = closed_h >= np.maximum(wait_h, rules.reopen_after_h)
        if not reopens.any():
            return replace(self, closed_h=closed_h)
        level = np.where(reopens, np.minimum(self.level, rules.reopening_level), self.level)
        return replace(
            self,
            level=level,
            lowered=self.lowered + (self.level - level),
            resets=self.resets + reopens,
            closed_h=np.where(reopens, 0, closed_h),
            on_probation=self.on_probation | reopens,
            is_suspended=self.is_suspended & ~reopens,
            passed=np.where(reopens, 0, self.passed),
        )

    @property
    def bound(self) -> FloatArray:
        """(unit, region) guaranteed maximum breach rate of the resolved approvals; 1 while these are too few."""
        return _rate(self._most_breached().sum(axis=1), self.resolved.sum(axis=1))

    @property
    def fleet_bound(self) -> float:
        """Guaranteed maximum breach rate of all regions together; 1 while there are too few resolved approvals."""
        return float(self._fleet_bounds()[JOBS])

    @property
    def fleet_energy_bound(self) -> float:
        """Guaranteed maximum share of the energy of all resolved approvals that breaches; 1 while it is too little."""
        return float(self._fleet_bounds()[ENERGY])

    def _fleet_bounds(self) -> FloatArray:
        return _rate(self._most_breached().sum(axis=(1, 2)), self.resolved.sum(axis=(1, 2)))

    def _most_breached(self) -> FloatArray:
        """(unit, track, region) the largest possible sum of breaches among the resolved approvals."""
        rules = self.rules
        from_level = np.maximum(rules.closing_level - rules.first_level + self.lowered, 0.0) / self._gain
        from_unresolved = self.peak_unresolved * (1 - rules.miscoverage)
        most = rules.miscoverage * self.resolved + from_level + from_unresolved + self.out_of_turn
        # A track without any approval has had no breach.
        return np.where(self.peak_unresolved > 0, most, 0.0)


def _rate(most_breached: FloatArray, resolved: FloatArray) -> FloatArray:
    return np.where(resolved > 0, np.minimum(most_breached / np.maximum(resolved, 1.0), 1.0), 1.0)
