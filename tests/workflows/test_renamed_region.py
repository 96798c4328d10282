"""A region that gets another id: refused while jobs run there, or mapped by an alias."""

import pytest
from support.controllers import counted
from support.sites import NAIVE, fleet_of, hour, job, region
from support.workspaces import ORIGIN, WORKSPACE_FLEET, linked_workspace, write_workspace

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.errors import ConfigError, LedgerError
from fleet.ledger import PlaceChoice
from fleet.placement import DEFAULT_POLICY
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour, headroom_now
from fleet.workflows.open_workspace import ledger_of

AT = parse_hour(ORIGIN)
NOW = "2024-05-20T01:00:00Z"
CLOCK = "2024-05-21T00:00:00Z"  # later than every hour that is decided
LONG = {"power_mw": 3.0, "duration_h": 8, "deadline_utc": hour("2024-05-20T09"), "regions": ("alpha",)}
RENAMED = fleet_of(region("gamma", aliases=["alpha"]), region("beta"))
# Without the alias, beta alone is a fleet whose telemetry is complete.
WITHOUT = fleet_of(region("beta"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return write_workspace(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def workspace(tmp_path, stored, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    return Workspace(linked_workspace(tmp_path / "home", stored))


@pytest.fixture
def ledger(workspace):
    """A ledger in which a job runs in alpha."""
    ledger = ledger_of(workspace)
    decide(workspace, ledger, job("runs", **LONG))
    yield ledger
    ledger.close()


def request_of(workspace, fleet, at=AT):
    return HourRequest(workspace=workspace, fleet=fleet, settings=NAIVE, now_utc=CLOCK, at=at)


def decide(workspace, ledger, *jobs, fleet=WORKSPACE_FLEET, at=AT):
    return decide_hour(request_of(workspace, fleet, at), jobs, ledger, policy=DEFAULT_POLICY, made_utc=NOW)


@pytest.mark.slow
def test_a_fleet_without_a_region_in_which_a_job_runs_is_refused(workspace, ledger):
    new = job("new", home_region="beta")
    refusal = r"no region 'alpha', in which jobs run or are queued \(1 in the ledger\).*`aliases: \[alpha\]`.*T09:00Z"
    with pytest.raises(ConfigError, match=refusal) as refused:
        decide(workspace, ledger, new, fleet=WITHOUT, at=AT + 1)
    assert len(str(refused.value)) < 500
    with pytest.raises(ConfigError, match=refusal):
        headroom_now(request_of(workspace, WITHOUT, AT + 1), duration_h=1)
    # The job has ended at 09, so the region is needed no more.
    late = job("new", home_region="beta", earliest_utc=AT + 9, deadline_utc=AT + 15)
    assert decide(workspace, ledger, late, fleet=WITHOUT, at=AT + 8).entries[0].decision.region == "beta"


@pytest.mark.slow
def test_with_an_alias_telemetry_and_reservations_count_for_the_new_id(workspace, ledger):
    curve = headroom_now(request_of(workspace, RENAMED, AT + 1), duration_h=1)
    assert curve.reserved_mw[0, 0] == pytest.approx(3.0)
    assert curve.headroom_mw[0, 0] == pytest.approx(1.0)
    wide = job("wide", power_mw=2.0, home_region="gamma", regions=("gamma",), deadline_utc=AT + 20)
    (entry,) = decide(workspace, ledger, wide, fleet=RENAMED, at=AT + 1).entries
    # 2 MW do not fit beside the 3 MW that run in the region until 09.
    assert (entry.decision.region, entry.decision.start_utc) == ("gamma", hour("2024-05-20T09"))
    assert counted(decide(workspace, ledger, fleet=RENAMED, at=AT + 1).controller.unresolved) == [2, 0]
    # The rows of the ledger stay as they are.
    assert [record.region for record in ledger.jobs(mode="live")] == ["alpha", "gamma"]
    assert ledger.verify().faults == []


@pytest.mark.slow
def test_the_submitted_job_under_the_new_id_is_no_changed_job(workspace, ledger):
    renamed = job("runs", **(LONG | {"home_region": "gamma", "regions": ("gamma",)}))
    assert not decide(workspace, ledger, renamed, fleet=RENAMED, at=AT + 1).changed


@pytest.mark.slow
def test_an_override_counts_what_runs_under_either_id(workspace, ledger):
    refused = job("later", power_mw=3.0, duration_h=2, home_region="gamma", regions=("gamma",), deadline_utc=AT + 6)
    (entry,) = decide(workspace, ledger, refused, fleet=RENAMED).entries
    assert entry.decision.start_utc is None
    renamed = ledger.under(RENAMED.current_ids)
    with pytest.raises(LedgerError, match=r"gamma from .* is overloaded by 2 MW"):
        renamed.override(entry.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=NOW)
    (first,) = [record for record in ledger.jobs(mode="live") if record.job_id == "runs"]
    choice = PlaceChoice(region="gamma", is_forced=True)
    record = renamed.override(first.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=NOW, choice=choice)
    assert record.region == "gamma"
