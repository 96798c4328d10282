"""Deciding one hour on a workspace."""

import pytest
from support.sites import NAIVE, calm, changed, hour, job
from support.workspaces import ORIGIN, WORKSPACE_FLEET, linked_workspace, write_workspace

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.supplied import Supplied
from fleet.errors import ConfigError
from fleet.ledger import PlaceChoice
from fleet.live import hour as live_hour
from fleet.placement import DEFAULT_POLICY
from fleet.storage.telemetry_store import add_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour, headroom_now
from fleet.workflows.open_workspace import ledger_of

# A job of two hours in a window of two hours has one possible start.
JOB = job("first", power_mw=3.0, deadline_utc=hour("2024-05-20T03"), regions=("alpha",))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return write_workspace(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def request_of(tmp_path, stored, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    workspace = Workspace(linked_workspace(tmp_path / "home", stored))
    return HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, at=parse_hour(ORIGIN))


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
    request = HourRequest(workspace=Workspace(tmp_path), fleet=WORKSPACE_FLEET, settings=NAIVE)
    with pytest.raises(ConfigError, match="fleet ingest"):
        request.require_telemetry()


def test_an_override_that_comes_while_an_hour_is_decided_wins_and_the_hour_is_decided_again(request_of, monkeypatch):
    ledger, prepare = ledger_of(request_of.workspace), live_hour.prepare
    made_utc, waits = "2024-05-20T01:00:00Z", job("waits", power_mw=9.0)
    (waiting,) = decide_hour(request_of, [waits], ledger, policy=DEFAULT_POLICY, made_utc=made_utc).entries
    forced = PlaceChoice(is_forced=True, region="alpha")
    acts = [
        lambda: ledger.override(waiting.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=made_utc, choice=forced)
    ]

    def interrupted(*words, **options):
        while acts:
            acts.pop()()
        return prepare(*words, **options)

    monkeypatch.setattr(live_hour, "prepare", interrupted)
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
        request = HourRequest(workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, at=at)
        return request.checked.telemetry.values["it_load_mw"][0, 3]

    assert load_seen(hour("2024-01-01T04")) == 7.0
    assert load_seen(hour("2024-01-01T05")) == 8.0
    # Nothing was stored then: the newest values, as in a replay.
    assert load_seen(hour("2024-01-01T02")) == 8.0
    assert load_seen(None) == 8.0
