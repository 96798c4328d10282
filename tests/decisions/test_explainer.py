"""What a decision says of itself: alternatives, binding limit, reason, and whether the job is contested."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import fleet_of, region
from support.steady_hours import HORIZON, decision_on, steady

from fleet.domain.decision import Verdict
from fleet.physics.limits import COOLING, OUTDOOR, UNKNOWN, code_of


def test_alternatives_are_the_best_start_of_every_other_region_with_safe_ones_first():
    prepared = steady(4.0, 3.0, 0.25, cost_usd_per_mwh=[2.0, 3.0, 1.0])
    decision = decision_on(prepared)
    assert decision.region == "alpha"
    safe, unsafe = decision.alternatives
    assert (safe.region, safe.cost_usd, safe.headroom_left_mw) == ("beta", pytest.approx(6.0), pytest.approx(2.0))
    assert (unsafe.region, unsafe.headroom_left_mw) == ("gamma", pytest.approx(-0.75))


def test_alternatives_of_a_job_without_a_place_begin_with_the_least_unsafe_one():
    decision = decision_on(steady(0.25, 0.75, 0.5))
    assert [alternative.region for alternative in decision.alternatives] == ["beta", "gamma", "alpha"]
    assert decision.alternatives[0].headroom_left_mw == pytest.approx(-0.25)


def test_among_regions_without_headroom_the_one_that_lacks_least_comes_first():
    # Load bounds of 30, 10.1 and 12 MW against 10 safe MW: no region has headroom, and beta lacks the least.
    load_bound_mw = np.array([30.0, 10.1, 12.0])[:, None] * np.ones(HORIZON)
    decision = decision_on(steady(0.0, 0.0, 0.0, load_bound_mw=load_bound_mw[None]))
    assert decision.start_utc is None
    assert [alternative.region for alternative in decision.alternatives] == ["beta", "gamma", "alpha"]
    lacking_mw = [alternative.headroom_left_mw for alternative in decision.alternatives]
    assert lacking_mw == pytest.approx([-1.1, -3.0, -21.0])
    assert decision.binding.region == "beta"


def test_the_outdoor_throttle_is_described_in_degrees():
    prepared = steady(
        0.0,
        binding=[code_of(OUTDOOR)],
        safe_load_mw=[0.0],
        temperature_bound_c=[41.5],
    )
    decision = decision_on(replace(prepared, fleet=fleet_of(region(outdoor_limit_c=40.0))))
    binding = decision.binding
    assert (binding.limit, binding.unit, binding.bound, binding.limit_value) == (OUTDOOR, "degC", 41.5, 40.0)
    assert "the outdoor throttle in alpha at 2024-05-20T01:00Z (41.5 at the bound, limit 40.0 degC)" in decision.reason


def test_the_bound_includes_a_base_load_above_the_limit():
    # The load bound is 12 MW and cooling allows 9 MW: with the job's 1 MW the bound is 13, not 9 + 1.
    decision = decision_on(steady(0.0, binding=[code_of(COOLING)], safe_load_mw=[9.0], load_bound_mw=[12.0]))
    assert (decision.binding.limit, decision.binding.bound, decision.binding.limit_value) == (COOLING, 13.0, 9.0)


def test_a_missing_bound_is_the_reason_where_no_bound_can_be_given():
    decision = decision_on(steady(0.0, binding=[code_of(UNKNOWN)], safe_load_mw=[0.0], load_bound_mw=[np.inf]))
    assert decision.binding.limit == UNKNOWN
    assert decision.reason == (
        "Waits: no allowed region is safe yet; no bound can be given in alpha at 2024-05-20T01:00Z, "
        "because data is missing or the calibration is too short."
    )
    assert np.isfinite(decision.binding.bound)


def test_a_weather_bound_beyond_the_table_is_the_reason_where_the_limit_is_unknown_because_of_it():
    prepared = steady(0.0, binding=[code_of(UNKNOWN)], safe_load_mw=[0.0], load_bound_mw=[6.0])
    shape = prepared.levels.temperature_c.shape
    for name, at_bound, cause, unit in (
        ("temperature_c", 61.4, "temperature is 61.4 degC, and safe loads are known only up to 60.0 degC", "degC"),
        ("dew_point_c", 36.3, "dew point (humidity) is 36.3 degC, and safe loads are known only up to 35.0 degC", None),
    ):
        levels = replace(prepared.levels, **{name: np.full(shape, at_bound)})
        decision = decision_on(replace(prepared, levels=levels))
        assert decision.reason == (
            "Waits: no allowed region is safe yet; the limit is unknown in alpha at 2024-05-20T01:00Z, "
            f"because the bound of the {cause}."
        )
        binding = decision.binding
        assert (binding.limit, binding.bound, binding.unit) == (UNKNOWN, at_bound, unit or "degC dew point")
        assert binding.limit_value < binding.bound


def test_a_policy_that_does_not_use_the_bound_says_where_the_bound_exceeds_a_limit():
    unsafe = decision_on(steady(0.25), policy="home_region")
    assert unsafe.verdict is Verdict.APPROVE
    assert unsafe.reason == (
        "Runs now, although the bound exceeds the installed IT power in alpha at 2024-05-20T01:00Z "
        "(10.8 at the bound, limit 10.0 MW)."
    )
    safe = decision_on(steady(2.0), policy="home_region")
    assert safe.reason == (
        "Runs now; the closest limit is the installed IT power in alpha at 2024-05-20T01:00Z "
        "(9.0 at the bound, limit 10.0 MW)."
    )


def test_a_job_is_contested_where_the_bound_is_reached_or_the_forecast_is_near_a_limit():
    assert not decision_on(steady(4.0)).contested
    assert decision_on(steady(4.0, near_limit=[True])).contested
    # The job is within half a megawatt of the forecast headroom.
    assert decision_on(steady(4.0), power_mw=4.0).contested


def test_an_unknown_price_leaves_the_expected_carbon_and_water_known():
    decision = decision_on(steady(4.0, cost_usd_per_mwh=[np.nan]), policy="home_region")
    assert np.isnan([decision.expected.cost_usd, decision.saved.cost_usd]).all()
    # 1 MW for two hours, at 0.1 kg and 2 L for each MWh.
    assert (decision.expected.carbon_kg, decision.expected.water_l) == pytest.approx((0.2, 4.0))
    assert (decision.saved.carbon_kg, decision.saved.water_l) == (0, 0)
