"""Each variant of the default policy changes one component."""

from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.workload import Workload
from fleet.physics.headroom import added_facility_mw_per_mw
from fleet.physics.plant_weather import PlantWeather
from fleet.placement import DEFAULT_POLICY, POLICIES, Belief
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.settings import GATES, Settings
from fleet.replay.ablation import Variant, at_home, at_once, variants
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies

DEFAULT = "decision gate"
NAMES = list(variants(Settings()))


def test_the_first_variant_is_the_default_and_the_other_gates_follow():
    for gate in GATES:
        by_name = variants(Settings(gate=gate))
        first, *other_gates = list(by_name)[: len(GATES)]
        assert first == f"{gate} gate"
        assert by_name[first].settings == Settings(gate=gate)
        assert by_name[first].policy is POLICIES[DEFAULT_POLICY]
        assert {by_name[name].settings.gate for name in other_gates} == set(GATES) - {gate}


@pytest.mark.parametrize("name", NAMES)
def test_a_variant_changes_one_component(name):
    by_name = variants(Settings())
    default, variant = by_name[DEFAULT], by_name[name]
    changes = [field.name for field in fields(Variant) if getattr(variant, field.name) != getattr(default, field.name)]
    # With known limits there are no breaches for a controller and a single level, so the controller is off too.
    assert len(changes) == (0 if name == DEFAULT else 2 if name == "known limits" else 1)


def test_the_policies_of_the_variants_differ_only_in_the_named_component():
    by_name = variants(Settings())
    default = by_name[DEFAULT].policy
    assert (default.belief, default.replans) == (Belief.BOUND, True)
    without_bound, without_new_plans, without_prices = (
        by_name[name].policy for name in ("no bound", "no new plans", "no prices")
    )
    assert (without_bound.belief, without_bound.replans) == (Belief.FORECAST, True)
    assert without_bound.plan == default.plan
    assert (without_new_plans.belief, without_new_plans.replans) == (Belief.BOUND, False)
    assert without_new_plans.plan == default.plan
    assert (without_prices.belief, without_prices.replans) == (Belief.BOUND, True)
    assert without_prices.plan == POLICIES["greedy"].plan


def test_without_deferral_the_last_start_is_the_arrival_and_nothing_else_changes():
    work = Workload.of([job("a"), job("b", duration_h=6)], ("alpha",))
    assert at_once(work).latest_start_h.tolist() == work.earliest_h.tolist()
    assert (work.latest_start_h - work.earliest_h).tolist() == [4, 0]
    assert at_once(work).power_mw is work.power_mw


def test_without_other_regions_only_the_home_region_is_allowed():
    jobs = [job("a", home_region="beta"), job("b"), job("c", regions=("alpha",))]
    work = at_home(Workload.of(jobs, ("alpha", "beta")))
    assert work.sets[work.region_set].tolist() == [[False, True], [True, False], [True, False]]


def test_foresight_may_know_the_limits_or_the_costs_alone():
    fleet = fleet_of()
    telemetry = calm(fleet)
    origin = telemetry.position(hour("2024-05-20T00"))
    # The forecast does not know that the next hour has 9 of 10 MW, and that energy then costs 40 USD/MWh more.
    telemetry = changed(telemetry, "it_load_mw", (0, origin + 1), 9.0)
    telemetry = changed(telemetry, "price_usd_per_mwh", (0, origin + 2), 90.0)
    forecast = prepare(telemetry, fleet, np.array([origin]), NAIVE)
    weather = PlantWeather.at(fleet.regions[0], np.array(10.0), np.array(5.0))
    facility_mw_per_mw = added_facility_mw_per_mw(weather, np.array(6.0))
    for of_limits, of_costs in ((True, False), (False, True)):
        foreseen = with_foresight(forecast, of_limits=of_limits, of_costs=of_costs)
        assert foreseen.near.headroom_mw[0, 0, 0] == pytest.approx(1.0 if of_limits else 4.0)
        assert (foreseen.levels is forecast.levels) == (not of_limits)
        rise_usd = foreseen.near.cost_usd_per_mwh[0, 0, 1] - forecast.near.cost_usd_per_mwh[0, 0, 1]
        assert rise_usd == pytest.approx(40 * facility_mw_per_mw if of_costs else 0.0)


@cache
def ablated() -> Replay:
    """Replay six jobs of 1 MW in two regions with 4 MW each.

    From 12 on energy costs 20 USD/MWh in both regions; before, it costs 50 in alpha and 60 in beta.
    """
    fleet = fleet_of(region("alpha"), region("beta"))
    telemetry = calm(fleet, levels={"price_usd_per_mwh": {"beta": 60.0}})
    is_cheap = np.arange(len(telemetry.time_utc)) % 24 >= 12
    telemetry = changed(telemetry, "price_usd_per_mwh", (slice(None), is_cheap), 20.0)
    jobs = [job(f"j{index}", duration_h=4, deadline_utc=hour("2024-05-20T16")) for index in range(6)]
    options = ReplayOptions(policies=("home_region",), settings=NAIVE, test_start=hour("2024-05-19T00"), ablate=True)
    return replay_policies(telemetry, jobs, fleet, options)


@pytest.mark.slow
def test_all_variants_are_replayed_on_the_same_jobs():
    outcomes = ablated().ablation
    assert list(outcomes) == NAMES
    assert list(ablated().as_dict()["ablation"]) == NAMES
    assert {outcome.counts.jobs for outcome in outcomes.values()} == {6}


@pytest.mark.slow
def test_without_deferral_no_job_waits_for_the_cheap_hours():
    default, at_arrival = ablated().ablation[DEFAULT], ablated().ablation["no deferral"]
    # From 12 on energy costs 20 instead of 50 or 60 USD/MWh. All six jobs wait for these hours, in two regions.
    assert default.counts.waited_h_mean == 11
    assert at_arrival.counts.waited_h_mean == 0
    assert at_arrival.resources.cost_usd > default.resources.cost_usd + 25 * 24


@pytest.mark.slow
def test_without_other_regions_two_jobs_get_no_cheap_hours():
    default, only_home = ablated().ablation[DEFAULT], ablated().ablation["no other regions"]
    # Four jobs fill the 4 MW of alpha from 12 to 16.
    assert only_home.counts.approved == 6
    assert only_home.counts.waited_h_mean < default.counts.waited_h_mean
    assert only_home.resources.cost_usd > default.resources.cost_usd


@pytest.mark.slow
def test_without_a_controller_no_bound_is_published():
    outcomes = ablated().ablation
    assert outcomes["no controller"].breaches.breach_bound is None
    assert outcomes[DEFAULT].breaches.breach_bound is not None


def test_variants_are_replayed_only_on_request():
    fleet = fleet_of()
    options = ReplayOptions(policies=(), settings=NAIVE, test_start=hour("2024-05-19T00"))
    assert replay_policies(calm(fleet), [job()], fleet, options).ablation == {}
