"""Several processes and two workspaces decide one hour on one ledger: no megawatt is promised twice, no row is lost."""

import multiprocessing
import time

import numpy as np
import pytest
from support.controllers import caution_of
from support.shared_homes import (
    AT,
    DURATION_H,
    FLEET,
    JOBS_EACH,
    SETTINGS,
    decide_and_stop,
    decide_numbers,
    jobs_of,
    request_of,
    uneven,
    write_home,
)

from fleet.decisions.level_rows import LevelRows
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.decision import Verdict
from fleet.ledger import Ledger
from fleet.live.reservations import known_at, reserved_mw
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


def promised_mw(home):
    """Return the (region, start, hour of the window) power that an empty ledger could promise to jobs of the length."""
    inputs = request_of(home).read()
    known = known_at(inputs.telemetry, FLEET, AT, SETTINGS.horizon)
    prepared = inputs.engine.prepare(known, FLEET, SETTINGS).prepared
    rows = LevelRows.of(prepared, 0, SETTINGS.horizon + DURATION_H, caution_of(len(FLEET.regions)))
    return WindowHeadroom(prepared, 0, rows).spare_mw(DURATION_H)


def over_mw(ledger, promised):
    """Return by how much the placed jobs exceed, in any hour, what was promised to all jobs that run in it."""
    records = [record for record in ledger.jobs(mode="live") if record.has_place]
    held_mw = reserved_mw(records, FLEET, AT + 1, SETTINGS.horizon + DURATION_H)
    most_mw = np.full_like(held_mw, -np.inf)
    for record in records:
        region = FLEET.region_ids.index(record.region)
        start = int((record.start_utc - (AT + 1)) / np.timedelta64(1, "h"))
        hours = slice(start, start + DURATION_H)
        most_mw[region, hours] = np.maximum(most_mw[region, hours], promised[region, start])
    return (held_mw - most_mw)[held_mw > 0].max()


def test_many_decisions_at_once_from_two_workspaces_promise_no_more_than_there_is(ledger, homes):
    promised = promised_mw(homes[0])
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
