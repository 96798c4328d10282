from types import SimpleNamespace

import pytest
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.replay.savings import Saved, saved_against


def took(carbon_t, water_m3, cost_usd, known_mwh):
    return SimpleNamespace(carbon_t=carbon_t, water_m3=water_m3, cost_usd=cost_usd, known_mwh=known_mwh)


def test_savings_are_for_the_energy_that_the_policy_itself_served():
    # Half of the energy at home's rates would take 30 t, 100 m3 and 500 USD.
    found = saved_against(took(60.0, 200.0, 1_000.0, 10.0), took(33.0, 20.0, 400.0, 5.0))
    assert found == Saved(carbon_t=-3.0, water_m3=80.0, cost_usd=100.0)


def test_work_not_done_is_no_saving():
    assert saved_against(took(60.0, 200.0, 1_000.0, 10.0), took(6.0, 20.0, 100.0, 1.0)) == Saved(
        carbon_t=0.0, water_m3=0.0, cost_usd=0.0
    )


@pytest.mark.parametrize(("home_mwh", "own_mwh"), [(0.0, 1.0), (1.0, 0.0)])
def test_nothing_served_has_no_rate_to_save_by(home_mwh, own_mwh):
    assert saved_against(took(0.0, 0.0, 0.0, home_mwh), took(0.0, 0.0, 0.0, own_mwh)) is None


@pytest.mark.parametrize("policies", [("home_region",), ("greedy",)])
def test_each_policy_says_what_it_saves_where_the_jobs_were_also_replayed_at_home(policies):
    # Beta's energy costs 30 USD per MWh instead of 50.
    fleet = fleet_of(region("alpha"), region("beta"))
    telemetry = calm(fleet, levels={"price_usd_per_mwh": {"beta": 30.0}})
    found = replay_policies(
        telemetry, [job()], fleet, ReplayOptions(policies=policies, settings=NAIVE, test_start=hour("2024-05-19T00"))
    )
    saved = {name: each["saved_against_home"] for name, each in found.as_dict()["policies"].items()}
    if "home_region" not in policies:
        assert saved == {"greedy": None, "oracle": None}
        return
    assert saved["home_region"] == {"carbon_t": 0.0, "water_m3": 0.0, "cost_usd": 0.0}
    energy_mwh = found.outcomes["oracle"].resources.energy_mwh
    assert saved["oracle"]["cost_usd"] == pytest.approx((50 - 30) * energy_mwh)
