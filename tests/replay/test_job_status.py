"""The status of each job follows the results of the hours."""

from types import SimpleNamespace

import numpy as np
from support.runs import REGIONS, WORK
from support.sites import job, prepared_of

from fleet.decisions.decide import decide
from fleet.decisions.hour_result import APPROVE, DEFER, DENY
from fleet.decisions.state import Placements, State
from fleet.domain.workload import Workload
from fleet.physics.limits import GRID, IT_POWER, LIMITS, code_of
from fleet.placement import NOWHERE, POLICIES
from fleet.replay.job_status import JobStatus


def hour_result(
    first_h: int, *rows: tuple[int, int, int, int, int], limit=GRID, following=(NOWHERE,) * 4
) -> SimpleNamespace:
    """Return the result of an hour, as far as a status needs it.

    Args:
        rows: job, region and start after the hour, region before it, and verdict.
    """
    decision = SimpleNamespace(binding=SimpleNamespace(limit=limit), lacks_data=False)
    job_index, region, start_h, before, verdict = (np.array(column) for column in zip(*rows, strict=True))
    return SimpleNamespace(
        first_h=first_h,
        places=Placements(job=job_index, region=region, start_h=start_h, approval=job_index),
        before=Placements(job=job_index, region=before, start_h=start_h, approval=job_index),
        verdict=verdict,
        decision=lambda _entry: decision,
        work=SimpleNamespace(following=np.array(following)),
    )


def test_before_the_first_decision_no_job_has_a_place():
    status = JobStatus.initial(2)
    assert not status.placed.any()
    assert not status.committed.any()


def test_a_job_that_moves_keeps_its_last_place_and_counts_the_move():
    status = JobStatus.initial(1)
    status.add(hour_result(100, (0, 0, 103, NOWHERE, DEFER)))
    status.add(hour_result(101, (0, 1, 101, 0, APPROVE)))
    assert (status.region[0], status.start_h[0], status.origin_h[0]) == (1, 101, 100)
    assert (status.moves[0], status.committed[0]) == (1, True)


def test_a_job_that_lost_its_place_stays_committed_and_keeps_the_limit_that_denied_it():
    status = JobStatus.initial(2)
    status.add(hour_result(100, (0, 0, 103, NOWHERE, DEFER)))
    status.add(hour_result(101, (0, NOWHERE, NOWHERE, 0, DENY)))
    assert status.placed.tolist() == [False, False]
    assert status.committed.tolist() == [True, False]
    assert status.denied_limit[0] == code_of(GRID)


def test_the_segments_after_a_denied_one_are_denied_by_the_same_limit():
    status = JobStatus.initial(4)
    status.add(hour_result(100, (0, NOWHERE, NOWHERE, NOWHERE, DENY), following=(2, NOWHERE, 3, NOWHERE)))
    assert [limit == code_of(GRID) for limit in status.denied_limit] == [True, False, True, True]


def test_a_job_without_a_place_counts_from_its_arrival():
    status = JobStatus.initial(len(WORK))
    status.region[0], status.start_h[0] = 0, WORK.earliest_h[0] + 5
    assert (status.start_or_arrival_h(WORK) - WORK.earliest_h).tolist() == [5, 0, 0, 0]


def test_a_denied_job_has_the_limit_of_its_decision():
    # 12 MW of jobs do not fit under 10 MW of IT power, and the window allows one start.
    prepared = prepared_of(np.full((1, 2, 6), 4.0), regions=REGIONS)
    work = Workload.of([job(power_mw=12.0, duration_h=6)], REGIONS)
    status = JobStatus.initial(1)
    result, _ = decide(prepared, State.empty(prepared, longest_job_h=6), work, np.arange(1), POLICIES["greedy"]())
    status.add(result)
    assert LIMITS[status.denied_limit[0]] == IT_POWER
