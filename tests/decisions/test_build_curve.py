"""The curve of one origin agrees with the decisions, names its limits, and never rises with heat or conservatism."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.controllers import at_level, controller_of, some
from support.no_reservations import nothing_reserved
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region, summer_prepared

from fleet.conformal.controller import Controller
from fleet.decisions.build_curve import curve_of
from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.decision import Decision, Verdict
from fleet.domain.headroom_curve import HeadroomCurve, rounded_down_mw
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.physics.limits import CONTROLLER, ENVELOPE, GRID, IT_POWER, OUTDOOR, UNKNOWN
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare
from fleet.preparation.prepared import Prepared

HORIZON = 24
SUMMER_REGIONS = load_fleet().region_ids
AT = hour("2024-05-20T00")
STEPS = (250, 500)
DURATIONS = (1, 5, 24)
STEPS_AND_DURATIONS = [(step, duration_h) for step in STEPS for duration_h in DURATIONS]


@cache
def calm_prepared() -> Prepared:
    """Return one origin of a region with 10 MW and a load of 6 MW that never changes: 4 MW are left."""
    telemetry = calm(fleet_of(region()))
    return prepare(telemetry, fleet_of(region()), np.array([telemetry.position(AT)]), NAIVE)


@cache
def calm_curve(duration_h: int) -> HeadroomCurve:
    """Return the curve of the calm region without reservations."""
    return curve_of(calm_prepared(), 0, nothing_reserved(calm_prepared(), duration_h), None, duration_h)


def summer_reserved(duration_h: int) -> np.ndarray:
    """Return 3 MW that are reserved for ten hours in the first region of the summer twin."""
    reserved_mw = nothing_reserved(summer_prepared(), duration_h)
    reserved_mw[0, 2:12] = 3.0
    return reserved_mw


@cache
def summer_curve(step: int, duration_h: int) -> HeadroomCurve:
    """Return the curve of one summer origin with 3 MW reserved for ten hours in the first region."""
    return curve_of(summer_prepared(), step, summer_reserved(duration_h), None, duration_h)


def controller_at(prepared: Prepared, level: float, unresolved: int = 0) -> Controller:
    """Return a controller with one level and one number of unresolved jobs in all regions."""
    regions = len(prepared.fleet.regions)
    return at_level(controller_of(regions).with_approvals(some([unresolved] * regions)), [level] * regions)


def summer_decision(step: int, region_id: str, power_mw: float, duration_h: int) -> Decision:
    """Return the decision on a job that must start in the first hour in one region of the summer twin."""
    first = summer_prepared().origin_utc[step] + np.timedelta64(1, "h")
    submitted = job(
        power_mw=power_mw,
        duration_h=duration_h,
        earliest_utc=first,
        deadline_utc=first + duration_h,
        home_region=region_id,
        regions=(region_id,),
    )
    state, work = State(step=step, reserved_mw=summer_reserved(duration_h)), Workload.of([submitted], SUMMER_REGIONS)
    result, _ = decide(summer_prepared(), state, work, np.arange(1), POLICIES["greedy"]())
    (decision,) = result.decisions()
    return decision


@pytest.mark.slow
def test_a_calm_region_has_the_headroom_that_its_load_leaves():
    curve = calm_curve(1)
    np.testing.assert_array_equal(curve.headroom_mw, 4.0)
    np.testing.assert_array_equal(curve.forecast_headroom_mw, 4.0)
    assert list(curve.limits_mw) == [limit.label for limit in ENVELOPE]
    np.testing.assert_array_equal(curve.limits_mw[IT_POWER.label], 10.0)
    assert np.isinf(curve.limits_mw[OUTDOOR.label]).all()
    binding = curve.binding[0][0]
    assert (binding.limit, binding.limit_value, binding.unit) == (IT_POWER, 10.0, "MW")
    assert binding.bound == pytest.approx(6.0)
    assert curve.start_utc[0] == curve.origin_utc + 1


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.integers(1, 25)), max_size=4),
    st.sampled_from([1, 3, 24]),
)
def test_reserved_power_is_subtracted_once_in_its_hours(jobs, duration_h):
    reserved_mw = nothing_reserved(calm_prepared(), duration_h)
    for start, hours, tenths in jobs:
        reserved_mw[0, start : start + hours] += tenths / 10
    curve = curve_of(calm_prepared(), 0, reserved_mw, None, duration_h)
    free = calm_curve(duration_h)
    # Windows that end beyond the horizon have no climatological band yet.
    last_inside = HORIZON - duration_h + 1
    np.testing.assert_array_equal(curve.headroom_mw[0, last_inside:], 0.0)
    for start in range(last_inside):
        window_mw = reserved_mw[0, start : start + duration_h]
        assert curve.reserved_mw[0, start] == window_mw.max()
        expected_mw = max(4.0 - window_mw.max(), 0.0)
        assert curve.headroom_mw[0, start] == pytest.approx(expected_mw, abs=1e-6)
        assert curve.forecast_headroom_mw[0, start] == pytest.approx(expected_mw, abs=1e-6)
        if not window_mw.any():
            assert curve.headroom_mw[0, start] == free.headroom_mw[0, start]
    for label, values in curve.limits_mw.items():
        np.testing.assert_array_equal(values, free.limits_mw[label])


@pytest.mark.parametrize(("step", "duration_h"), STEPS_AND_DURATIONS)
def test_a_job_as_large_as_the_headroom_is_approved_and_a_larger_one_is_denied(step, duration_h):
    curve = summer_curve(step, duration_h)
    for index, region_id in enumerate(SUMMER_REGIONS):
        for more_mw, verdict in ((0.0, Verdict.APPROVE), (0.100001, Verdict.DENY)):
            power_mw = curve.headroom_mw[index, 0] + more_mw
            if power_mw == 0:
                continue
            decision = summer_decision(step, region_id, power_mw, duration_h)
            assert decision.verdict is verdict
            binding = curve.binding[index][0]
            assert (decision.binding.limit, decision.binding.hour_utc) == (binding.limit, binding.hour_utc)


@pytest.mark.parametrize(("step", "duration_h"), STEPS_AND_DURATIONS)
def test_the_binding_limit_has_the_smallest_safe_load(step, duration_h):
    curve = summer_curve(step, duration_h)
    compared = 0
    for index, bindings in enumerate(curve.binding):
        for start, binding in enumerate(bindings):
            loads_mw = {label: values[index, start] for label, values in curve.limits_mw.items()}
            if binding.unit != "MW" or np.isnan(list(loads_mw.values())).all():
                continue
            compared += 1
            assert loads_mw[binding.limit.label] == pytest.approx(binding.limit_value, abs=1e-6)
            left_mw = binding.limit_value - binding.bound
            assert curve.headroom_mw[index, start] == rounded_down_mw(np.array([left_mw]))[0]
            # Only the grid limit is compared with the load bound of a higher level.
            if binding.limit != GRID:
                assert all(mw >= binding.limit_value - 1e-6 for mw in loads_mw.values() if mw > 0)
    assert compared > 0


@pytest.mark.parametrize("step", STEPS)
def test_neither_a_longer_window_nor_a_higher_level_has_more_headroom(step):
    grid = summer_curve(step, 1).by_level
    assert grid.windows_h.tolist() == [1, 2, 4, 8, 16, 24]
    assert (np.diff(grid.headroom_mw, axis=0) <= 0).all()
    assert (np.diff(grid.headroom_mw, axis=1) <= 0).all()
    assert grid.headroom_mw.max() > 20


@pytest.mark.parametrize(("step", "bucket", "duration_h"), [(250, 0, 1), (500, 0, 1), (500, 5, 24)])
def test_the_curve_equals_the_fixed_grid_at_the_required_level(step, bucket, duration_h):
    curve = summer_curve(step, duration_h)
    levels = summer_prepared().levels
    weather, load = levels.index_of(curve.weather_level), levels.index_of(curve.load_level)
    compared = 0
    for index, start in np.argwhere(np.maximum(weather, load) < len(curve.by_level.levels)):
        on_grid = curve.by_level.headroom_mw[:, bucket, index, start]
        lower, higher = sorted((weather[index, start], load[index, start]))
        assert on_grid[higher] <= curve.headroom_mw[index, start] <= on_grid[lower]
        compared += lower == higher
    assert compared > 0


@pytest.mark.slow
@pytest.mark.parametrize("duration_h", DURATIONS)
def test_a_higher_level_of_the_controller_never_adds_headroom(duration_h):
    prepared = summer_prepared()
    reserved_mw = nothing_reserved(prepared, duration_h)
    by_level = [
        curve_of(prepared, 100, reserved_mw, controller_at(prepared, level), duration_h).headroom_mw
        for level in (0.0, 0.3, 1.0, 2.0, 3.9)
    ]
    assert (np.diff(np.stack(by_level), axis=0) <= 0).all()
    assert by_level[-1].sum() < by_level[0].sum()


@pytest.mark.parametrize(("level", "unresolved", "unit"), [(4.0, 0, "margins"), (0.0, 500, "jobs")])
def test_a_closed_region_has_no_headroom_and_the_controller_binds(level, unresolved, unit):
    controller = controller_at(calm_prepared(), level, unresolved)
    curve = curve_of(calm_prepared(), 0, nothing_reserved(calm_prepared()), controller, 1)
    np.testing.assert_array_equal(curve.headroom_mw, 0.0)
    np.testing.assert_array_equal(curve.forecast_headroom_mw, 4.0)
    assert all(binding.limit == CONTROLLER and binding.unit == unit for binding in curve.binding[0])


def test_the_controller_binds_where_a_window_requires_more_than_the_highest_level():
    levels = calm_prepared().levels
    prepared = replace(calm_prepared(), levels=replace(levels, load_required=levels.load_required + 3.0))
    curve = curve_of(prepared, 0, nothing_reserved(prepared), controller_at(prepared, 1.5), 1)
    np.testing.assert_array_equal(curve.headroom_mw, 0.0)
    assert all(binding.limit == CONTROLLER for binding in curve.binding[0])


@pytest.mark.slow
@pytest.mark.parametrize("column", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_without_a_bound_the_headroom_is_zero_and_never_nan(column):
    fleet, telemetry = fleet_of(region()), calm(fleet_of(region()))
    origin = telemetry.position(AT)
    gapped = changed(telemetry, column, (0, slice(origin - 30, None)), np.nan)
    prepared = prepare(gapped, fleet, np.array([origin]), NAIVE)
    curve = curve_of(prepared, 0, nothing_reserved(prepared), None, 1)
    np.testing.assert_array_equal(curve.headroom_mw, 0.0)
    assert all(binding.limit == UNKNOWN for binding in curve.binding[0])
    assert all(np.isnan(values).all() for values in curve.limits_mw.values())
    for values in (curve.forecast_headroom_mw, curve.reserved_mw, curve.by_level.headroom_mw):
        assert np.isfinite(values).all()
