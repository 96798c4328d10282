"""The tables of live hours: what a decision writes, and what the pages read."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from support.sites import NAIVE, hour, job
from support.workspaces import ORIGIN, WORKSPACE_FLEET, write_workspace

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.errors import DataError
from fleet.fleets import dump_fleet
from fleet.ledger import PlaceChoice
from fleet.placement import DEFAULT_POLICY
from fleet.storage.workspace import Workspace
from fleet.workflows import live_hours
from fleet.workflows.attention import Need, attention_items
from fleet.workflows.decide_hour import HourRequest, decide_hour, record_hour
from fleet.workflows.hour_facts import live_hour_facts
from fleet.workflows.live_hours import inlets_c
from fleet.workflows.open_workspace import fleet_of, ledger_of, remember_fleet
from fleet.workflows.region_status import region_statuses
from fleet.workflows.workspace_contents import contents_of

AT = parse_hour(ORIGIN)
NOW = "2024-05-20T01:30:00Z"
# Both regions have 4 MW of headroom. The first job fits, and the second one lacks 1 MW everywhere.
FITS = job("fits", power_mw=3.0, deadline_utc=hour("2024-05-20T03"), regions=("alpha",))
LARGE = job("large", power_mw=5.0, deadline_utc=hour("2024-05-20T03"), regions=("beta",), home_region="beta")


@pytest.fixture
def request_of(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    workspace = Workspace(write_workspace(tmp_path))
    return HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=AT)


@pytest.fixture
def decided(request_of):
    with ledger_of(request_of.workspace) as ledger:
        decide_hour(request_of, [FITS, LARGE], ledger, policy=DEFAULT_POLICY, made_utc=NOW)
        yield request_of, ledger


def test_a_decision_writes_the_hour_that_the_pages_show(decided):
    request, ledger = decided
    facts = live_hour_facts(request.workspace, WORKSPACE_FLEET, ledger, AT)
    alpha = facts.ahead.filter(pl.col("region") == "alpha").sort("lead_h")
    assert (facts.source, facts.confidence, len(alpha)) == ("live", 0.95, 24)
    # The job of 3 MW holds the first two hours.
    assert alpha["headroom_mw"][:3].to_list() == [1.0, 1.0, 4.0]
    assert alpha["reserved_mw"][:3].to_list() == [3.0, 3.0, 0.0]
    assert set(facts.ahead["state"]) == {"safe"}
    outdoor = facts.temperatures.filter(pl.col("quantity") == "outdoor", pl.col("region") == "beta")
    # The telemetry is calm and reaches five days further, so forecast, bound and actual value agree.
    assert outdoor["forecast"][0] == pytest.approx(10.0)
    assert outdoor["actual"].to_list() == [10.0] * 24
    inlet = facts.temperatures.filter(pl.col("quantity") == "inlet", pl.col("region") == "beta")
    assert inlet["actual"].to_list() == pytest.approx(inlet["forecast"].to_list(), abs=1e-6)
    statuses = region_statuses(facts, request.workspace, WORKSPACE_FLEET, ledger)
    assert (statuses["alpha"].headroom_mw, statuses["alpha"].load_mw) == (1.0, 6.0)
    assert not any(age.is_stale for age in statuses["alpha"].streams)


def test_the_inlets_of_all_regions_are_computed_once(request_of, monkeypatch):
    calls = []
    monkeypatch.setattr(live_hours, "inlets_c", lambda *args: calls.append(args) or inlets_c(*args))
    record_hour(request_of)
    # At the forecasts, and at both bounds.
    assert len(calls) == 3


@pytest.mark.slow
def test_the_hour_of_a_decision_is_the_hour_that_is_read_from_the_ledger_afterwards(request_of):
    long = job("long", power_mw=1.0, duration_h=10, deadline_utc=hour("2024-05-20T20"))
    with ledger_of(request_of.workspace) as ledger:
        for made in ([FITS, LARGE], [long]):
            decide_hour(request_of, made, ledger, policy=DEFAULT_POLICY, made_utc=NOW)
            at_decision = live_hours.read_live_hour(request_of.workspace, AT)
            record_hour(request_of)
            assert_frame_equal(at_decision, live_hours.read_live_hour(request_of.workspace, AT))
    assert sorted(at_decision["reserved_mw"].unique()) == [0.0, 1.0, 4.0]


@pytest.mark.slow
def test_a_denied_job_needs_a_person_and_the_item_says_what_would_free_it(decided):
    request, ledger = decided
    facts = live_hour_facts(request.workspace, WORKSPACE_FLEET, ledger, AT)
    statuses = region_statuses(facts, request.workspace, WORKSPACE_FLEET, ledger)
    [item] = attention_items(facts, statuses, WORKSPACE_FLEET, ledger)
    assert (item.need, item.hours_left) == (Need.DENIED, 0)
    assert item.title == "Job large denied: 5 MW for 2 h"
    assert "1 MW less (Beta from 20 May 01:00 UTC)" in item.advice


def ahead_of(request, ledger, region, hour_utc=AT):
    facts = live_hour_facts(request.workspace, WORKSPACE_FLEET, ledger, hour_utc)
    return facts.ahead.filter(pl.col("region") == region).sort("lead_h")


def overridden(ledger, job_id, verdict, **choice):
    [decision] = [one for one in ledger.decisions(mode="live") if one.job_id == job_id]
    ledger.override(decision.id, verdict, by="Ann", reason="drill", made_utc=NOW, choice=PlaceChoice(**choice))


def test_without_an_override_the_ledger_changes_nothing_of_the_recorded_hour(decided):
    request, ledger = decided
    with_ledger, without = (live_hour_facts(request.workspace, WORKSPACE_FLEET, one, AT) for one in (ledger, None))
    assert_frame_equal(with_ledger.ahead, without.ahead)


def test_an_override_counts_at_once_as_a_new_record_of_the_hour_would(decided):
    request, ledger = decided
    overridden(ledger, "fits", Verdict.DENY)
    assert ahead_of(request, ledger, "alpha")["headroom_mw"].to_list() == [4.0] * 24
    overridden(ledger, "large", Verdict.APPROVE, is_forced=True)
    at_once = live_hour_facts(request.workspace, WORKSPACE_FLEET, ledger, AT)
    # Without a ledger the facts are those of the record.
    record_hour(request)
    assert_frame_equal(at_once.ahead, live_hour_facts(request.workspace, WORKSPACE_FLEET, None, AT).ahead)
    beta = at_once.ahead.filter(pl.col("region") == "beta").sort("lead_h")
    assert beta["headroom_mw"][:3].to_list() == [0.0, 0.0, 4.0]
    assert beta["state"][:3].to_list() == ["unsafe", "unsafe", "safe"]


def test_an_hour_that_was_recorded_without_headroom_stays_without_after_a_denial(decided):
    request, ledger = decided
    overridden(ledger, "large", Verdict.APPROVE, is_forced=True)
    record_hour(request)
    overridden(ledger, "large", Verdict.DENY)
    assert ahead_of(request, ledger, "beta")["headroom_mw"][:3].to_list() == [0.0, 0.0, 4.0]


@pytest.mark.slow
def test_an_earlier_hour_stays_as_it_was_recorded(decided):
    request, ledger = decided
    earlier = AT - np.timedelta64(1, "h")
    record_hour(
        HourRequest(workspace=request.workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=earlier)
    )
    overridden(ledger, "large", Verdict.APPROVE, is_forced=True)
    assert ahead_of(request, ledger, "beta", earlier)["reserved_mw"].to_list() == [0.0] * 24
    assert ahead_of(request, ledger, "beta")["reserved_mw"][:2].to_list() == [5.0, 5.0]


def test_a_job_that_a_person_approved_beyond_a_limit_needs_a_person(decided):
    request, ledger = decided

    def needs():
        facts = live_hour_facts(request.workspace, WORKSPACE_FLEET, ledger, AT)
        statuses = region_statuses(facts, request.workspace, WORKSPACE_FLEET, ledger)
        return attention_items(facts, statuses, WORKSPACE_FLEET, ledger)

    overridden(ledger, "fits", Verdict.APPROVE, is_forced=False)
    assert [item.need for item in needs()] == [Need.DENIED]
    overridden(ledger, "large", Verdict.APPROVE, is_forced=True)
    [item] = needs()
    assert (item.need, item.title) == (Need.BEYOND_LIMIT, "Job large in Beta, approved by Ann")
    assert item.sentence.startswith("2 of the hours ahead are beyond a limit. At 01:00 UTC the bound exceeds the ")
    assert item.sentence.endswith("by 1.0 MW.")
    assert item.hours_left == 2
    # A person who denies a job has seen it.
    overridden(ledger, "large", Verdict.DENY)
    assert not needs()


def test_a_decision_holds_where_the_hour_cannot_be_written_and_a_note_says_so(request_of):
    request_of.workspace.live_hours.parent.mkdir()
    request_of.workspace.live_hours.write_text("a file where the folder should be")
    with ledger_of(request_of.workspace) as ledger:
        result = decide_hour(request_of, [FITS], ledger, policy=DEFAULT_POLICY, made_utc=NOW)
    assert len(result.entries) == 1
    assert any(note.startswith("the pages do not show this hour") for note in request_of.notes)


@pytest.mark.slow
def test_only_the_newest_hours_are_kept(request_of, monkeypatch):
    monkeypatch.setattr(live_hours, "KEPT_HOURS", 2)
    for back in (2, 1, 0):
        workspace, hour_utc = request_of.workspace, AT - np.timedelta64(back, "h")
        record_hour(HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=hour_utc))
    assert live_hours.live_hours(request_of.workspace) == [AT - np.timedelta64(1, "h"), AT]
    with pytest.raises(DataError, match="fleet headroom"):
        live_hours.read_live_hour(request_of.workspace, AT - np.timedelta64(2, "h"))


def test_an_empty_workspace_says_what_is_missing_and_which_command_gives_it(tmp_path):
    contents = contents_of(Workspace(tmp_path / "none"))
    assert (contents.stored_to, contents.live, contents.has_replay) == (None, [], False)
    missing = contents.missing(NOW)
    assert "`fleet ingest table --file FILE`" in missing[0]
    assert "`fleet replay --home HOME" in missing[1]


def test_a_workspace_without_a_recent_hour_names_the_command_that_records_one(request_of):
    contents = contents_of(request_of.workspace)
    assert contents.stored_to is not None
    later = "2024-05-25T00:30:00Z"
    assert "`fleet headroom`" in contents.missing(later)[0]
    record_hour(request_of)
    contents = contents_of(request_of.workspace)
    assert contents.newest_live(NOW) == AT
    # A day later, the present is no longer among the hours ahead.
    assert contents.newest_live("2024-05-21T01:30:00Z") is None


def test_a_workspace_remembers_the_first_fleet_file_and_says_if_another_one_is_used(tmp_path):
    workspace, given = Workspace(tmp_path / "home"), tmp_path / "mine.yaml"
    given.write_text(f"# my comment\n{dump_fleet(WORKSPACE_FLEET)}")
    assert remember_fleet(workspace, None) == ""
    assert not workspace.fleet.exists()
    assert remember_fleet(workspace, given) == ""
    assert fleet_of(workspace, None) == WORKSPACE_FLEET
    assert workspace.fleet.read_text().startswith("# my comment")
    given.write_text(dump_fleet(WORKSPACE_FLEET.model_copy(update={"name": "other"})))
    assert "differs from" in remember_fleet(workspace, given)
    assert fleet_of(workspace, None) == WORKSPACE_FLEET
