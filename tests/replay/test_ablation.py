"""Each variant of the default policy changes what its name says."""

from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.domain.workload import Workload
from fleet.physics.headroom import PlantWeather, added_facility_mw_per_mw
from fleet.placement import DEFAULT_POLICY, POLICIES, Belief
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.settings import GATES, Settings
from fleet.replay.ablation import Variant, at_home, at_once, variants
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies

DEFAULT = "decision gate"
NAMES = list(variants(Settings()))


def test_the_first_is_the_default_as_it_is_and_the_gates_follow_it():
    for gate in GATES:
        found = variants(Settings(gate=gate))
        own, *others = list(found)[: len(GATES)]
        assert own == f"{gate} gate"
        assert found[own].settings == Settings(gate=gate)
        assert found[own].policy is POLICIES[DEFAULT_POLICY]
        assert {found[name].settings.gate for name in others} == set(GATES) - {gate}


@pytest.mark.parametrize("name", NAMES)
def test_a_variant_changes_one_ingredient(name):
    found = variants(Settings())
    plain, own = found[DEFAULT], found[name]
    changes = [each.name for each in fields(Variant) if getattr(own, each.name) != getattr(plain, each.name)]
    # Where limits are known there is nothing for a controller to answer to, and one rung for it to climb.
    assert len(changes) == (0 if name == DEFAULT else 2 if name == "known limits" else 1)


def test_policies_differ_in_what_is_named():
    found = variants(Settings())
    plain = found[DEFAULT].policy
    assert (plain.belief, plain.replans) == (Belief.BOUND, True)
    unbound, settled, unpriced = (found[name].policy for name in ("no bound", "no new plans", "no prices"))
    assert (unbound.belief, unbound.replans, unbound.plan) == (Belief.FORECAST, True, plain.plan)
    assert (settled.belief, settled.replans, settled.plan) == (Belief.BOUND, False, plain.plan)
    assert (unpriced.belief, unpriced.replans, unpriced.plan) == (Belief.BOUND, True, POLICIES["greedy"].plan)


def test_jobs_without_deferral_start_as_they_arrive_and_nothing_else_changes():
    work = Workload.of([job("a"), job("b", duration_h=6)], ("alpha",))
    assert at_once(work).latest_start_h.tolist() == work.earliest_h.tolist()
    assert (work.latest_start_h - work.earliest_h).tolist() == [4, 0]
    assert at_once(work).power_mw is work.power_mw


def test_jobs_without_other_regions_may_run_at_home_alone():
    work = at_home(
        Workload.of([job("a", home_region="beta"), job("b"), job("c", regions=("alpha",))], ("alpha", "beta"))
    )
    assert work.sets[work.region_set].tolist() == [[False, True], [True, False], [True, False]]


def test_what_is_known_of_limits_and_of_costs_is_told_apart():
    fleet = fleet_of()
    telemetry = calm(fleet)
    origin = telemetry.position(hour("2024-05-20T00"))
    # As no one foresees, 9 of 10 MW are taken in the next hour, and energy costs 40 USD per MWh more in the one after.
    telemetry = changed(telemetry, "it_load_mw", (0, origin + 1), 9.0)
    telemetry = changed(telemetry, "price_usd_per_mwh", (0, origin + 2), 90.0)
    seen = prepare(telemetry, fleet, np.array([origin]), NAIVE)
    facility = added_facility_mw_per_mw(PlantWeather.at(fleet.regions[0], np.array(10.0), np.array(5.0)), np.array(6.0))
    for of_limits, of_costs in ((True, False), (False, True)):
        known = with_foresight(seen, of_limits=of_limits, of_costs=of_costs)
        assert known.near.headroom_mw[0, 0, 0] == pytest.approx(1.0 if of_limits else 4.0)
        assert (known.levels is seen.levels) == (not of_limits)
        dearer = known.near.cost_usd_per_mwh[0, 0, 1] - seen.near.cost_usd_per_mwh[0, 0, 1]
        assert dearer == pytest.approx(40 * facility if of_costs else 0.0)


@cache
def ablated() -> Replay:
    """Six jobs of 1 MW in the evening, when alpha has 4 MW and is dear; beta has as much and is dearer."""
    fleet = fleet_of(region("alpha"), region("beta"))
    telemetry = calm(fleet, levels={"price_usd_per_mwh": {"beta": 60.0}})
    cheap = np.arange(len(telemetry.time_utc)) % 24 >= 12
    telemetry = changed(telemetry, "price_usd_per_mwh", (slice(None), cheap), 20.0)
    jobs = [job(f"j{index}", duration_h=4, deadline_utc=hour("2024-05-20T16")) for index in range(6)]
    return replay_policies(
        telemetry,
        jobs,
        fleet,
        ReplayOptions(policies=("home_region",), settings=NAIVE, test_start=hour("2024-05-19T00"), ablate=True),
    )


def test_all_variants_are_replayed_on_the_same_jobs():
    found = ablated().ablation
    assert list(found) == NAMES
    assert list(ablated().as_dict()["ablation"]) == NAMES
    assert {each.counts.jobs for each in found.values()} == {6}


def test_without_deferral_the_cheap_hours_are_missed():
    found = ablated().ablation
    # From 12 on energy costs 20 instead of 50 or 60 USD; all six wait for it, in two regions.
    assert found[DEFAULT].waited_h_mean == 11
    assert found["no deferral"].waited_h_mean == 0
    assert found["no deferral"].cost_usd > found[DEFAULT].cost_usd + 25 * 24


def test_without_other_regions_two_jobs_find_no_cheap_hour():
    found = ablated().ablation
    # 4 MW of alpha from 12 to 16 are full with four of them.
    assert found["no other regions"].approved == 6
    assert found["no other regions"].waited_h_mean < found[DEFAULT].waited_h_mean
    assert found["no other regions"].cost_usd > found[DEFAULT].cost_usd


def test_without_a_controller_no_bound_is_published():
    found = ablated().ablation
    assert found["no controller"].breach_bound is None
    assert found[DEFAULT].breach_bound is not None


def test_a_replay_that_is_not_asked_for_variants_has_none():
    fleet = fleet_of()
    found = replay_policies(
        calm(fleet), [job()], fleet, ReplayOptions(policies=(), settings=NAIVE, test_start=hour("2024-05-19T00"))
    )
    assert found.ablation == {}
