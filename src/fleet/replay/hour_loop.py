"""Hour after hour: decisions see forecasts and bounds, and are told later what really happened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide
from fleet.decisions.hour_result import HourResult
from fleet.decisions.state import State
from fleet.domain.decision import Decision
from fleet.domain.workload import Workload
from fleet.errors import DataError
from fleet.placement import Policy
from fleet.preparation.prepared import Prepared
from fleet.replay.job_status import JobStatus
from fleet.units import HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What a run leaves behind; see Run."""

    status: JobStatus
    controllers: Sequence[Controller]
    decisions: Sequence[Decision]
    batches: Sequence[tuple[float, float]]
    advices: int


def decide_all(
    prepared: Prepared,
    work: Workload,
    name: str,
    policy: Policy,
    feedback: OutcomeTracker,
    start: int,
    progress: Callable[[float], None],
    *,
    explain: bool,
) -> RunRecord:
    """Every hour's decisions, told of what really happened; the oracle needs no controller.

    Args:
        start: position of the first origin in the telemetry.
        explain: keep the last decision on each job, whole.
    """
    controlled = prepared.settings.controlled and policy.asks_bound()
    state = State.empty(prepared, longest_job_h=work.longest_h, controlled=controlled)
    status = JobStatus.unknown(len(work))
    last_word: dict[int, tuple[HourResult, int]] = {}
    controllers, batches, advices = [], [], 0
    first_h = prepared.origin_utc.astype(np.int64) + 1
    arrivals = np.searchsorted(work.earliest_h, first_h, side="right")
    for step in range(len(first_h)):
        arrived = np.arange(arrivals[step - 1] if step else 0, arrivals[step])
        decided, state = decide(prepared, state, work, arrived, policy, name, feedback.hour_known(start + step))
        feedback.started(decided.started, work)
        status.add(decided)
        if explain:
            last_word.update((job, (decided, entry)) for entry, job in enumerate(decided.places.job.tolist()))
        if state.controller is not None:
            controllers.append(state.controller)
        batches.append((_or_nan(decided.objective_usd), _or_nan(decided.bound_usd)))
        advices += len(decided.advice)
        if step % HOURS_PER_DAY == 0:
            progress(step / len(first_h))
    if len(state.waiting):
        job = work.jobs[int(state.waiting[0])]
        raise DataError(f"job {job.id} still waits when the replay ends; its window should have closed before")
    return RunRecord(
        status=status,
        controllers=controllers,
        decisions=[
            decided.decision(entry) for _, (decided, entry) in sorted(last_word.items(), key=lambda item: item[0])
        ],
        batches=batches,
        advices=advices,
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
