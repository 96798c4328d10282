"""One hour of decisions: jobs that wait and jobs that arrive, against the conditions ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from fleet.conformal import miscoverage_of
from fleet.conformal.controller import Controller, Rules
from fleet.domain.decision import Decision, Verdict
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.pipeline.desk import Desk
from fleet.pipeline.prepared import Prepared
from fleet.pipeline.settings import Settings
from fleet.placement.options import Policy
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An approved job whose last hour is known by now. breached: None where what happened will never be known."""

    region: str
    breached: bool | None


@dataclass(frozen=True, kw_only=True)
class State:
    """What is carried from one hour to the next.

    step: number of the origin that is decided next.
    reserved_mw: (region, hour ahead) IT power of the jobs that run or are queued.
    controller: extra conservatism of each region; None where none is asked for.
    waiting: jobs that have arrived and have no place yet.
    """

    step: int
    reserved_mw: FloatArray
    controller: Controller | None = None
    waiting: tuple[Job, ...] = field(default=())

    @classmethod
    def empty(cls, prepared: Prepared, *, longest_job_h: int, controlled: bool = False) -> Self:
        """Nothing runs and nothing waits before the first origin."""
        regions, hours = len(prepared.fleet.regions), prepared.settings.horizon + longest_job_h
        return cls(
            step=0,
            reserved_mw=np.zeros((regions, hours)),
            controller=Controller.beginning(rules_of(prepared.settings), regions) if controlled else None,
        )


def decide(
    prepared: Prepared,
    state: State,
    jobs: Sequence[Job],
    policy: Policy,
    policy_name: str,
    ended: Sequence[Ended] = (),
) -> tuple[list[Decision], State]:
    """Decide every job that has arrived and has no place yet; the next state is one hour later.

    A job that no region can hold safely now waits while its window lasts, and is denied when it closes.

    Args:
        jobs: those that have arrived since the last hour; they may start in the first hour ahead of the origin.
        ended: approved jobs that have ended since, for the controller.
    Returns: a decision for each new job, and for each waiting one whose wait ended.
    """
    controller = heard(state.controller, prepared.fleet, ended)
    desk = Desk(prepared, state.step, state.reserved_mw, controller, policy, policy_name)
    known = {job.id for job in state.waiting}
    queue = sorted((*state.waiting, *jobs), key=lambda job: (-job.priority, job.latest_start_utc, job.id))
    decisions, waiting = [], []
    for job in queue:
        decision = desk.decide(job)
        if decision.verdict is Verdict.DEFER and decision.start_utc is None:
            waiting.append(job)
            if job.id in known:
                continue
        decisions.append(decision)
    reserved = np.concatenate([desk.reserved_mw[:, 1:], np.zeros_like(desk.reserved_mw[:, :1])], axis=1)
    after = replace(
        state, step=state.step + 1, reserved_mw=reserved, controller=desk.controller, waiting=tuple(waiting)
    )
    return decisions, after


def rules_of(settings: Settings) -> Rules:
    """A job may breach as often as a bound may fail."""
    return Rules(miscoverage=float(miscoverage_of(settings.confidence)))


def heard(controller: Controller | None, fleet: Fleet, ended: Sequence[Ended]) -> Controller | None:
    """An hour has passed, and these jobs have ended in it."""
    if controller is None:
        return None
    place = {region.id: index for index, region in enumerate(fleet.regions)}
    for each in ended:
        controller = controller.heard(place[each.region], breached=each.breached)
    return controller.hour_passed()
