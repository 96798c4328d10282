"""A live hour on a calm fleet: 10 MW installed less 6 MW of load leave 4 MW, until something is placed."""

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError, LedgerError
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import tick

FLEET = fleet_of(region("alpha"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
LONG = {"duration_h": 4, "deadline_utc": hour("2024-05-20T12")}

FULL = job("full", power_mw=4.0, duration_h=20, deadline_utc=AT + 22, priority=1)


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield book
    book.close()


def ticked(ledger, jobs, at=AT, *, telemetry=STORED, policy="greedy", fleet=FLEET):
    return tick(telemetry, fleet, jobs, ledger, settings=NAIVE, policy=policy, made_utc=NOW, at=at)


def outcome(result) -> dict:
    return {entry.decision.job_id: (entry.decision.verdict, entry.decision.start_utc) for entry in result.entries}


def test_a_decision_is_recorded_once_and_not_made_again(ledger):
    first = ticked(ledger, [job("a")])
    assert outcome(first) == {"a": (Verdict.APPROVE, AT + 1)}
    again = ticked(ledger, [job("a")])
    assert (again.entries, again.settled) == ([], 1)
    later = ticked(ledger, [job("a")], AT + 1)
    assert (later.entries, later.settled) == ([], 1)
    (row,) = ledger.decisions(mode="live")
    assert (row["made_utc"], row["origin_utc"]) == (NOW, "2024-05-20T00:00Z")
    assert row["model"].startswith("seasonal_naive ")


def test_what_earlier_ticks_approved_is_not_given_away_again(ledger):
    ticked(ledger, [job("a", power_mw=3.0, **LONG)])
    # One MW is left until 05.
    found = ticked(ledger, [job("b", power_mw=2.0, deadline_utc=hour("2024-05-20T12"))], AT + 1)
    assert outcome(found) == {"b": (Verdict.DEFER, hour("2024-05-20T05"))}


def test_reservations_are_those_of_one_tick_with_all_the_jobs(ledger, tmp_path):
    jobs = [job(name, power_mw=1.5, **LONG) for name in "abcd"]
    together = Ledger(sqlite_url(tmp_path / "together.sqlite"))
    for one in jobs:
        ticked(ledger, [one])
    ticked(together, jobs)
    placed = [sorted((row["job_id"], row["start_utc"]) for row in book.decisions()) for book in (ledger, together)]
    together.close()
    assert placed[0] == placed[1]


def test_a_waiting_job_is_reconsidered_later_and_told_once(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 18)]
    first = ticked(ledger, jobs)
    assert outcome(first) == {"full": (Verdict.APPROVE, AT + 1), "waits": (Verdict.DEFER, None)}
    assert outcome(ticked(ledger, jobs, AT + 1)) == {}
    ledger.override(first.entries[0].id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    assert outcome(ticked(ledger, jobs, AT + 2)) == {"waits": (Verdict.APPROVE, AT + 3)}
    assert outcome(ticked(ledger, jobs, AT + 3)) == {}


def test_a_waiting_job_is_denied_when_its_window_closes_between_two_ticks(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 5)]
    assert outcome(ticked(ledger, jobs))["waits"] == (Verdict.DEFER, None)
    assert outcome(ticked(ledger, jobs, AT + 9)) == {"waits": (Verdict.DENY, None)}


def test_denying_an_approved_job_frees_its_place_in_the_same_hour(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 5)]
    (first, _) = ticked(ledger, jobs).entries
    ledger.override(first.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    assert outcome(ticked(ledger, jobs)) == {"waits": (Verdict.APPROVE, AT + 1)}
    # It waited first and was placed then, both in the same hour of telemetry: two decisions, both recorded.
    assert [row["verdict"] for row in ledger.decisions() if row["job_id"] == "waits"] == ["approve", "defer"]
    assert ticked(ledger, jobs).entries == []


def test_a_job_that_a_person_approved_keeps_its_place(ledger):
    refused = job("refused", power_mw=2.0, deadline_utc=AT + 3)
    denied = ticked(ledger, [FULL, refused]).entries[1]
    assert denied.decision.verdict is Verdict.DENY
    row = ledger.override(denied.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW)
    assert (row["region"], row["start_utc"]) == ("alpha", "2024-05-20T01:00Z")
    ledger.override(ledger.decisions()[-1]["id"], Verdict.DENY, by="Ann", reason="made room", made_utc=NOW)
    # Of 4 MW the approved job holds 2 until 03.
    found = ticked(ledger, [FULL, refused, job("third", power_mw=3.0, deadline_utc=AT + 12)])
    assert outcome(found) == {"third": (Verdict.DEFER, AT + 3)}


def test_a_waiting_job_that_a_person_denied_is_left_alone(ledger):
    jobs = [FULL, job("waits", deadline_utc=AT + 18)]
    waiting = ticked(ledger, jobs).entries[1]
    ledger.override(waiting.id, Verdict.DENY, by="Ann", reason="no longer needed", made_utc=NOW)
    assert ticked(ledger, jobs, AT + 10).entries == []


def test_jobs_that_have_not_arrived_are_counted_and_left(ledger):
    found = ticked(ledger, [job("early", earliest_utc=AT + 2), job("here")])
    assert (found.early, list(outcome(found))) == (1, ["here"])


def test_no_jobs_make_no_decisions(ledger):
    assert ticked(ledger, []).entries == []


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_tick_in_the_past_reads_no_later_hour(tmp_path, how):
    origin = STORED.position(AT)
    values = {name: corrupted(grid, origin, how) for name, grid in STORED.values.items()}
    spoilt = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    rows = []
    for name, telemetry in (("whole", STORED), ("spoilt", spoilt), ("cut", STORED.hours(0, origin + 1))):
        book = Ledger(sqlite_url(tmp_path / f"{name}.sqlite"))
        ticked(book, [job("a"), job("b", power_mw=9.0)], telemetry=telemetry)
        rows.append(book.decisions())
        book.close()
    assert rows[0] == rows[1] == rows[2]


def test_the_last_stored_hour_is_the_default(ledger):
    end = STORED.time_utc[-1]
    found = ticked(ledger, [job(earliest_utc=end + 1, deadline_utc=end + 9)], None)
    assert found.origin_utc == end
    assert outcome(found) == {"job": (Verdict.APPROVE, end + 1)}


def test_an_unknown_policy_or_an_hour_outside_is_refused_and_nothing_recorded(ledger):
    with pytest.raises(ConfigError, match="policy 'magic' is unknown"):
        ticked(ledger, [job()], policy="magic")
    with pytest.raises(DataError, match="outside the telemetry"):
        ticked(ledger, [job()], hour("2030-01-01T00"))
    early = job(earliest_utc=hour("2024-01-20T01"), deadline_utc=hour("2024-01-20T09"))
    with pytest.raises(DataError, match="30 days"):
        ticked(ledger, [early], hour("2024-01-20T00"))
    assert ledger.decisions() == []


def test_a_silent_source_approves_nothing(ledger):
    values = {name: grid.copy() for name, grid in STORED.values.items()}
    values["temperature_c"][0, STORED.position(AT) - 30 :] = np.nan
    silent = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    found = ticked(ledger, [job("a")], telemetry=silent)
    assert outcome(found) == {"a": (Verdict.DEFER, None)}
    assert "no bound can be given" in found.entries[0].decision.reason


def test_a_region_that_has_left_the_fleet_holds_no_reservation(ledger):
    two = fleet_of(region("alpha"), region("beta"))
    ticked(ledger, [job("a", power_mw=4.0, home_region="beta", regions=("beta",))], telemetry=calm(two), fleet=two)
    assert outcome(ticked(ledger, [job("b", power_mw=4.0)])) == {"b": (Verdict.APPROVE, AT + 1)}


def test_approving_without_an_alternative_is_refused(ledger):
    # Its latest start is over, its deadline is not.
    gone = job("gone", earliest_utc=AT - 20, deadline_utc=AT + 2, duration_h=4)
    (entry,) = ticked(ledger, [gone]).entries
    assert entry.decision.verdict is Verdict.DENY
    with pytest.raises(LedgerError, match="window had closed"):
        ledger.override(entry.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=NOW)


def test_a_job_whose_deadline_is_over_is_counted_and_not_recorded(ledger):
    result = ticked(ledger, [job("gone", earliest_utc=AT - 20, deadline_utc=AT - 10)])
    assert (result.past, list(result.entries)) == (1, [])
    assert ledger.decisions() == []
