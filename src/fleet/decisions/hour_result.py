"""The result of one hour of decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.decisions.explainer import Explainer
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.state import Placements
from fleet.domain.advice import Advice
from fleet.domain.decision import Decision, Verdict
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

VERDICTS = tuple(Verdict)
APPROVE, DEFER, DENY = (VERDICTS.index(verdict) for verdict in (Verdict.APPROVE, Verdict.DEFER, Verdict.DENY))


@dataclass(frozen=True, kw_only=True)
class HourResult:
    """Every job whose status changed in an hour, and the state of the fleet after the hour.

    Args:
        step: number of the origin.
        policy_name, uses_bound: the policy, and whether it approves only jobs that are safe at the bound.
        places, before: (entry,) the places after and before the hour; NOWHERE for a job without a place.
        verdict: (entry,) positions in VERDICTS.
        started: jobs whose place became fixed in this hour. If the policy replans, these start in the next hour.
        reserved_mw: (region, hour ahead) power of the jobs whose place is fixed.
        queued: all jobs whose place may still change.
        controller: after the approvals of the hour; None if there is none.
        rows: the spare power on which the hour was decided; None for a policy that believes in one level only.
        advice: advice on running jobs that should be migrated.
        objective_usd, bound_usd: as in `Plan`.
    """

    prepared: Prepared
    step: int
    policy_name: str
    uses_bound: bool
    work: Workload
    places: Placements
    before: Placements
    verdict: NDArray[np.int64]
    started: Placements
    reserved_mw: FloatArray
    queued: Placements
    controller: Controller | None
    rows: LevelRows | None
    advice: Sequence[Advice] = ()
    objective_usd: float | None = None
    bound_usd: float | None = None

    def __len__(self) -> int:
        return len(self.places)

    @property
    def first_h(self) -> int:
        """The first hour ahead, in hours since 1970-01-01T00 UTC."""
        return int(self.prepared.origin_utc[self.step].astype(np.int64)) + 1

    @cached_property
    def taken_mw(self) -> FloatArray:
        """(region, hour ahead) power of all jobs that have a place after the hour."""
        taken_mw = self.reserved_mw.copy()
        self.queued.add_power(taken_mw, self.work, self.first_h)
        return taken_mw

    @cached_property
    def allowed_mw(self) -> FloatArray:
        """(region, hour ahead) the largest power that all placed jobs may have together after the hour.

        It is infinite in hours to which the decisions add no power. In other hours it is the larger of two values: the
        power of all placed jobs, and the least spare power among the windows of new places, each at the level that the
        window requires. For a policy that does not use the bound, it is the power of all placed jobs.
        """
        known_mw = self.taken_mw
        allowed_mw = np.full_like(known_mw, np.inf)
        placed = self.places.where(self.places.region >= 0)
        windows = np.stack([placed.region, placed.start_h - self.first_h, self.work.duration_h[placed.job]], axis=1)
        for region, start, duration_h in np.unique(windows, axis=0).tolist():
            hours = slice(start, start + duration_h)
            spare_mw = self.explainer.spare_mw(region, start, duration_h) if self.uses_bound else -np.inf
            allowed_mw[region, hours] = np.minimum(allowed_mw[region, hours], spare_mw)
        return np.maximum(allowed_mw, known_mw)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains the decisions of this hour."""
        return Explainer(
            self.prepared,
            self.step,
            self.taken_mw,
            self.controller,
            policy_name=self.policy_name,
            uses_bound=self.uses_bound,
            rows=self.rows,
        )

    def decision(self, entry: int) -> Decision:
        """Return one decision in full."""
        return self.explainer.decision(
            self.work.jobs[int(self.places.job[entry])],
            VERDICTS[int(self.verdict[entry])],
            self._place(self.places, entry),
            self._place(self.before, entry),
        )

    @cached_property
    def alike(self) -> list[int]:
        """(entry,) the first entry with a job of the same array, the same verdict and the same places."""
        places = np.stack([self.places.region, self.places.start_h, self.before.region, self.before.start_h])
        keys = zip(self.work.array[self.places.job].tolist(), self.verdict.tolist(), *places.tolist(), strict=True)
        first: dict[tuple[int, ...], int] = {}
        return [first.setdefault(key, entry) for entry, key in enumerate(keys)]

    def decisions(self) -> list[Decision]:
        """Return all decisions of the hour in full. Entries that are alike share one explanation."""
        decisions: list[Decision] = []
        for entry, first in enumerate(self.alike):
            if first == entry:
                decisions.append(self.decision(entry))
            else:
                decisions.append(replace(decisions[first], job_id=self.work.jobs[int(self.places.job[entry])].id))
        return decisions

    def _place(self, places: Placements, entry: int) -> tuple[int, int] | None:
        """Region and hour ahead of a place; None where there is none."""
        region = int(places.region[entry])
        return None if region < 0 else (region, int(places.start_h[entry]) - self.first_h)
