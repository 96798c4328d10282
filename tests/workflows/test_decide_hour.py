"""Deciding one hour on a workspace."""

import gc

import pytest
from support.sites import NAIVE, calm, changed, hour, job
from support.workspaces import ORIGIN, WORKSPACE_FLEET, linked_workspace, write_workspace

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.supplied import Supplied
from fleet.errors import ConfigError, DataError
from fleet.ledger import PlaceChoice
from fleet.live.engine import Engine
from fleet.placement import DEFAULT_POLICY
from fleet.storage.telemetry_store import add_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour, headroom_now, without_collection
from fleet.workflows.open_workspace import ledger_of

NOW = "2026-01-01T00:30:00Z"
# A job of two hours in a window of two hours has one possible start.
JOB = job("first", power_mw=3.0, deadline_utc=hour("2024-05-20T03"), regions=("alpha",))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return write_workspace(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def request_of(tmp_path, stored, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    workspace = Workspace(linked_workspace(tmp_path / "home", stored))
    return HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=parse_hour(ORIGIN))


@pytest.mark.slow
def test_a_decision_takes_headroom_from_the_next_one(request_of):
    before = headroom_now(request_of, duration_h=2)
    assert before.headroom_mw[0, 0] == pytest.approx(4.0)
    # Showing the headroom makes no ledger.
    assert not request_of.workspace.ledger.exists()
    ledger = ledger_of(request_of.workspace)
    result = decide_hour(request_of, [JOB], ledger, policy=DEFAULT_POLICY, made_utc="2024-05-20T01:00:00Z")
    ledger.close()
    assert [entry.decision.region for entry in result.entries] == ["alpha"]
    after = headroom_now(request_of, duration_h=2)
    assert after.headroom_mw[0, 0] == pytest.approx(1.0)
    assert after.reserved_mw[0, 0] == pytest.approx(3.0)


def test_without_telemetry_the_request_names_the_commands_that_store_it(tmp_path):
    request = HourRequest(workspace=Workspace(tmp_path), fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW)
    with pytest.raises(ConfigError, match="fleet ingest"):
        request.require_telemetry()


@pytest.mark.slow
def test_an_override_that_comes_while_an_hour_is_decided_wins_and_the_hour_is_decided_again(request_of, monkeypatch):
    ledger, prepare = ledger_of(request_of.workspace), Engine.prepare
    made_utc, waits = "2024-05-20T01:00:00Z", job("waits", power_mw=9.0)
    (waiting,) = decide_hour(request_of, [waits], ledger, policy=DEFAULT_POLICY, made_utc=made_utc).entries
    forced = PlaceChoice(is_forced=True, region="alpha", start_utc=hour("2024-05-20T01"))
    acts = [
        lambda: ledger.override(waiting.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=made_utc, choice=forced)
    ]

    def interrupted(*words, **options):
        while acts:
            acts.pop()()
        return prepare(*words, **options)

    monkeypatch.setattr(Engine, "prepare", interrupted)
    # A person gives alpha away while the job is decided. The second attempt knows it.
    (denied,) = decide_hour(request_of, [JOB], ledger, policy=DEFAULT_POLICY, made_utc=made_utc).entries
    assert denied.decision.verdict is Verdict.DENY
    assert [record.overridden for record in ledger.jobs(mode="live") if record.job_id == "waits"] == [True]
    ledger.close()


def test_a_past_hour_sees_what_was_stored_by_the_end_of_the_next_hour(tmp_path):
    workspace = Workspace(tmp_path)
    load = calm(WORKSPACE_FLEET, 1).hours(0, 4)
    for level, stored_utc in (
        (6.0, "2024-01-01T05:00:00Z"),
        (7.0, "2024-01-01T05:30:00Z"),
        (8.0, "2024-01-01T06:30:00Z"),
    ):
        given = changed(load, "it_load_mw", (0, 3), level)
        add_telemetry(workspace.telemetry, Supplied.of(given), stored_utc=stored_utc)

    def load_seen(at):
        request = HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=at)
        return request.checked.telemetry.values["it_load_mw"][0, 3]

    assert load_seen(hour("2024-01-01T04")) == 7.0
    assert load_seen(hour("2024-01-01T05")) == 8.0
    # Nothing was stored then: the newest values, as in a replay.
    assert load_seen(hour("2024-01-01T02")) == 8.0
    assert load_seen(None) == 8.0


@pytest.fixture
def at_clock(tmp_path, stored):
    """Returns a request at a time of the clock; the telemetry ends at 2024-05-24T23:00Z."""
    workspace = Workspace(linked_workspace(tmp_path / "home", stored))

    def request(now_utc, at=None):
        return HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=now_utc, at=at)

    return request


@pytest.mark.parametrize(
    ("now_utc", "origin", "missing_h"),
    [
        ("2024-05-25T00:00:00Z", "2024-05-24T23", 0),
        ("2024-05-25T06:59:59Z", "2024-05-25T05", 6),
        ("2024-05-26T00:10:00Z", "2024-05-25T23", 24),
        ("2024-05-20T07:10:00Z", "2024-05-20T06", 0),
    ],
)
def test_the_origin_is_the_last_full_hour_of_the_clock(at_clock, now_utc, origin, missing_h):
    request = at_clock(now_utc)
    assert request.origin == hour(origin)
    assert request.missing_h == missing_h


@pytest.mark.parametrize(("now_utc", "age"), [("2024-05-26T01:00:00Z", "25 h"), (NOW, "586 days")])
def test_telemetry_older_than_the_horizon_is_refused_with_its_age_and_the_way_out(at_clock, now_utc, age):
    with pytest.raises(DataError, match=f"is {age} older than the clock.*--at 2024-05-24T23:00Z"):
        _ = at_clock(now_utc).origin


def test_a_past_hour_may_be_decided_and_an_hour_that_is_not_over_may_not(at_clock):
    assert at_clock(NOW, at=hour("2024-05-20T00")).origin == hour("2024-05-20T00")
    assert at_clock(NOW, at=hour("2024-05-25T02")).missing_h == 3
    with pytest.raises(DataError, match="older than --at"):
        _ = at_clock(NOW, at=hour("2024-06-20T00")).origin
    with pytest.raises(ConfigError, match="ahead of the clock"):
        _ = at_clock(NOW, at=hour("2026-01-01T00")).origin


@pytest.mark.slow
def test_hours_without_a_value_up_to_the_clock_are_missing_values(at_clock):
    curve = headroom_now(at_clock("2024-05-25T03:10:00Z"), duration_h=1)
    assert curve.origin_utc == hour("2024-05-25T02")
    assert curve.start_utc[0] == hour("2024-05-25T03")


def test_the_garbage_collector_runs_again_after_an_error():
    def fail():
        with without_collection():
            assert not gc.isenabled()
            raise DataError("nothing is known")

    with pytest.raises(DataError):
        fail()
    assert gc.isenabled()
