"""Tasks in processes of their own."""

import multiprocessing
import os
import signal
import struct
import sys
import threading

import pytest

from fleet import side_by_side
from fleet.domain.workload import Workload
from fleet.errors import DataError, FleetError, PlacementError
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


def test_a_process_that_is_killed_in_the_middle_of_a_message_is_named(cores):
    if cores == 1:
        pytest.skip("one core: the task runs in this process")

    def killed(progress):
        # A message of 1,000 bytes, of which only three come.
        os.write(progress.__self__.fileno(), struct.pack("!i", 1_000) + b"abc")
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(FleetError, match=r"the run of priced ended without a result \(exit code -9\)"):
        run_side_by_side({"good": task_of(1), "priced": killed}, lambda name, share: None)


def test_an_error_keeps_its_values_on_its_way():
    def refused(progress):
        raise PlacementError("needs more power", job_id="train-7")

    with pytest.raises(PlacementError, match="job train-7: needs more power") as refusal:
        run_side_by_side({"good": task_of(1), "bad": refused}, lambda name, share: None)
    assert (refusal.value.job_id, refusal.value.reason) == ("train-7", "needs more power")


def test_tasks_end_after_the_process_that_reads_them_was_killed(cores):
    if cores == 1:
        pytest.skip("one core: the tasks run in this process")
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    both_run = context.Barrier(3)

    def task(progress):
        both_run.wait(60)
        threading.Event().wait(1)
        # More than a pipe holds.
        return b"x" * 10_000_000

    # Not a daemon: those may have no processes of their own.
    first = context.Process(target=run_side_by_side, args=({"a": task, "b": task}, lambda name, share: None))
    first.start()
    both_run.wait(60)
    first.kill()
    first.join()
    there.close()
    # The pipe ends when no process has its other end open.
    assert here.poll(30)
    with pytest.raises(EOFError):
        here.recv()


def test_in_a_process_of_a_pool_the_tasks_run_in_turn(monkeypatch):
    monkeypatch.undo()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_sum_of_tasks) == 3


def _sum_of_tasks():
    tasks = {"a": lambda progress: 1, "b": lambda progress: 2}
    return sum(one.result for one in run_side_by_side(tasks, lambda name, share: None).values())
