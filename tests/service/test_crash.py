"""A service killed at random moments under load loses and doubles nothing, and goes on."""

import os
import random
import threading
import time

import pytest
from support.service_checks import check_ledger
from support.service_clients import Acknowledged, client_threads, server
from support.service_homes import write_service_home

# How often the service is killed; the benchmark of crashes sets 200.
KILLS = int(os.environ.get("FLEET_KILLS", "6"))

pytestmark = pytest.mark.slow


def test_no_acknowledged_decision_is_lost_or_doubled(tmp_path, ledger_url):
    home = write_service_home(tmp_path / "home")
    told, stop, dice = Acknowledged(), threading.Event(), random.Random(7)  # noqa: S311 (moments of a test)
    with server(home, ledger_url) as process:
        threads = client_threads([process.port], 6, told, stop)
        for _ in range(KILLS):
            wait_for_answers(told)
            time.sleep(dice.uniform(0.0, 0.5))
            process.kill()
            process.start()
        wait_for_answers(told)
        assert process.stop() == 0
        stop.set()
        for thread in threads:
            thread.join(60)
    assert told.decisions
    check_ledger(ledger_url, told.decisions)
    print(f"{KILLS} kills, {len(told.decisions):,} acknowledged decisions, answers {told.statuses}")


def wait_for_answers(told):
    """Wait until the service, just started, has answered some requests."""
    # Without compiled code, the first answers of a busy machine take minutes.
    before, until = len(told.decisions), time.monotonic() + 300
    while len(told.decisions) < before + 3:
        assert time.monotonic() < until, told.statuses
        time.sleep(0.01)
