"""Telemetry to conditions, at origins that use nothing from after them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.same_conditions import assert_same_conditions
from support.sites import (
    CALM_DAYS,
    DAY,
    NAIVE,
    calm,
    changed,
    decided,
    fleet_of,
    region,
    summer_jobs,
    summer_prepared,
    summer_twin,
)

from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.job import Job
from fleet.domain.levels import HeadroomLevels
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.physics.limits import UNKNOWN, code_of
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare, with_foresight, with_settings
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY

FLEET = load_fleet()


def corrupted_after(telemetry: Telemetry, origin: int, how: str) -> Telemetry:
    """Return the telemetry with wrong values after the origin."""
    values = {name: corrupted(grid, origin, how) for name, grid in telemetry.values.items()}
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


def assert_same_levels(levels: HeadroomLevels, step: int, expected: HeadroomLevels, expected_step: int) -> None:
    for name in ("safe_load_mw", "load_mw", "binding"):
        of_step, of_expected = getattr(levels, name)[:, step], getattr(expected, name)[:, expected_step]
        np.testing.assert_array_equal(of_step, of_expected, err_msg=name)
    for name in ("grid_load_mw", "temperature_c", "margin_k", "weather_required", "load_required"):
        of_step, of_expected = getattr(levels, name)[step], getattr(expected, name)[expected_step]
        np.testing.assert_array_equal(of_step, of_expected, err_msg=name)


# The middle of a month, the last hour of a month and the first hour of the next one.
@pytest.mark.slow
@pytest.mark.parametrize(
    "origin",
    [24 * 122 - 1, *(pytest.param(hour, marks=pytest.mark.slow) for hour in (24 * 130 + 7, 24 * 122))],
)
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_values_after_an_origin_do_not_change_its_conditions(origin, how):
    telemetry = summer_twin().telemetry
    # Later origins are prepared too. They may change, and the earlier ones must not.
    origins = np.arange(origin - 30, origin + 100)
    original = prepare(telemetry, FLEET, origins, NAIVE)
    corrupt = prepare(corrupted_after(telemetry, origin, how), FLEET, origins, NAIVE)
    for step in range(31):
        assert_same_conditions(corrupt.ahead(step, 96), original.ahead(step, 96), f"origin {step - 30}")
        assert_same_levels(corrupt.levels, step, original.levels, step)
    # Required levels need 30 days of warm-up, 60 of scores and 30 of windows, from the first whole day on.
    assert np.isfinite(original.levels.weather_required[30]).all()
    assert np.isfinite(original.levels.load_required[30]).any()


@pytest.mark.slow
@pytest.mark.parametrize("forecaster", ["seasonal_naive", "ridge"])
def test_a_live_origin_equals_the_same_origin_of_a_replay(forecaster):
    telemetry, settings = summer_twin().telemetry, Settings(forecaster=forecaster)
    origins = np.arange(24 * 120, 24 * 124)
    batch = prepare(telemetry, FLEET, origins, settings)
    for step in (0, 50, 95):
        origin = int(origins[step])
        live = prepare(telemetry.hours(0, origin + 1), FLEET, np.array([origin]), settings)
        # The second day lies beyond the horizon, in the climatological band.
        assert_same_conditions(live.ahead(0, 48), batch.ahead(step, 48), f"origin {origin}")
        assert_same_levels(live.levels, 0, batch.levels, step)


def test_values_after_an_origin_do_not_change_its_decisions():
    telemetry, origin = summer_twin().telemetry, 24 * 130 + 7
    origins = np.arange(origin - 20, origin + 1)

    def decisions(observed: Telemetry) -> list:
        prepared = prepare(observed, FLEET, origins, NAIVE)
        first = prepared.origin_utc[0] + np.timedelta64(1, "h")
        jobs = [job for job in summer_jobs() if first <= job.earliest_utc <= prepared.origin_utc[-1]]
        state, all_decisions = State.empty(prepared, longest_job_h=168), []
        work = Workload.of(jobs, FLEET.region_ids)
        for origin_utc in prepared.origin_utc:
            arrived = np.flatnonzero(work.earliest_h == origin_utc.astype(np.int64) + 1)
            result, state = decide(prepared, state, work, arrived, POLICIES["greedy"]())
            all_decisions.extend(result.decisions())
        return all_decisions

    original = decisions(telemetry)
    assert len(original) > 20
    for how in CORRUPTIONS:
        assert decisions(corrupted_after(telemetry, origin, how)) == original


@pytest.mark.slow
def test_inputs_do_not_change_and_equal_inputs_give_equal_conditions():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 121, 24 * 122)
    before = {name: grid.copy() for name, grid in telemetry.values.items()}
    first, second = (prepare(telemetry, FLEET, origins, NAIVE) for _ in range(2))
    assert_same_conditions(second.near, first.near)
    assert_same_conditions(second.beyond.season, first.beyond.season)
    for name, grid in telemetry.values.items():
        np.testing.assert_array_equal(grid, before[name])


def test_the_bound_of_calm_telemetry_is_its_value():
    fleet = fleet_of()
    prepared = prepare(calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    # 10 MW of IT power less 6 MW of load.
    np.testing.assert_allclose(prepared.near.headroom_mw, 4.0)
    np.testing.assert_allclose(prepared.near.forecast_headroom_mw, 4.0)
    # The forecast headroom less 5 % of the 10 safe MW.
    np.testing.assert_allclose(prepared.near.near_limit_mw, 3.5)
    np.testing.assert_allclose(prepared.near.temperature_bound_c, 10.0)
    np.testing.assert_allclose(prepared.near.load_bound_mw, 6.0)


def test_hours_beyond_the_horizon_have_the_climatological_band():
    prepared = summer_prepared()
    ahead = prepared.ahead(0, 72)
    assert ahead.headroom_mw.shape == (3, 72)
    assert_same_conditions(prepared.ahead(0, 24), ahead.map(lambda table: table[:, :, :24]))
    assert_same_conditions(prepared.ahead(0, 24), prepared.near.map(lambda table: table[:, 0]))
    hour_30 = prepared.origin_utc[0] + 30
    cell = (int(hour_30.astype("datetime64[M]").astype(int)) % 12) * HOURS_PER_DAY + int(hour_30.astype(int)) % 24
    np.testing.assert_array_equal(ahead.headroom_mw[:, 29], prepared.beyond.season.headroom_mw[0, :, cell])


def test_a_month_without_history_has_no_headroom_beyond_the_horizon():
    # The telemetry begins in April, so December has no band.
    prepared = summer_prepared()
    december = slice(11 * HOURS_PER_DAY, 12 * HOURS_PER_DAY)
    assert (prepared.beyond.season.headroom_mw[..., december] == 0).all()
    assert (prepared.beyond.season.binding[..., december] == code_of(UNKNOWN)).all()


def test_without_calibration_nothing_is_promised():
    fleet = fleet_of()
    # 30 days of warm-up and 33 days of scores give a forecast, and too few scores for a bound.
    prepared = prepare(calm(fleet, 63), fleet, np.array([63 * DAY - 1]), NAIVE)
    assert (prepared.near.headroom_mw == 0).all()
    assert (prepared.near.binding == code_of(UNKNOWN)).all()
    assert (prepared.near.forecast_headroom_mw > 0).all()


@pytest.mark.slow
def test_more_confidence_never_adds_headroom():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 125, 24 * 128)
    bounds = [
        prepare(telemetry, FLEET, origins, Settings(forecaster="seasonal_naive", confidence=share))
        for share in (0.5, 0.9, 0.99)
    ]
    for less, more in pairwise(bounds):
        assert (more.near.headroom_mw <= less.near.headroom_mw).all()
        assert (more.beyond.season.headroom_mw <= less.beyond.season.headroom_mw).all()
    assert (bounds[2].near.headroom_mw < bounds[0].near.headroom_mw).any()


@pytest.mark.slow
def test_each_gate_requires_its_own_level():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 147, 24 * 149)
    decision = prepare(telemetry, FLEET, origins, NAIVE)
    path, pointwise = (with_settings(decision, replace(NAIVE, gate=gate)) for gate in ("path", "pointwise"))
    # The margins of each hour are equal, and the margin of the whole path is wider.
    np.testing.assert_array_equal(pointwise.levels.load_mw, decision.levels.load_mw)
    assert (path.levels.load_mw[4] >= pointwise.levels.load_mw[4] - 1e-9).mean() > 0.95
    for name in ("weather_required", "load_required"):
        assert (getattr(pointwise.levels, name) == 1).all()
        assert (getattr(path.levels, name) == 1).all()
        assert getattr(decision.levels, name).std() > 0
    assert_same_conditions(path.near, decision.near)


@pytest.mark.slow
def test_the_horizon_is_the_number_of_leads():
    fleet = fleet_of()
    prepared = prepare(
        calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), Settings(forecaster="seasonal_naive", horizon=6)
    )
    assert prepared.near.headroom_mw.shape == (1, 1, 6)


def test_foresight_knows_the_actual_values_within_the_horizon_only():
    prepared = summer_prepared()
    foreseen = with_foresight(prepared)
    load = prepared.residuals["it_load_mw"]
    np.testing.assert_array_equal(foreseen.near.load_bound_mw, load.actual[load.since :])
    assert_same_conditions(foreseen.beyond.season, prepared.beyond.season)


def test_progress_rises_to_one():
    shares: list[float] = []
    fleet = fleet_of()
    prepare(calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.slow
def test_fifty_regions_together_equal_fifty_fleets_of_one_region():
    regions = [region(f"r{index}", price_usd_per_mwh=20 + index) for index in range(50)]
    fleet = fleet_of(*regions)
    load_mw = {f"r{index}": 1 + index / 10 for index in range(50)}
    telemetry, origin = calm(fleet, levels={"it_load_mw": load_mw}), np.array([CALM_DAYS * DAY - 1])
    together = prepare(telemetry, fleet, origin, NAIVE)
    np.testing.assert_allclose(together.near.headroom_mw[0, :, 0], [10 - 1 - index / 10 for index in range(50)])
    alone = prepare(telemetry, fleet_of(regions[31]), origin, NAIVE)
    assert_same_conditions(alone.near, together.near.map(lambda table: table[:, :, 31:32]))
    jobs = [
        Job(
            id=f"j{index}",
            power_mw=1.0,
            duration_h=30,
            earliest_utc=telemetry.time_utc[-1],
            deadline_utc=telemetry.time_utc[-1] + np.timedelta64(60, "h"),
            home_region="r0",
        )
        for index in range(100)
    ]
    decisions, _ = decided(together, jobs)
    assert len(decisions) == 100


@pytest.mark.slow
def test_a_forecast_within_three_degrees_of_the_throttle_is_near_a_limit():
    origin = np.array([CALM_DAYS * DAY - 1])
    # The forecast is 10 degC.
    for limit_c, is_near in ((13.0, True), (13.1, False)):
        fleet = fleet_of(region(outdoor_limit_c=limit_c))
        assert (prepare(calm(fleet), fleet, origin, NAIVE).near.near_limit == is_near).all()


def test_beyond_the_horizon_each_hour_gets_a_quarter_of_the_miscoverage():
    fleet = fleet_of()
    whole = calm(fleet)
    # Each cell has two warm days. The rank of the whole miscoverage leaves them out, that of a quarter does not.
    warm = changed(whole, "temperature_c", (0, slice(100 * DAY, 102 * DAY)), 35.0)
    prepared = prepare(warm, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    march = slice(2 * HOURS_PER_DAY, 3 * HOURS_PER_DAY)
    # 90 days of February to April: rank ceil(91 x 0.9875) = 90 of 90 is a warm day, rank ceil(91 x 0.95) = 87 is not.
    np.testing.assert_allclose(prepared.beyond.season.temperature_bound_c[0, 0, march], 35.0)


def test_beyond_the_horizon_the_load_bound_follows_a_jump_of_the_load():
    fleet = fleet_of()
    whole = calm(fleet)
    jump = (CALM_DAYS - 4) * DAY
    jumped = changed(whole, "it_load_mw", (0, slice(jump, None)), 8.0)
    prepared = prepare(jumped, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    # The load rose from 6 to 8 MW four days ago, and the 28-day mean is still near 6.
    march = slice(2 * HOURS_PER_DAY, 3 * HOURS_PER_DAY)
    np.testing.assert_allclose(prepared.beyond.season.load_bound_mw[0, 0, march], 8.0)
