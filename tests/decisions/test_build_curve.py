"""The curve of one origin: what the desk would give, each limit by its name, and never more for more of anything."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import JANUARY, hours_from
from support.plants import PLANTS, region_with
from support.sites import NAIVE, calm, changed, conditions, fleet_of, hour, job, region, summer_prepared

from fleet.conformal.build_bands import Residuals
from fleet.conformal.controller import Controller, Rules
from fleet.decisions.build_curve import curve_of, hours_seen
from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.decision import Verdict
from fleet.domain.headroom_curve import HeadroomCurve, rounded_down_mw
from fleet.domain.levels import HeadroomLevels
from fleet.domain.workload import Workload
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare, with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings

HORIZON = 24
SUMMER = tuple(region.id for region in summer_prepared().fleet.regions)
AT = hour("2024-05-20T00")
LIMITS = {limit.label: limit for limit in Limit}


def nothing(prepared: Prepared, duration_h: int = 1) -> np.ndarray:
    return np.zeros((len(prepared.fleet.regions), hours_seen(prepared.settings.horizon, duration_h)))


@cache
def still() -> Prepared:
    """10 MW less a load of 6 MW that never changes leave 4 MW."""
    telemetry = calm(fleet_of(region()))
    return prepare(telemetry, fleet_of(region()), np.array([telemetry.position(AT)]), NAIVE)


@cache
def still_curve(duration_h: int) -> HeadroomCurve:
    """Nothing is reserved."""
    return curve_of(still(), 0, nothing(still(), duration_h), None, duration_h)


@cache
def of_summer(step: int, duration_h: int) -> HeadroomCurve:
    """With 3 MW reserved for ten hours in the first region."""
    reserved = nothing(summer_prepared(), duration_h)
    reserved[0, 2:12] = 3.0
    return curve_of(summer_prepared(), step, reserved, None, duration_h)


def controlled(prepared: Prepared, level: float, unresolved: int = 0) -> Controller:
    regions = len(prepared.fleet.regions)
    beginning = Controller.beginning(Rules(miscoverage=0.05), regions)
    return replace(beginning, level=np.full(regions, level), unresolved=np.full(regions, unresolved))


STEPS = (250, 500)
DURATIONS = (1, 5, 24)
EVERY = [(step, duration_h) for step in STEPS for duration_h in DURATIONS]


def test_a_still_region_has_what_its_load_leaves():
    own = still_curve(1)
    np.testing.assert_array_equal(own.headroom_mw, 4.0)
    np.testing.assert_array_equal(own.forecast_headroom_mw, 4.0)
    np.testing.assert_array_equal(own.limits_mw[Limit.IT], 10.0)
    assert np.isinf(own.limits_mw[Limit.OUTDOOR]).all()
    first = own.binding[0][0]
    assert (first.limit, first.limit_value, first.unit) == ("it", 10.0, "MW")
    assert first.bound == pytest.approx(6.0)
    assert own.start_utc[0] == own.origin_utc + 1


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.integers(1, 25)), max_size=4),
    st.sampled_from([1, 3, 24]),
)
def test_what_is_reserved_is_taken_off_once_in_its_own_hours(jobs, duration_h):
    reserved = nothing(still(), duration_h)
    for start, hours, tenths in jobs:
        reserved[0, start : start + hours] += tenths / 10
    own = curve_of(still(), 0, reserved, None, duration_h)
    free = still_curve(duration_h)
    # Past the horizon the season knows no bound yet.
    inside = HORIZON - duration_h + 1
    np.testing.assert_array_equal(own.headroom_mw[0, inside:], 0.0)
    for start in range(inside):
        held = reserved[0, start : start + duration_h]
        assert own.reserved_mw[0, start] == held.max()
        expected = max(4.0 - held.max(), 0.0)
        assert own.headroom_mw[0, start] == pytest.approx(expected, abs=1e-6)
        assert own.forecast_headroom_mw[0, start] == pytest.approx(expected, abs=1e-6)
        if not held.any():
            assert own.headroom_mw[0, start] == free.headroom_mw[0, start]
    np.testing.assert_array_equal(own.limits_mw, free.limits_mw)


@pytest.mark.parametrize(("step", "duration_h"), EVERY)
def test_the_desk_gives_a_job_the_headroom_and_no_tenth_more(step, duration_h):
    prepared, own = summer_prepared(), of_summer(step, duration_h)
    reserved = nothing(prepared, duration_h)
    reserved[0, 2:12] = 3.0
    first = own.start_utc[0]
    for index, name in enumerate(SUMMER):
        for more, verdict in ((0.0, Verdict.APPROVE), (0.100001, Verdict.DENY)):
            power_mw = own.headroom_mw[index, 0] + more
            if power_mw == 0:
                continue
            asks = job(
                power_mw=power_mw,
                duration_h=duration_h,
                earliest_utc=first,
                deadline_utc=first + duration_h,
                home_region=name,
                regions=(name,),
            )
            state, work = State(step=step, reserved_mw=reserved), Workload.of([asks], SUMMER)
            decided, _ = decide(prepared, state, work, np.arange(1), POLICIES["greedy"](), "greedy")
            (decision,) = decided.decisions()
            assert decision.verdict is verdict
            binding = own.binding[index][0]
            assert (decision.binding.limit, decision.binding.hour_utc) == (binding.limit, binding.hour_utc)


@pytest.mark.parametrize(("step", "duration_h"), EVERY)
def test_the_binding_term_is_the_safe_load_and_every_term_leaves_the_headroom(step, duration_h):
    own = of_summer(step, duration_h)
    known = 0
    for index, row in enumerate(own.binding):
        for start, binding in enumerate(row):
            terms = own.limits_mw[:, index, start]
            if binding.unit != "MW" or np.isnan(terms).all():
                continue
            known += 1
            assert terms[LIMITS[binding.limit]] == pytest.approx(binding.limit_value, abs=1e-6)
            left = binding.limit_value - binding.bound
            assert own.headroom_mw[index, start] == rounded_down_mw(np.array([left]))[0]
            # The grid alone is compared with a higher bound of the load.
            if binding.limit != "grid":
                assert (terms[terms > 0].min() >= binding.limit_value - 1e-6).all()
    assert known > 0


@pytest.mark.parametrize("step", STEPS)
def test_neither_a_longer_window_nor_a_higher_level_has_more(step):
    grid = of_summer(step, 1).by_level
    assert grid.windows_h.tolist() == [1, 2, 4, 8, 16, 24]
    assert (np.diff(grid.headroom_mw, axis=0) <= 0).all()
    assert (np.diff(grid.headroom_mw, axis=1) <= 0).all()
    assert grid.headroom_mw.max() > 20


@pytest.mark.parametrize(("step", "bucket", "duration_h"), [(250, 0, 1), (500, 0, 1), (500, 5, 24)])
def test_the_curve_stands_on_the_fixed_grid_at_the_level_that_it_asks_for(step, bucket, duration_h):
    own = of_summer(step, duration_h)
    rung = summer_prepared().ladder.rung(own.level)
    for index, start in np.argwhere(rung < len(own.by_level.levels)):
        cell = own.by_level.headroom_mw[rung[index, start], bucket, index, start]
        assert own.headroom_mw[index, start] == cell


@pytest.mark.parametrize("duration_h", DURATIONS)
def test_more_asked_of_by_the_controller_never_adds_headroom(duration_h):
    prepared = summer_prepared()
    reserved = nothing(prepared, duration_h)
    rising = [
        curve_of(prepared, 100, reserved, controlled(prepared, level), duration_h).headroom_mw
        for level in (0.0, 0.3, 1.0, 2.0, 3.9)
    ]
    assert (np.diff(np.stack(rising), axis=0) <= 0).all()
    assert rising[-1].sum() < rising[0].sum()


@pytest.mark.parametrize(("level", "unresolved", "unit"), [(4.0, 0, "margins"), (0.0, 500, "jobs")])
def test_a_closed_region_has_none_and_says_so(level, unresolved, unit):
    own = curve_of(still(), 0, nothing(still()), controlled(still(), level, unresolved), 1)
    np.testing.assert_array_equal(own.headroom_mw, 0.0)
    np.testing.assert_array_equal(own.forecast_headroom_mw, 4.0)
    assert {(each.limit, each.unit) for each in own.binding[0]} == {("controller", unit)}


def test_past_the_last_rung_the_controller_is_what_binds():
    prepared = replace(still(), ladder=replace(still().ladder, level=still().ladder.level + 3.0))
    own = curve_of(prepared, 0, nothing(prepared), controlled(prepared, 1.5), 1)
    np.testing.assert_array_equal(own.headroom_mw, 0.0)
    assert {each.limit for each in own.binding[0]} == {"controller"}


@pytest.mark.parametrize("column", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_without_a_bound_there_is_zero_and_never_nan(column):
    telemetry = calm(fleet_of(region()))
    origin = telemetry.position(AT)
    silent = changed(telemetry, column, (0, slice(origin - 30, None)), np.nan)
    own = curve_of(prepare(silent, fleet_of(region()), np.array([origin]), NAIVE), 0, nothing(still()), None, 1)
    np.testing.assert_array_equal(own.headroom_mw, 0.0)
    assert {each.limit for each in own.binding[0]} == {"unknown"}
    assert np.isnan(own.limits_mw).all()
    for values in (own.forecast_headroom_mw, own.reserved_mw, own.by_level.headroom_mw):
        assert np.isfinite(values).all()


# One step a lattice point, all at the same margins and levels: their actuals are not known yet.
HEAT_K, DAMP_K, LOAD_MW = np.array([0.0, 0.2, 6.0, 17.0]), np.array([0.0, 0.2, 7.0]), np.array([0.0, 0.05, 9.0, 60.0])
LATTICE = np.stack(np.meshgrid(HEAT_K, DAMP_K, LOAD_MW, indexing="ij")).reshape(3, -1)
PAST, LEADS = 24 * 105, 4
ERRORS = {"temperature_c": (20.0, 2.0), "dew_point_c": (8.0, 1.5), "it_load_mw": (35.0, 3.0)}


def on_a_lattice(plant) -> Prepared:
    draw, origins = np.random.default_rng(0), PAST + LATTICE.shape[1]
    residuals = {}
    for row, name in enumerate((*ERRORS, "carbon_g_per_kwh", "price_usd_per_mwh")):
        usual, spread = ERRORS.get(name, (100.0, 1.0))
        forecast = np.full((origins, 1, LEADS), usual)
        actual = forecast + draw.normal(0, spread, forecast.shape)
        actual[PAST - LEADS :] = np.nan
        if name in ERRORS:
            forecast[PAST:] += LATTICE[row][:, None, None]
        residuals[name] = Residuals(
            forecast=forecast,
            actual=actual,
            origin_utc=hours_from(JANUARY, origins),
            age_h=np.zeros((origins, 1), dtype=np.int64),
            since=PAST,
        )
    own = Settings(horizon=LEADS, bands="split")
    near = conditions(np.zeros((1, 1, LEADS)))
    blank = Prepared(
        fleet=fleet_of(region_with(plant, outdoor_limit_c=36.0)),
        settings=own,
        origin_utc=hours_from(JANUARY, origins)[PAST:],
        now=Conditions(table=near.table[..., :1]),
        near=near,
        ladder=HeadroomLevels.single(near),
        far=conditions(np.zeros((1, 1, 12 * 24))),
        far_row=np.zeros(LATTICE.shape[1], dtype=np.int64),
        residuals=residuals,
    )
    return with_settings(blank, own)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.kind}-{getattr(plant, 'condenser', '')}")
def test_more_heat_humidity_or_load_never_adds_headroom(plant):
    prepared = on_a_lattice(plant)
    curves = [curve_of(prepared, step, nothing(prepared), None, 1) for step in range(LATTICE.shape[1])]
    level = np.stack([each.level for each in curves])
    assert np.isfinite(level).all()
    assert (level == level[0]).all()
    shape = (len(HEAT_K), len(DAMP_K), len(LOAD_MW), LEADS)
    headroom = np.stack([each.headroom_mw[0] for each in curves]).reshape(shape)
    at_forecast = np.stack([each.forecast_headroom_mw[0] for each in curves]).reshape(shape)
    for axis in range(3):
        assert (np.diff(headroom, axis=axis) <= 0).all()
        assert (np.diff(at_forecast, axis=axis) <= 0).all()
    assert (headroom[0, 0, 0] > 0).all()
    # 37 degC pass the throttle, and 95 MW the IT power.
    assert (headroom[-1] == 0).all()
    assert (headroom[:, :, -1] == 0).all()


def test_at_the_bound_of_each_hour_more_confidence_never_adds_headroom():
    prepared = on_a_lattice(PLANTS[0])
    rising = []
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.99):
        own = with_settings(prepared, replace(prepared.settings, confidence=confidence, gate="pointwise"))
        rising.append(curve_of(own, 0, nothing(own), None, 1).headroom_mw)
    assert (np.diff(np.stack(rising), axis=0) <= 0).all()
    assert (rising[-1] < rising[0]).all()
