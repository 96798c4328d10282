"""A live hour is recorded only if the ledger is still the one that it was decided from.

Alpha has 10 MW of IT power and 6 MW of load, so its jobs may take 4 MW.
"""

import pytest
from support.entries import decision, entry
from support.entries import job as recorded_job
from support.queued import AT, CORRECTED, FIRST, FLEET, NOW, SECOND, STORED
from support.sites import NAIVE, job

from fleet.domain.decision import Verdict
from fleet.errors import LedgerChangedError
from fleet.ledger import PlaceChoice
from fleet.live import engine
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour


@pytest.fixture
def meanwhile(monkeypatch):
    """Calls a function once, after an hour has read the ledger and before it has recorded anything."""

    def run(act) -> None:
        advance, waiting = engine.advance, [act]

        def interrupted(*words, **options):
            while waiting:
                waiting.pop()()
            return advance(*words, **options)

        monkeypatch.setattr(engine, "advance", interrupted)

    return run


def decide_at(ledger, jobs, at=AT, telemetry=STORED) -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy="priced", made_utc=NOW)


def place_of(ledger, name: str) -> tuple:
    """Return verdict, region and start of a job."""
    (record,) = [record for record in ledger.jobs(mode="live") if record.job_id == name]
    return record.verdict, record.region, record.start_utc


def other_job(ledger, power_mw: float) -> None:
    """Record a job that someone else places in alpha from 05 to 09."""
    made = decision("other", region="alpha", start_utc=AT + 5, verdict=Verdict.DEFER)
    ledger.append([entry(made, job=recorded_job("other", power_mw=power_mw, duration_h=4))])


@pytest.mark.slow
def test_a_job_that_comes_back_to_an_earlier_place_in_the_same_hour_is_recorded(ledger):
    # Both regions are full until 05, so the job waits for 05 wherever it goes.
    in_beta = job("in_beta", power_mw=4.0, duration_h=4, deadline_utc=AT + 5, home_region="beta", regions=("beta",))
    jobs, made = [FIRST, in_beta, SECOND], []
    for telemetry in (STORED, CORRECTED, STORED):
        result = decide_at(ledger, jobs, telemetry=telemetry)
        made += [one.id for one in result.entries if one.decision.job_id == "second"]
        assert place_of(ledger, "second")[1:] == ("beta" if telemetry is CORRECTED else "alpha", AT + 5)
    assert len(set(made)) == 3
    assert not decide_at(ledger, jobs).entries


@pytest.mark.slow
def test_a_job_that_was_told_to_run_now_stays_in_the_same_hour(ledger):
    decide_at(ledger, [SECOND])
    assert place_of(ledger, "second") == (Verdict.APPROVE, "alpha", AT + 1)
    assert not decide_at(ledger, [SECOND], telemetry=CORRECTED).entries


@pytest.mark.slow
def test_a_queued_job_that_began_in_an_hour_that_was_decided_stays(ledger):
    decide_at(ledger, [FIRST, SECOND])
    # At 04 the hour from 05 on is decided: the job keeps its place without a new row, and another job is recorded.
    decide_at(ledger, [FIRST, SECOND, job("third", earliest_utc=AT + 5, deadline_utc=AT + 9)], AT + 4)
    assert place_of(ledger, "second") == (Verdict.DEFER, "alpha", AT + 5)
    again = decide_at(ledger, [FIRST, SECOND], AT + 4, CORRECTED)
    assert "second" not in [made.decision.job_id for made in again.entries]


@pytest.mark.slow
def test_a_job_of_someone_else_that_takes_the_power_stops_the_hour(ledger, meanwhile):
    meanwhile(lambda: other_job(ledger, 3.0))
    with pytest.raises(LedgerChangedError, match=r"alpha would hold 5 MW .* decide again"):
        decide_at(ledger, [FIRST, SECOND])
    assert [record.job_id for record in ledger.decisions()] == ["other"]
    decide_at(ledger, [FIRST, SECOND])
    assert place_of(ledger, "second")[1:] != ("alpha", AT + 5)


@pytest.mark.slow
def test_a_job_of_someone_else_that_leaves_room_does_not_stop_the_hour(ledger, meanwhile):
    meanwhile(lambda: other_job(ledger, 1.0))
    assert len(decide_at(ledger, [FIRST, SECOND]).entries) == 2


@pytest.mark.slow
def test_an_override_that_comes_while_the_hour_is_decided_is_not_undone(ledger, meanwhile):
    (made,) = [made for made in decide_at(ledger, [FIRST, SECOND]).entries if made.decision.job_id == "second"]
    meanwhile(lambda: ledger.override(made.id, Verdict.DENY, by="Ann", reason="maintenance", made_utc=NOW))
    with pytest.raises(LedgerChangedError, match="job second was decided or overridden"):
        decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED)
    assert place_of(ledger, "second") == (Verdict.DENY, None, None)
    assert not decide_at(ledger, [FIRST, SECOND], AT + 1, CORRECTED).entries


def test_power_that_a_person_approves_while_the_hour_is_decided_stops_the_hour(ledger, meanwhile):
    big = job("big", power_mw=9.0, deadline_utc=AT + 3, regions=("alpha",))
    (refused,) = decide_at(ledger, [big]).entries
    forced = PlaceChoice(is_forced=True)
    meanwhile(lambda: ledger.override(refused.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=NOW, choice=forced))
    with pytest.raises(LedgerChangedError, match="decide again"):
        decide_at(ledger, [FIRST])
    assert place_of(ledger, "big") == (Verdict.APPROVE, "alpha", AT + 1)
    assert "first" not in [record.job_id for record in ledger.decisions()]
