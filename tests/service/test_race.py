"""Eight processes decide at once on one database, and never promise more than there is."""

import json
import multiprocessing
import os
import time

import pytest
from support.service_checks import check_ledger
from support.service_clients import get_text, server
from support.service_homes import write_service_home
from support.service_races import decide_in_turn

from fleet.ledger import Ledger

# Jobs of each process; the full race sets 2000.
JOBS, PROCESSES = int(os.environ.get("FLEET_RACE_JOBS", "60")), 8

pytestmark = pytest.mark.slow


def test_eight_processes_never_promise_more_than_there_is(tmp_path, ledger_url):
    home = write_service_home(tmp_path / "home")
    Ledger(ledger_url).close()
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(PROCESSES + 1)
    processes = [
        context.Process(target=decide_in_turn, args=(home, ledger_url, number, JOBS, begin))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    begin.wait(120)
    started = time.monotonic()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    seconds = time.monotonic() - started
    told = {}
    for number in range(PROCESSES):
        told |= json.loads((home / f"told-{number}.json").read_text())
    # Every process asked for every job id of the shared half, and each was decided once.
    assert check_ledger(ledger_url, told) == len(told) == PROCESSES * JOBS // 2 + JOBS // 2
    placed = sum(one["region"] is not None for one in told.values())
    assert 0 < placed < len(told)
    print(f"{PROCESSES} x {JOBS} jobs in {seconds:.1f} s: {PROCESSES * JOBS / seconds:.0f}/s, {placed} placed")


def test_another_process_plans_the_hours_after_a_crash(tmp_path, ledger_url):
    home = write_service_home(tmp_path / "home")
    with server(home, ledger_url) as one, server(home, ledger_url) as two:
        # Whichever is ready first leads.
        leader = wait_for_leader(one, two)
        (other,) = {one, two} - {leader}
        assert leads(other) == 0.0
        leader.kill()
        started = time.monotonic()
        wait_for_leader(other)
        assert time.monotonic() - started < 30


def leads(process):
    """Return 1 if a process plans the hours."""
    text = get_text(process.port, "/metrics")
    return float(next(line for line in text.splitlines() if line.startswith("fleet_leader ")).split()[1])


def wait_for_leader(*processes):
    """Return the first of some processes that plans the hours."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        for process in processes:
            if leads(process) == 1.0:
                return process
        time.sleep(0.2)
    raise AssertionError("no process plans the hours")
