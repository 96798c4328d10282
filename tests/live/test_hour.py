"""A live hour on a calm region: 10 MW of IT power less 6 MW of load leave 4 MW, until jobs are placed."""

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError, LedgerError
from fleet.ledger import Ledger, PlaceChoice, sqlite_url
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour

FLEET = fleet_of(region("alpha"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
FOUR_HOURS = {"duration_h": 4, "deadline_utc": hour("2024-05-20T12")}
# Takes the whole headroom for 20 hours.
FULL = job("full", power_mw=4.0, duration_h=20, deadline_utc=AT + 22, priority=1)


def decide_at(ledger, jobs, at=AT, *, telemetry=STORED, policy="greedy", fleet=FLEET) -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=fleet, settings=NAIVE, at=at)
    return decide_live_hour(inputs, jobs, ledger, policy=policy, made_utc=NOW)


def verdicts(result: LiveHour) -> dict:
    """Return verdict and start by job id."""
    return {entry.decision.job_id: (entry.decision.verdict, entry.decision.start_utc) for entry in result.entries}


@pytest.mark.slow
def test_a_decision_is_recorded_once_and_not_made_again(ledger):
    assert verdicts(decide_at(ledger, [job("a")])) == {"a": (Verdict.APPROVE, AT + 1)}
    again = decide_at(ledger, [job("a")])
    assert (list(again.entries), again.settled) == ([], 1)
    later = decide_at(ledger, [job("a")], AT + 1)
    assert (list(later.entries), later.settled) == ([], 1)
    (record,) = ledger.decisions(mode="live")
    assert (record.made_utc, record.origin_utc) == (NOW, AT)
    assert record.model.startswith("seasonal_naive ")


def test_power_that_an_earlier_hour_approved_is_not_given_away_again(ledger):
    decide_at(ledger, [job("a", power_mw=3.0, **FOUR_HOURS)])
    # 1 MW is left until 05.
    result = decide_at(ledger, [job("b", power_mw=2.0, deadline_utc=hour("2024-05-20T12"))], AT + 1)
    assert verdicts(result) == {"b": (Verdict.DEFER, hour("2024-05-20T05"))}


def test_jobs_decided_one_by_one_get_the_places_of_jobs_decided_together(ledger, tmp_path):
    jobs = [job(name, power_mw=1.5, **FOUR_HOURS) for name in "abcd"]
    together = Ledger(sqlite_url(tmp_path / "together.sqlite"))
    for submitted in jobs:
        decide_at(ledger, [submitted])
    decide_at(together, jobs)
    one_by_one, at_once = (
        sorted((record.job_id, record.start_utc) for record in recorded.decisions()) for recorded in (ledger, together)
    )
    together.close()
    assert one_by_one == at_once


@pytest.mark.slow
def test_a_waiting_job_is_recorded_when_it_arrives_and_when_it_gets_a_place(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 18)]
    first = decide_at(ledger, jobs)
    assert verdicts(first) == {"full": (Verdict.APPROVE, AT + 1), "waits": (Verdict.DEFER, None)}
    assert verdicts(decide_at(ledger, jobs, AT + 1)) == {}
    ledger.override(first.entries[0].id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    assert verdicts(decide_at(ledger, jobs, AT + 2)) == {"waits": (Verdict.APPROVE, AT + 3)}
    assert verdicts(decide_at(ledger, jobs, AT + 3)) == {}


@pytest.mark.slow
def test_a_waiting_job_is_denied_when_its_window_closed_between_two_hours(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 5)]
    assert verdicts(decide_at(ledger, jobs))["waits"] == (Verdict.DEFER, None)
    assert verdicts(decide_at(ledger, jobs, AT + 9)) == {"waits": (Verdict.DENY, None)}


def test_an_override_that_denies_an_approved_job_frees_its_place_in_the_same_hour(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 5)]
    (full, _) = decide_at(ledger, jobs).entries
    ledger.override(full.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    assert verdicts(decide_at(ledger, jobs)) == {"waits": (Verdict.APPROVE, AT + 1)}
    # The job waited, and got a place at the same origin: two decisions, and both are recorded.
    assert [record.verdict for record in ledger.decisions() if record.job_id == "waits"] == ["approve", "defer"]
    assert not decide_at(ledger, jobs).entries


def test_a_job_that_a_person_approved_keeps_its_place(ledger):
    refused = job("refused", power_mw=2.0, deadline_utc=AT + 3)
    denied = decide_at(ledger, [FULL, refused]).entries[1]
    assert denied.decision.verdict is Verdict.DENY
    forced = PlaceChoice(is_forced=True)
    override = ledger.override(denied.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW, choice=forced)
    assert (override.region, override.start_utc) == ("alpha", AT + 1)
    ledger.override(ledger.decisions()[-1].id, Verdict.DENY, by="Ann", reason="made room", made_utc=NOW)
    # The approved job uses 2 of 4 MW until 03.
    result = decide_at(ledger, [FULL, refused, job("third", power_mw=3.0, deadline_utc=AT + 12)])
    assert verdicts(result) == {"third": (Verdict.DEFER, AT + 3)}


@pytest.mark.slow
def test_a_waiting_job_that_a_person_denied_is_not_decided_again(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 18)]
    waiting = decide_at(ledger, jobs).entries[1]
    ledger.override(waiting.id, Verdict.DENY, by="Ann", reason="no longer needed", made_utc=NOW)
    assert not decide_at(ledger, jobs, AT + 10).entries


def test_jobs_that_have_not_arrived_are_counted_and_not_decided(ledger):
    result = decide_at(ledger, [job("early", earliest_utc=AT + 2), job("here")])
    assert (result.early, list(verdicts(result))) == (1, ["here"])


def test_without_jobs_no_decision_is_made(ledger):
    assert not decide_at(ledger, []).entries


@pytest.mark.slow
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_values_after_the_origin_do_not_change_the_decisions(tmp_path, how):
    origin = STORED.position(AT)
    values = {name: corrupted(grid, origin, how) for name, grid in STORED.values.items()}
    corrupt = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    cut = STORED.hours(0, origin + 1)
    records = []
    for name, telemetry in (("original", STORED), ("corrupt", corrupt), ("cut", cut)):
        ledger = Ledger(sqlite_url(tmp_path / f"{name}.sqlite"))
        decide_at(ledger, [job("a"), job("b", power_mw=9.0)], telemetry=telemetry)
        records.append(ledger.decisions())
        ledger.close()
    assert records[0] == records[1] == records[2]


@pytest.mark.slow
def test_the_last_stored_hour_is_the_default(ledger):
    end = STORED.time_utc[-1]
    result = decide_at(ledger, [job(earliest_utc=end + 1, deadline_utc=end + 9)], None)
    assert result.origin_utc == end
    assert verdicts(result) == {"job": (Verdict.APPROVE, end + 1)}


def test_an_unknown_policy_or_an_hour_without_telemetry_is_refused_and_nothing_is_recorded(ledger):
    with pytest.raises(ConfigError, match="policy 'magic' is unknown"):
        decide_at(ledger, [job()], policy="magic")
    with pytest.raises(DataError, match="outside the telemetry"):
        decide_at(ledger, [job()], hour("2030-01-01T00"))
    early = job(earliest_utc=hour("2024-01-20T01"), deadline_utc=hour("2024-01-20T09"))
    with pytest.raises(DataError, match="30 days"):
        decide_at(ledger, [early], hour("2024-01-20T00"))
    assert ledger.decisions() == []


@pytest.mark.slow
def test_without_recent_telemetry_no_job_is_approved(ledger):
    values = {name: grid.copy() for name, grid in STORED.values.items()}
    values["temperature_c"][0, STORED.position(AT) - 30 :] = np.nan
    gapped = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    result = decide_at(ledger, [job("a")], telemetry=gapped)
    assert verdicts(result) == {"a": (Verdict.DEFER, None)}
    assert "no bound can be given" in result.entries[0].decision.reason


@pytest.mark.slow
def test_a_region_may_leave_the_fleet_when_its_last_job_has_ended(ledger):
    two = fleet_of(region("alpha"), region("beta"))
    in_beta = job("a", power_mw=4.0, home_region="beta", regions=("beta",))
    decide_at(ledger, [in_beta], telemetry=calm(two), fleet=two)
    later = job("b", power_mw=4.0, earliest_utc=AT + 3, deadline_utc=AT + 9)
    with pytest.raises(ConfigError, match="the fleet has no region 'beta'"):
        decide_at(ledger, [later], at=AT + 1)
    assert verdicts(decide_at(ledger, [later], at=AT + 2)) == {"b": (Verdict.APPROVE, AT + 3)}


def test_a_job_without_alternatives_cannot_be_approved_by_a_person(ledger):
    # Its last start has passed and its deadline has not.
    too_late = job("too_late", earliest_utc=AT - 20, deadline_utc=AT + 2, duration_h=4)
    (entry,) = decide_at(ledger, [too_late]).entries
    assert entry.decision.verdict is Verdict.DENY
    with pytest.raises(LedgerError, match="window had closed"):
        ledger.override(entry.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=NOW)


def test_a_job_whose_deadline_has_passed_is_counted_as_expired_and_not_recorded(ledger):
    result = decide_at(ledger, [job("expired", earliest_utc=AT - 20, deadline_utc=AT - 10)])
    assert ([job.id for job in result.expired], list(result.entries)) == (["expired"], [])
    assert ledger.decisions() == []


@pytest.mark.slow
def test_an_observed_grid_limit_below_the_contract_denies_what_the_contract_would_allow(ledger):
    limit_mw = np.full((1, len(STORED.time_utc)), 20.0)
    position = STORED.position(AT)
    # 8 MW from the grid carry less than 8 MW of IT, so of 4 MW less than 2 MW are left. The gap does not end the order.
    limit_mw[0, position - 1] = 8.0
    limit_mw[0, position] = np.nan
    limited = Telemetry(
        regions=STORED.regions, time_utc=STORED.time_utc, values={**STORED.values, "grid_limit_mw": limit_mw}
    )
    only_now = {"power_mw": 2.0, "deadline_utc": AT + 3}
    result = decide_at(ledger, [job("limited", **only_now)], telemetry=limited)
    (entry,) = result.entries
    assert entry.decision.verdict is Verdict.DENY
    assert "the grid limit in alpha" in entry.decision.reason
    # An hour before the order, and an hour after it has ended, the job runs.
    for name, at in (("before", AT - 2), ("after", AT + 1)):
        moved = job(name, power_mw=2.0, earliest_utc=at + 1, deadline_utc=at + 3)
        assert verdicts(decide_at(ledger, [moved], at, telemetry=limited)) == {name: (Verdict.APPROVE, at + 1)}
