import pytest
from support.entries import FIRST, decision, entry, job
from support.workspaces import WORKSPACE_FLEET, write_workspace

from fleet.domain.region import Costs
from fleet.storage.workspace import Workspace
from fleet.workflows.decision_outcome import decision_outcome
from fleet.workflows.open_workspace import ledger_of

FREE = WORKSPACE_FLEET.model_copy(update={"costs": Costs()})
PRICED = WORKSPACE_FLEET.model_copy(
    update={"costs": Costs(transfer_usd_per_gb=0.02, waiting_usd_per_mwh_per_h=3.0)},
)


def test_the_actual_cost_has_the_parts_of_the_expected_one(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    workspace = Workspace(write_workspace(tmp_path))
    # Home is alpha. The job moves 100 GB to beta, and its 1 MW x 2 h wait for 3 h.
    made = entry(decision(region="beta", start_utc=FIRST + 3), job=job(data_gb=100.0))
    with ledger_of(workspace) as ledger:
        ledger.append([made])
        explained = ledger.decision(made.id)
        free, priced = (decision_outcome(workspace, fleet, ledger, explained) for fleet in (FREE, PRICED))
    assert free is not None
    assert priced is not None
    assert priced.cost_usd - free.cost_usd == pytest.approx(100 * 0.02 + 2 * 3 * 3.0)
    assert priced.carbon_kg == free.carbon_kg
