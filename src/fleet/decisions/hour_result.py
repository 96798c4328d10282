"""What an hour of decisions came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.decisions.explainer import Explainer
from fleet.decisions.state import Placements
from fleet.domain.advice import Advice
from fleet.domain.conditions import Limit
from fleet.domain.decision import Decision, Verdict
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

VERDICTS = tuple(Verdict)
APPROVE, DEFER, DENY = (VERDICTS.index(each) for each in (Verdict.APPROVE, Verdict.DEFER, Verdict.DENY))


@dataclass(frozen=True, kw_only=True)
class HourResult:
    """Every job whose standing changed in an hour.

    places, before: where they run now and ran before; NOWHERE for one that has, or had, no place.
    verdict: (entry,) positions in VERDICTS.
    started: jobs that are load from now on, and count as such.
    asks_bound: the policy approves nothing that the bound does not hold.
    reserved_mw: (region, hour ahead) with what has been given a fixed place.
    queued: jobs whose place may still change, all of them.
    controller: with these approvals.
    advice: running jobs that had better leave.
    objective_usd, bound_usd: of Plan.
    """

    prepared: Prepared
    step: int
    policy_name: str
    asks_bound: bool
    work: Workload
    places: Placements
    before: Placements
    verdict: NDArray[np.int64]
    started: Placements
    reserved_mw: FloatArray
    queued: Placements
    controller: Controller | None
    advice: Sequence[Advice] = ()
    objective_usd: float | None = None
    bound_usd: float | None = None

    def __len__(self) -> int:
        return len(self.places)

    @property
    def first_h(self) -> int:
        """The first hour ahead, from 1970-01-01T00 UTC."""
        return int(self.prepared.origin_utc[self.step].astype(np.int64)) + 1

    @cached_property
    def explainer(self) -> Explainer:
        """The hour as these decisions leave it, to explain them from."""
        taken = self.reserved_mw.copy()
        self.queued.add_power(taken, self.work, self.first_h)
        return Explainer(
            self.prepared,
            self.step,
            taken,
            self.controller,
            policy_name=self.policy_name,
            asks_bound=self.asks_bound,
        )

    def decision(self, entry: int) -> Decision:
        """One of them, with everything a person needs to judge it."""
        return self.explainer.decision(
            self.work.jobs[int(self.places.job[entry])],
            VERDICTS[int(self.verdict[entry])],
            self._choice(self.places, entry),
            self._choice(self.before, entry),
        )

    def limit(self, entry: int) -> Limit:
        """The limit that binds one of them."""
        return Limit[self.decision(entry).binding.limit.upper()]

    def decisions(self) -> list[Decision]:
        """All of them."""
        return [self.decision(entry) for entry in range(len(self))]

    def _choice(self, places: Placements, entry: int) -> tuple[int, int] | None:
        """Region and hour ahead of a place; None where there is none."""
        region = int(places.region[entry])
        return None if region < 0 else (region, int(places.start_h[entry]) - self.first_h)
