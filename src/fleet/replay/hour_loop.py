"""The loop over the hours of a replay: learns the outcomes of ended jobs, decides, and runs the placed jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide
from fleet.decisions.hour_result import DENY, HourResult
from fleet.decisions.state import State
from fleet.domain.decision import Decision
from fleet.domain.workload import Workload
from fleet.errors import DataError
from fleet.placement import NOWHERE, Policy
from fleet.preparation.prepared import Prepared
from fleet.replay.job_status import JobStatus
from fleet.units import HOURS_PER_DAY, IntArray


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """The record of one policy's run through the hours.

    Args:
        work: the jobs as they were decided: the segments of pausable jobs know where the segment before them ran.
        status: status of each job at the end.
        controllers: the controller after the decisions of each origin; empty if the run had none.
        decisions: the last decision on each job in full, in the order of the jobs; empty if it was not requested.
        plans: objective and lower bound of each hour's plan [USD]; NaN where the policy gives none.
        advices: number of advices to migrate a running job.
    """

    work: Workload
    status: JobStatus
    controllers: Sequence[Controller] = ()
    decisions: Sequence[Decision] = ()
    plans: Sequence[tuple[float, float]] = ()
    advices: int = 0


def decide_all(
    prepared: Prepared,
    work: Workload,
    policy: Policy,
    tracker: OutcomeTracker,
    start: int,
    progress: Callable[[float], None],
    *,
    explain: bool,
) -> RunRecord:
    """Decide every hour.

    If the policy has a controller, the controller gets each outcome in the hour after the job's end.

    Args:
        work: jobs in the order of their arrival, then all segments that continue others; see `in_segments`.
        tracker: follows the jobs of this run through the actual hours.
        start: position of the first origin in the telemetry.
        progress: called once a day with the finished share.
        explain: keep the last decision on each job in full.
    Raises: DataError if a job still waits at the end.
    """
    is_controlled = prepared.settings.controlled and policy.uses_bound()
    state = State.empty(prepared, longest_job_h=work.longest_h, controlled=is_controlled)
    status = JobStatus.initial(len(work))
    last_decision: dict[int, tuple[HourResult, int]] = {}
    decisions: dict[int, Decision] = {}
    controllers, plans, advices = [], [], 0
    first_h = prepared.origin_utc.astype(np.int64) + 1
    arrivals = np.searchsorted(work.earliest_h[~work.resumes], first_h, side="right")
    has_arrived = ~work.resumes
    for step in range(len(first_h)):
        work, resumed = _resumed(work, status, prepared, int(first_h[step]), has_arrived)
        arrived = np.concatenate([np.arange(arrivals[step - 1] if step else 0, arrivals[step]), resumed])
        # 1. Learn the outcomes of the jobs that ended in the origin's hour, then decide.
        result, state = decide(prepared, state, work, arrived, policy, tracker.after_hour(start + step))
        # 2. Run the jobs that were placed.
        tracker.add_started(result.started, work)
        # 3. Record what changed.
        status.add(result)
        if explain:
            last_decision.update((job, (result, entry)) for entry, job in enumerate(result.places.job.tolist()))
            decisions |= _explained(last_decision, _settled(result))
        if state.controller is not None:
            controllers.append(state.controller)
        plans.append((_or_nan(result.objective_usd), _or_nan(result.bound_usd)))
        advices += len(result.advice)
        if step % HOURS_PER_DAY == 0:
            progress(step / len(first_h))
    _require_settled(state, work)
    return RunRecord(
        work=work,
        status=status,
        controllers=controllers,
        decisions=[
            decision for _, decision in sorted((decisions | _explained(last_decision, list(last_decision))).items())
        ],
        plans=plans,
        advices=advices,
    )


def _resumed(
    work: Workload, status: JobStatus, prepared: Prepared, first_h: int, has_arrived: NDArray[np.bool_]
) -> tuple[Workload, IntArray]:
    """Return the segments that are decided for the first time in this hour, and the jobs in which they are changed.

    Args:
        has_arrived: (job,) whether a job has arrived before; the segments are marked.
    """
    if has_arrived.all():
        return work, np.empty(0, dtype=np.int64)
    before = work.continued[~has_arrived[work.following[work.continued]]]
    begun = before[(status.region[before] != NOWHERE) & (status.start_h[before] < first_h)]
    resumed = work.following[begun]
    if not len(resumed):
        return work, resumed
    has_arrived[resumed] = True
    end_h = status.start_h[begun] + work.duration_h[begun]
    return work.with_resumed(resumed, status.region[begun], prepared.fleet.region_ids, end_h), resumed


def _require_settled(state: State, work: Workload) -> None:
    """Raises: DataError if a job still waits."""
    if len(state.waiting):
        job = work.jobs[int(state.waiting[0])]
        raise DataError(f"job {job.id} still waits when the replay ends; its window should have closed before")


def _settled(result: HourResult) -> list[int]:
    """Return the jobs on which no later hour decides: those whose place is fixed now, and the denied ones."""
    denied = result.places.job[result.verdict == DENY]
    return [*result.started.job.tolist(), *denied.tolist()]


def _explained(last_decision: dict[int, tuple[HourResult, int]], jobs: Sequence[int]) -> dict[int, Decision]:
    """Return the last decision on each job in full, and forget the hour that made it: hours take much memory."""
    last = {job: last_decision.pop(job) for job in jobs}
    return {job: result.decision(entry) for job, (result, entry) in last.items()}


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
