"""Savings against running every job at home, for the energy that a policy served."""

from types import SimpleNamespace

import pytest
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.replay.savings import Saved, saved_against


def used(carbon_t, water_m3, cost_usd, known_mwh):
    """Return an outcome, as far as savings need it."""
    resources = SimpleNamespace(carbon_t=carbon_t, water_m3=water_m3, cost_usd=cost_usd, known_mwh=known_mwh)
    return SimpleNamespace(resources=resources)


def test_savings_are_for_the_energy_that_the_policy_served():
    # At home's rates, half of the energy would take 30 t, 100 m3 and 500 USD.
    saved = saved_against(used(60.0, 200.0, 1_000.0, 10.0), used(33.0, 20.0, 400.0, 5.0))
    assert saved == Saved(carbon_t=-3.0, water_m3=80.0, cost_usd=100.0)


def test_energy_that_is_not_served_saves_nothing():
    saved = saved_against(used(60.0, 200.0, 1_000.0, 10.0), used(6.0, 20.0, 100.0, 1.0))
    assert saved == Saved(carbon_t=0.0, water_m3=0.0, cost_usd=0.0)


@pytest.mark.parametrize(("home_mwh", "policy_mwh"), [(0.0, 1.0), (1.0, 0.0)])
def test_without_served_energy_there_is_no_saving(home_mwh, policy_mwh):
    assert saved_against(used(0.0, 0.0, 0.0, home_mwh), used(0.0, 0.0, 0.0, policy_mwh)) is None


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
    assert saved["home_region"] == {"carbon_t": 0.0, "water_m3": 0.0, "cost_usd": 0.0}
    energy_mwh = replay.outcomes["oracle"].resources.energy_mwh
    assert saved["oracle"]["cost_usd"] == pytest.approx((50 - 30) * energy_mwh)
