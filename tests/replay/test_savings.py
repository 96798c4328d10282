"""Savings against running every job at home, for the energy that a policy served."""

from dataclasses import replace

import numpy as np
import pytest
from support.runs import judged_run
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.actuals.actual_hours import ResourceUse
from fleet.domain.region import Costs
from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.replay.run import Run
from fleet.replay.savings import Saved, saved_against

# Neither moving data nor waiting costs anything, so a cost is that of running.
FREE = Costs(transfer_usd_per_gb=0, waiting_usd_per_mwh_per_h=0)
FIRST_H = int(hour("2024-01-01T00").astype(np.int64))


def used(mwh, carbon_t, water_m3, cost_usd) -> Run:
    """Return a run in one region with these amounts in each hour."""
    rows = [np.atleast_2d(np.array(values, dtype=np.float64)) for values in (mwh, carbon_t, water_m3, cost_usd)]
    use = ResourceUse(energy_mwh=rows[0], carbon_kg=1_000 * rows[1], water_l=1_000 * rows[2], cost_usd=rows[3])
    run, _ = judged_run()
    status = replace(run.status, region=np.full_like(run.status.region, -1))
    return replace(run, status=status, job_mw=rows[0], resource_use=use)


def test_savings_are_for_the_energy_that_the_policy_served():
    # At home's rates, half of the energy would take 30 t, 100 m3 and 500 USD.
    home, policy = used([4, 6], [40, 20], [100, 100], [500, 500]), used([2, 3], [11, 22], [10, 10], [100, 300])
    saved = saved_against(home, policy, FREE, FIRST_H)
    assert (saved.carbon_t, saved.water_m3, saved.cost_usd) == pytest.approx((-3.0, 80.0, 100.0))
    assert (saved.carbon_share, saved.water_share, saved.cost_share) == pytest.approx((-0.1, 0.8, 0.2))
    assert (saved.carbon_mwh, saved.water_mwh, saved.cost_mwh) == (5, 5, 5)


def test_each_quantity_is_compared_on_the_hours_in_which_both_know_it():
    nan = np.nan
    home, policy = used([4, 6], [40, nan], [100, 100], [nan, nan]), used([2, 3], [11, 22], [10, 10], [100, 300])
    for one, other, sign in ((home, policy, 1), (policy, home, -1)):
        saved = saved_against(one, other, FREE, FIRST_H)
        # In the first hour alone 2 MWh take 20 t at home and 11 t here; 4 MWh take 22 t here and 40 t at home.
        assert saved.carbon_t == pytest.approx(9.0 if sign > 0 else -18.0)
        assert saved.carbon_mwh == (2 if sign > 0 else 4)
        assert sign * saved.water_m3 > 0
        assert np.isnan([saved.cost_usd, saved.cost_share]).all()
        assert saved.cost_mwh == 0


def test_energy_that_is_not_served_saves_nothing():
    saved = saved_against(used([10], [60], [200], [1_000]), used([1], [6], [20], [100]), FREE, FIRST_H)
    assert (saved.carbon_t, saved.water_m3, saved.cost_usd) == pytest.approx((0, 0, 0))


@pytest.mark.parametrize(("home_mwh", "policy_mwh"), [(0.0, 1.0), (1.0, 0.0)])
def test_without_served_energy_there_is_no_saving(home_mwh, policy_mwh):
    assert saved_against(used([home_mwh], [0], [0], [0]), used([policy_mwh], [0], [0], [0]), FREE, FIRST_H) is None


@pytest.mark.slow
@pytest.mark.parametrize("policies", [("home_region",), ("greedy",)])
def test_each_policy_has_its_savings_if_home_region_was_replayed(policies):
    # Energy costs 30 USD/MWh in beta and 50 USD/MWh in alpha.
    fleet = fleet_of(region("alpha"), region("beta"))
    telemetry = calm(fleet, levels={"price_usd_per_mwh": {"beta": 30.0}})
    replay = replay_policies(
        telemetry, [job()], fleet, ReplayOptions(policies=policies, settings=NAIVE, test_start=hour("2024-05-19T00"))
    )
    saved = {name: content["saved_against_home"] for name, content in replay.as_dict()["policies"].items()}
    if "home_region" not in policies:
        assert saved == {"greedy": None, "oracle": None}
        return
    home = saved["home_region"]
    assert [home[name] for name in ("carbon_t", "water_m3", "cost_usd")] == [0.0, 0.0, 0.0]
    assert set(home) == set(Saved.__dataclass_fields__)
    energy_mwh = replay.outcomes["oracle"].resources.energy_mwh
    assert saved["oracle"]["cost_usd"] == pytest.approx((50 - 30) * energy_mwh)
