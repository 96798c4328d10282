"""Several processes and two workspaces decide one hour on one ledger: no megawatt is promised twice, no row is lost."""

import multiprocessing
import time

import numpy as np
import pytest
from support.shared_homes import (
    AT,
    DURATION_H,
    FLEET,
    JOBS_EACH,
    decide_and_stop,
    decide_numbers,
    jobs_of,
    request_of,
    uneven,
    write_home,
)

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger
from fleet.live.reservations import reserved_mw
from fleet.workflows.decide_hour import headroom_now
from fleet.workflows.open_workspace import DATABASE_VARIABLE

DECIDES, PROCESSES = 25, 8

pytestmark = pytest.mark.slow


@pytest.fixture
def homes(tmp_path):
    telemetry = uneven()
    folders = [tmp_path / name for name in ("north", "south")]
    for home in folders:
        write_home(home, telemetry)
    return folders


@pytest.fixture
def ledger(ledger_url, monkeypatch):
    monkeypatch.setenv(DATABASE_VARIABLE, ledger_url)
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()


def start(target, *words):
    process = multiprocessing.get_context("spawn").Process(target=target, args=words)
    process.start()
    return process


def over_mw(ledger, promised):
    """Return by how much the placed jobs exceed what an empty ledger could promise to jobs of their length."""
    records = [record for record in ledger.jobs(mode="live") if record.has_place]
    starts = promised.headroom_mw.shape[1]
    held_mw = reserved_mw(records, FLEET, AT + 1, starts + DURATION_H)
    worst = -np.inf
    for record in records:
        region = FLEET.region_ids.index(record.region)
        first = int((record.start_utc - (AT + 1)) / np.timedelta64(1, "h"))
        most_mw = held_mw[region, first : first + DURATION_H].max()
        worst = max(worst, most_mw - promised.headroom_mw[region, first])
    return worst


def test_many_decisions_at_once_from_two_workspaces_promise_no_more_than_there_is(ledger, homes):
    promised = headroom_now(request_of(homes[0]), duration_h=DURATION_H)
    processes = [
        start(decide_numbers, homes[index % 2], range(index, DECIDES, PROCESSES)) for index in range(PROCESSES)
    ]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert over_mw(ledger, promised) <= 1e-9
    # There was more to place than the hour could promise, and what it could promise was used.
    records = ledger.jobs(mode="live")
    placed_mw = sum(record.power_mw for record in records if record.has_place)
    assert 0 < placed_mw < sum(job.power_mw for number in range(DECIDES) for job in jobs_of(number))
    # Every job of every decision is known, and everything that a process reported is recorded.
    assert {record.job_id for record in records} == {
        f"d{number}-{index}" for number in range(DECIDES) for index in range(JOBS_EACH)
    }
    reported = {name for home in homes for path in home.glob("decided-*") for name in path.read_text().split()}
    assert len(list(homes[0].glob("decided-*")) + list(homes[1].glob("decided-*"))) == DECIDES
    assert reported == {record.id for record in ledger.decisions()}
    assert not ledger.verify().faults


@pytest.mark.parametrize("point", ["forecast", "commit"])
def test_a_process_killed_while_it_decides_leaves_nothing_and_the_next_one_decides(ledger, homes, tmp_path, point):
    reached = tmp_path / "reached"
    killed = start(decide_and_stop, homes[0], point, reached)
    while not reached.exists():
        assert killed.is_alive()
        time.sleep(0.05)
    waiting = start(decide_numbers, homes[1], [1])
    waiting.join(1.0)
    assert waiting.is_alive()
    killed.kill()
    killed.join()
    waiting.join()
    assert waiting.exitcode == 0
    assert {record.job_id for record in ledger.decisions()} == {job.id for job in jobs_of(1)}
    decide_numbers(homes[0], [0])
    places = {record.job_id: record.verdict for record in ledger.jobs(mode="live")}
    assert places["d0-0"] is places["d1-0"] is Verdict.APPROVE
    assert not ledger.verify().faults
