"""Raises or lowers the level of each region after its approved jobs end, so that the breach rate has a bound.

The level is a number of margins that a region adds to the level that each window requires.

The scheduler picks the windows that look best, and this weakens the guarantee of each single window. So the controller
learns from the approved jobs. Its bound on the breach rate holds for any weather.

An approval is one job, or all jobs of an array that got the same place (see `fleet.decisions.approvals`). When an
approval ends, B is 1 if it met a breach and 0 otherwise. Then

    level += gain x (B - miscoverage), but never below `floor`

A region is closed, and approves nothing, while its level is at `closing_level` or above. A region also approves nothing
while it has `max_unresolved` approvals whose outcome is awaited, queued jobs included. So for any sequence of outcomes

    breached <= miscoverage x resolved + max(closing_level - first_level + lowered, 0) / gain
                + (1 - miscoverage) x peak + out_of_turn

Divided by `resolved`, this is the bound on the breach rate.

* `peak` is the largest number of unresolved approvals at any time.
* `lowered` is the sum of all downward moves of the level that no resolved approval caused.
* `out_of_turn` counts approvals that were not allowed. If an outcome is reported late or corrected, or if the rules
  change, an earlier approval may turn out to be out of turn. Otherwise the count is zero.

Raising the level never weakens the bound. Without the floor, a season without breaches would lower the level so far
that the next summer is unprotected. Two things would void the bound: to score denied jobs, and to clip the level from
above without counting the clipped part as lowered.

In a closed region soon no job ends, so its level would never fall. After `reopen_after_h` hours in a row, closed and
with nothing unresolved, the level is reset to `reopening_level`. The reset counts in `resets` and in `lowered`.
Source: Lekeufack et al. 2024, conformal decision theory.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The constants of the controller. Levels are in margins.

    miscoverage: accepted share of approvals that breach.
    floor: the lowest level.
    first_level: the level before any outcome.
    closing_level: the level from which a region approves nothing.
    gain: size of a step of the level [margins].
    max_unresolved: with this many approvals whose outcome is awaited, a region approves nothing.
    reopen_after_h: hours in a row, closed and with nothing unresolved, after which the level is reset.
    reopening_level: the level after a reset.
    """

    miscoverage: float
    floor: float = 0.0
    first_level: float = 0.0
    closing_level: float = 4.0
    gain: float = 0.05
    max_unresolved: int = 500
    reopen_after_h: int = 72
    reopening_level: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Controller:
    """The level and the counts of each region. Arrays are (region,); counts run from the first hour.

    level: what the region adds to the level of a window [margins].
    unresolved: approvals whose outcome is awaited.
    peak_unresolved: the largest `unresolved` at any time.
    resolved: approvals whose outcome is known.
    breached: resolved approvals that met a breach.
    lowered: sum of downward moves of the level that no resolved approval caused [margins].
    resets: how often the level was reset.
    closed_h: hours in a row that the region has been closed with nothing unresolved.
    out_of_turn: approvals made while none was allowed.
    """

    rules: Rules
    level: FloatArray
    unresolved: IntArray
    peak_unresolved: IntArray
    resolved: IntArray
    breached: IntArray
    lowered: FloatArray
    resets: IntArray
    closed_h: IntArray
    out_of_turn: IntArray

    @classmethod
    def initial(cls, rules: Rules, regions: int) -> Self:
        """Return the controller of `regions` regions before any approval."""

        def zeros() -> IntArray:
            return np.zeros(regions, dtype=np.int64)

        return cls(
            rules=rules,
            level=np.full(regions, rules.first_level),
            unresolved=zeros(),
            peak_unresolved=zeros(),
            resolved=zeros(),
            breached=zeros(),
            lowered=np.zeros(regions),
            resets=zeros(),
            closed_h=zeros(),
            out_of_turn=zeros(),
        )

    @property
    def open(self) -> NDArray[np.bool_]:
        """(region,) whether one more approval is allowed."""
        return (self.level < self.rules.closing_level) & (self.unresolved < self.rules.max_unresolved)

    def with_approvals(self, count: IntArray) -> Self:
        """Return the controller after new approvals. Approvals beyond the allowed number count as out of turn.

        Args:
            count: (region,) number of new approvals.
        """
        unresolved = self.unresolved + count
        is_below = self.level < self.rules.closing_level
        allowed = np.where(is_below, self.rules.max_unresolved - self.unresolved, 0)
        surplus = np.maximum(count - np.maximum(allowed, 0), 0)
        return replace(
            self,
            unresolved=unresolved,
            peak_unresolved=np.maximum(self.peak_unresolved, unresolved),
            out_of_turn=self.out_of_turn + surplus,
        )

    def with_outcome(self, region: int, *, breached: bool | None) -> Self:
        """Return the controller after one approval has ended.

        Args:
            region: index of the approval's region.
            breached: whether the approval met a breach. None if its jobs left the region or the outcome will never be
                known: then only `unresolved` changes.
        """
        return self.with_outcomes([(region, breached)])

    def with_outcomes(self, outcomes: Iterable[tuple[int, bool | None]]) -> Self:
        """Return the controller after several approvals have ended, one after another.

        Args:
            outcomes: (region, breached) of each approval, as for `with_outcome`.
        """
        level, unresolved = self.level.copy(), self.unresolved.copy()
        resolved, breaches = self.resolved.copy(), self.breached.copy()
        rules = self.rules
        for region, breached in outcomes:
            unresolved[region] -= 1
            if breached is None:
                continue
            level[region] = max(level[region] + rules.gain * (breached - rules.miscoverage), rules.floor)
            resolved[region] += 1
            breaches[region] += breached
        return replace(self, level=level, unresolved=unresolved, resolved=resolved, breached=breaches)

    def next_hour(self) -> Self:
        """Return the controller one hour later. Regions that have been closed for long enough are reset."""
        is_waiting = (self.level >= self.rules.closing_level) & (self.unresolved == 0)
        closed_h = np.where(is_waiting, self.closed_h + 1, 0)
        reopens = closed_h >= self.rules.reopen_after_h
        if not reopens.any():
            return replace(self, closed_h=closed_h)
        return replace(
            self,
            level=np.where(reopens, self.rules.reopening_level, self.level),
            lowered=self.lowered + np.where(reopens, self.level - self.rules.reopening_level, 0.0),
            resets=self.resets + reopens,
            closed_h=np.where(reopens, 0, closed_h),
        )

    @property
    def bound(self) -> FloatArray:
        """(region,) guaranteed maximum breach rate of the resolved approvals; 1 while there are too few of them."""
        return np.minimum(self._most_breaches() / np.maximum(self.resolved, 1), 1.0)

    @property
    def fleet_bound(self) -> float:
        """Guaranteed maximum breach rate of all regions together; 1 while there are too few resolved approvals."""
        resolved = int(self.resolved.sum())
        return min(float(self._most_breaches().sum()) / resolved, 1.0) if resolved else 1.0

    def _most_breaches(self) -> FloatArray:
        """(region,) the largest possible number of breaches among the resolved approvals."""
        rules = self.rules
        from_level = np.maximum(rules.closing_level - rules.first_level + self.lowered, 0.0) / rules.gain
        from_unresolved = self.peak_unresolved * (1 - rules.miscoverage)
        return np.asarray(rules.miscoverage * self.resolved + from_level + from_unresolved + self.out_of_turn)

    def as_dict(self, region_ids: tuple[str, ...]) -> dict[str, Any]:
        """Return the published numbers of each region, ready for JSON."""
        return {
            region_id: {
                "breach_rate": float(self.breached[region] / self.resolved[region]) if self.resolved[region] else None,
                "bound": float(self.bound[region]),
                "level": float(self.level[region]),
                "resolved": int(self.resolved[region]),
                "breached": int(self.breached[region]),
                "unresolved": int(self.unresolved[region]),
                "most_unresolved": int(self.peak_unresolved[region]),
                "lowered": float(self.lowered[region]),
                "resets": int(self.resets[region]),
                "out_of_turn": int(self.out_of_turn[region]),
            }
            for region, region_id in enumerate(region_ids)
        }
