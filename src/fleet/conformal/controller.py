"""Extra conservatism for a region, from whether its approved jobs breached: what the scheduler's choice spoils is seen
here, and whatever the weather does, the long-run breach rate has a bound.

When an approved job ends, with B = 1 if it met a breach and else 0: level += gain x (B - miscoverage), and never below
the floor. A region whose level has reached `closes_at` approves nothing, and one that holds `most_unresolved` approvals
whose end is not known, queued ones included, approves no more until one ends. Then for any sequence of outcomes

    breached / resolved
        <= miscoverage + ((closes_at - first + lowered)+ / gain + most (1 - miscoverage) + out_of_turn) / resolved

where `most` is the largest number of unresolved approvals that there ever was, `lowered` adds up every downward move of
the level that no resolved approval caused, and `out_of_turn` counts approvals of a region that was not open: none where
outcomes are told once and for all, but an outcome that is known late or corrected, or an approval under other rules,
can turn out to have been one. Raising the level is free: the floor keeps quiet seasons from banking slack that summer
would spend. Two things would void the bound, and neither is done: scoring jobs that were denied, and clipping the level
from above, without counting it as lowered.

A closed region resolves nothing, so by itself it would stay closed. When nothing is unresolved there and it has been
closed for `rest_h` hours on end, it opens again at `reopens_at`: a reset, which is counted as such and as lowered.
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
    """Levels are in margins, as those of a ladder."""

    miscoverage: float
    floor: float = 0.0
    first: float = 0.0
    closes_at: float = 4.0
    gain: float = 0.05
    most_unresolved: int = 500
    rest_h: int = 72
    reopens_at: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Controller:
    """State of every region: level, and counts since the beginning. Arrays are (region,).

    unresolved: approvals whose outcome is not known; most_seen: the most there ever were at once.
    resolved, breached: approvals whose outcome is known, and those that met a breach.
    lowered: downward moves of the level that no resolved approval caused. resets: how often a region was opened again.
    closed_h: hours that a closed region has had nothing unresolved.
    out_of_turn: approvals made although the region was not open.
    """

    rules: Rules
    level: FloatArray
    unresolved: IntArray
    most_seen: IntArray
    resolved: IntArray
    breached: IntArray
    lowered: FloatArray
    resets: IntArray
    closed_h: IntArray
    out_of_turn: IntArray

    @classmethod
    def beginning(cls, rules: Rules, regions: int) -> Self:
        def none() -> IntArray:
            return np.zeros(regions, dtype=np.int64)

        return cls(
            rules=rules,
            level=np.full(regions, rules.first),
            unresolved=none(),
            most_seen=none(),
            resolved=none(),
            breached=none(),
            lowered=np.zeros(regions),
            resets=none(),
            closed_h=none(),
            out_of_turn=none(),
        )

    @property
    def open(self) -> NDArray[np.bool_]:
        """(region,) whether another approval is allowed."""
        return (self.level < self.rules.closes_at) & (self.unresolved < self.rules.most_unresolved)

    def approved(self, count: IntArray) -> Self:
        """After so many approvals a region. Those for which it was not open are counted as such."""
        unresolved = self.unresolved + count
        room = np.where(self.level < self.rules.closes_at, self.rules.most_unresolved - self.unresolved, 0)
        surplus = np.maximum(count - np.maximum(room, 0), 0)
        return replace(
            self,
            unresolved=unresolved,
            most_seen=np.maximum(self.most_seen, unresolved),
            out_of_turn=self.out_of_turn + surplus,
        )

    def heard(self, region: int, *, breached: bool | None) -> Self:
        """After the end of an approved job; None where what happened will never be known, which counts for nothing."""
        return self.heard_all([(region, breached)])

    def heard_all(self, ends: Iterable[tuple[int, bool | None]]) -> Self:
        """After the ends of approved jobs, one after another: (region, breached) of each."""
        level, unresolved = self.level.copy(), self.unresolved.copy()
        resolved, breaches = self.resolved.copy(), self.breached.copy()
        rules = self.rules
        for region, breached in ends:
            unresolved[region] -= 1
            if breached is None:
                continue
            level[region] = max(level[region] + rules.gain * (breached - rules.miscoverage), rules.floor)
            resolved[region] += 1
            breaches[region] += breached
        return replace(self, level=level, unresolved=unresolved, resolved=resolved, breached=breaches)

    def hour_passed(self) -> Self:
        """An hour later: a region that has been closed for long enough, with nothing unresolved, opens again."""
        waits = (self.level >= self.rules.closes_at) & (self.unresolved == 0)
        closed_h = np.where(waits, self.closed_h + 1, 0)
        again = closed_h >= self.rules.rest_h
        if not again.any():
            return replace(self, closed_h=closed_h)
        return replace(
            self,
            level=np.where(again, self.rules.reopens_at, self.level),
            lowered=self.lowered + np.where(again, self.level - self.rules.reopens_at, 0.0),
            resets=self.resets + again,
            closed_h=np.where(again, 0, closed_h),
        )

    @property
    def bound(self) -> FloatArray:
        """(region,) of the breach rate among resolved approvals; 1, which says nothing, while there are few."""
        return np.minimum(self._slack() / np.maximum(self.resolved, 1), 1.0)

    @property
    def fleet_bound(self) -> float:
        """Of the breach rate of all regions together; 1, which says nothing, while there are few."""
        resolved = int(self.resolved.sum())
        return min(float(self._slack().sum()) / resolved, 1.0) if resolved else 1.0

    def _slack(self) -> FloatArray:
        """(region,) the most breaches that there can have been."""
        rules = self.rules
        level = np.maximum(rules.closes_at - rules.first + self.lowered, 0.0) / rules.gain
        waiting = self.most_seen * (1 - rules.miscoverage)
        return np.asarray(rules.miscoverage * self.resolved + level + waiting + self.out_of_turn)

    def as_dict(self, region_ids: tuple[str, ...]) -> dict[str, Any]:
        """What is published of each region."""
        return {
            name: {
                "breach_rate": float(self.breached[at] / self.resolved[at]) if self.resolved[at] else None,
                "bound": float(self.bound[at]),
                "level": float(self.level[at]),
                "resolved": int(self.resolved[at]),
                "breached": int(self.breached[at]),
                "unresolved": int(self.unresolved[at]),
                "most_unresolved": int(self.most_seen[at]),
                "lowered": float(self.lowered[at]),
                "resets": int(self.resets[at]),
                "out_of_turn": int(self.out_of_turn[at]),
            }
            for at, name in enumerate(region_ids)
        }
