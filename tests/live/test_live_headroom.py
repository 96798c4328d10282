"""The live curve on a calm fleet: 10 MW installed less 6 MW of load leave 4 MW, until something is placed."""

import json

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import tick
from fleet.live.live_headroom import live_curve

FLEET = fleet_of(region("alpha"), region("beta"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
RUNS = job(power_mw=1.3, duration_h=5, earliest_utc=AT + 1, deadline_utc=AT + 6, regions=("alpha",))


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield book
    book.close()


def curved(ledger, *, telemetry=STORED, duration_h=1, at=AT):
    return live_curve(telemetry, FLEET, ledger, settings=NAIVE, duration_h=duration_h, at=at)


def placed(ledger):
    result = tick(STORED, FLEET, [RUNS], ledger, settings=NAIVE, policy="greedy", made_utc=NOW, at=AT)
    assert result.entries[0].decision.verdict is Verdict.APPROVE
    return result.entries[0].id


def test_an_approved_job_is_taken_off_once_in_its_hours_and_nowhere_else(ledger):
    before = curved(ledger)
    placed(ledger)
    after = curved(ledger)
    fell = before.headroom_mw - after.headroom_mw
    np.testing.assert_allclose(fell[0, :5], 1.3, atol=1e-6)
    assert (fell[0, 5:] == 0).all()
    assert (fell[1] == 0).all()
    np.testing.assert_array_equal(after.reserved_mw[0], [1.3] * 5 + [0.0] * 19)
    np.testing.assert_array_equal(before.headroom_mw, 4.0)


def test_an_hour_later_the_job_holds_what_is_left_of_it(ledger):
    placed(ledger)
    np.testing.assert_array_equal(curved(ledger, at=AT + 2).reserved_mw[0], [1.3] * 3 + [0.0] * 21)


def test_a_job_that_a_person_withdrew_holds_nothing(ledger):
    ledger.override(placed(ledger), Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    np.testing.assert_array_equal(curved(ledger).headroom_mw, 4.0)


def test_without_a_ledger_nothing_is_reserved(ledger):
    assert curved(None).as_dict(FLEET.region_ids) == curved(ledger).as_dict(FLEET.region_ids)


def test_the_controller_of_the_ledger_governs_the_curve(ledger):
    jobs = [job(f"j{number}", power_mw=0.001, regions=("alpha",)) for number in range(500)]
    tick(STORED, FLEET, jobs, ledger, settings=NAIVE, policy="greedy", made_utc=NOW, at=AT)
    own = curved(ledger)
    # Five hundred approvals whose end is not known are the most that a region takes.
    assert {each.limit for each in own.binding[0]} == {"controller"}
    assert (own.headroom_mw[0] == 0).all()
    assert (own.headroom_mw[1] == 4.0).all()


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_curve_of_the_past_reads_no_later_hour(how):
    origin = STORED.position(AT)
    values = {name: corrupted(grid, origin, how) for name, grid in STORED.values.items()}
    spoilt = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    whole, other = (json.dumps(curved(None, telemetry=each).as_dict(FLEET.region_ids)) for each in (STORED, spoilt))
    assert whole == other


@pytest.mark.parametrize("duration_h", [0, -1, 337])
def test_a_window_that_no_job_has_is_refused(duration_h):
    with pytest.raises(ConfigError, match=f"duration is {duration_h} h, expected 1 to 336 h"):
        curved(None, duration_h=duration_h)


def test_an_hour_that_is_not_stored_is_refused():
    with pytest.raises(DataError, match="outside the telemetry"):
        curved(None, at=hour("2030-01-01T00"))
