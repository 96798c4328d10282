"""Queued jobs in live operation: what the ledger holds of them, and when their place changes."""

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.errors import ConfigError
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import tick
from fleet.live.live_controller import live_controller

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
# Beta is the dearer one.
STORED = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 90.0}})
# Telemetry that is corrected: alpha's own load of the last days leaves 0.2 MW.
JUMPED = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) - 48, None)), 9.8)
# Four megawatts are free at home: the first job takes them until 05, and the second plans to follow it.
FIRST = job("first", power_mw=4.0, duration_h=4, deadline_utc=AT + 5, regions=("alpha",))
SECOND = job("second", power_mw=2.0, duration_h=2, deadline_utc=AT + 12)


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield book
    book.close()


def ticked(ledger, jobs, at=AT, telemetry=STORED):
    return tick(telemetry, FLEET, jobs, ledger, settings=NAIVE, policy="priced", made_utc=NOW, at=at)


def told(result) -> dict:
    found = {entry.decision.job_id: entry.decision for entry in result.entries}
    return {name: (d.verdict, d.region, d.start_utc) for name, d in found.items()}


def test_a_plan_is_recorded_once_while_it_stays(ledger):
    first = ticked(ledger, [FIRST, SECOND])
    assert told(first)["second"] == (Verdict.DEFER, "alpha", AT + 5)
    assert ticked(ledger, [FIRST, SECOND], AT + 1).entries == []
    assert len(ledger.decisions()) == 2


def test_a_place_that_holds_no_longer_is_given_up_for_another_and_recorded(ledger):
    ticked(ledger, [FIRST, SECOND])
    found = ticked(ledger, [FIRST, SECOND], AT + 1, JUMPED)
    assert told(found) == {"second": (Verdict.APPROVE, "beta", AT + 2)}
    (now,) = [row for row in ledger.jobs(mode="live") if row["job_id"] == "second"]
    assert (now["region"], now["start_utc"]) == ("beta", "2024-05-20T02:00Z")
    assert len([row for row in ledger.decisions() if row["job_id"] == "second"]) == 2


def test_what_a_person_decided_is_not_moved(ledger):
    planned = ticked(ledger, [FIRST, SECOND]).entries[1]
    assert planned.decision.job_id == "second"
    ledger.override(planned.id, Verdict.APPROVE, by="Ann", reason="promised to the customer", made_utc=NOW)
    assert ticked(ledger, [FIRST, SECOND], AT + 1, JUMPED).entries == []


def test_a_job_that_is_no_longer_in_the_file_keeps_its_place(ledger):
    ticked(ledger, [FIRST, SECOND])
    assert ticked(ledger, [FIRST], AT + 1, JUMPED).entries == []


def test_a_move_leaves_the_old_region_and_enters_the_new_one(ledger):
    ticked(ledger, [FIRST, SECOND])
    moved = ticked(ledger, [FIRST, SECOND], AT + 1, JUMPED)
    assert moved.controller.unresolved.tolist() == [1, 1]
    # Read out of the ledger an hour later it is the same.
    known = JUMPED.hours(0, JUMPED.position(AT + 2) + 1)
    again, ended = live_controller(ledger, ledger.jobs(mode="live"), known, FLEET, NAIVE)
    assert again.unresolved.tolist() == [1, 1]
    assert (again.resolved.sum(), ended) == (0, [])
    np.testing.assert_array_equal(again.out_of_turn, 0)


def test_a_queued_job_that_was_edited_keeps_the_place_and_the_power_that_were_decided(ledger):
    ticked(ledger, [FIRST, SECOND])
    edited = job("second", power_mw=3.0, duration_h=2, deadline_utc=AT + 12)
    assert ticked(ledger, [FIRST, edited], AT + 1, JUMPED).entries == []


def test_a_place_that_no_bound_was_asked_for_is_not_moved(ledger):
    tick(STORED, FLEET, [FIRST, SECOND], ledger, settings=NAIVE, policy="point_forecast", made_utc=NOW, at=AT)
    assert ticked(ledger, [FIRST, SECOND], AT + 1, JUMPED).entries == []


def test_the_oracle_decides_nothing_live(ledger):
    with pytest.raises(ConfigError, match="policy 'oracle' needs to know the future"):
        tick(STORED, FLEET, [FIRST], ledger, settings=NAIVE, policy="oracle", made_utc=NOW, at=AT)


def test_the_bound_of_the_hours_plan_is_told_beside_its_objective(ledger):
    found = ticked(ledger, [FIRST, SECOND])
    assert 0 < found.bound_usd <= found.objective_usd
