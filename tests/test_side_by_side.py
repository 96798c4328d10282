"""Runs of policies in processes of their own."""

import os
import signal
import sys

import pytest

from fleet import side_by_side
from fleet.domain.workload import Workload
from fleet.errors import DataError, FleetError
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus
from fleet.side_by_side import run_side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies a process cheaply")


@pytest.fixture(autouse=True, params=[1, 2])
def cores(request, monkeypatch):
    monkeypatch.setattr(side_by_side, "_cores", lambda: request.param)
    return request.param


def task_of(jobs: int):
    def task(progress):
        progress(0.5)
        return RunRecord(work=Workload.of([], []), status=JobStatus.initial(jobs), advices=os.getpid())

    return task


def test_the_results_come_in_the_order_of_the_tasks_and_each_share_is_reported(cores):
    shares = []
    results = run_side_by_side(
        {f"policy {jobs}": task_of(jobs) for jobs in range(1, 6)}, lambda name, share: shares.append((name, share))
    )
    assert [(name, len(one.result.status.placed)) for name, one in results.items()] == [
        (f"policy {jobs}", jobs) for jobs in range(1, 6)
    ]
    assert sorted(shares) == [(name, share) for name in results for share in (0.5, 1.0)]
    # With two cores, no task runs in this process.
    assert (os.getpid() in {one.result.advices for one in results.values()}) is (cores == 1)


def test_shared_objects_are_not_copied_and_new_ones_are(cores):
    shared = [frozenset({"one"}), frozenset({"two"})]
    new = frozenset({"new"})

    def task(progress):
        return [*shared, frozenset({"made by the task"}), new]

    for timed in run_side_by_side({"a": task, "b": task}, lambda name, share: None, shared).values():
        one, two, made, copied = timed.result
        assert (one is shared[0], two is shared[1]) == (True, True)
        assert (made, copied) == (frozenset({"made by the task"}), new)
        assert (copied is new) is (cores == 1)


def test_the_error_of_a_task_is_raised_as_it_is():
    def refused(progress):
        raise DataError("a job still waits")

    with pytest.raises(DataError, match="a job still waits"):
        run_side_by_side({"good": task_of(1), "bad": refused}, lambda name, share: None)


def test_a_process_that_is_killed_is_named(cores):
    if cores == 1:
        pytest.skip("one core: the task runs in this process")

    def killed(progress):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(FleetError, match=r"the run of priced ended without a result \(exit code -9\)"):
        run_side_by_side({"good": task_of(1), "priced": killed}, lambda name, share: None)
