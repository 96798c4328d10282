"""Telemetry to conditions, at origins that use nothing from after them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
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
from fleet.domain.conditions import Conditions
from fleet.domain.job import Job
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Costs
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.fleets import load_fleet
from fleet.physics.limits import UNKNOWN, code_of
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare, prices_since, with_foresight, with_settings
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY

FLEET = load_fleet()
FIELDS = Conditions.QUANTITIES


def corrupted_after(telemetry: Telemetry, origin: int, how: str) -> Telemetry:
    """Return the telemetry with wrong values after the origin."""
    values = {name: corrupted(grid, origin, how) for name, grid in telemetry.values.items()}
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


def assert_same_levels(levels: HeadroomLevels, step: int, expected: HeadroomLevels, expected_step: int) -> None:
    for name in ("safe_load_mw", "spare_mw", "binding"):
        of_step, of_expected = getattr(levels, name)[:, step], getattr(expected, name)[:, expected_step]
        np.testing.assert_array_equal(of_step, of_expected, err_msg=name)
    for name in ("temperature_c", "margin_k", "required"):
        of_step, of_expected = getattr(levels, name)[step], getattr(expected, name)[expected_step]
        np.testing.assert_array_equal(of_step, of_expected, err_msg=name)


def assert_same(conditions: Conditions, expected: Conditions, message: str = "") -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(conditions, name), getattr(expected, name), err_msg=f"{message} {name}")


# The middle of a month, the last hour of a month and the first hour of the next one.
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
        assert_same(corrupt.ahead(step, 96), original.ahead(step, 96), f"origin {step - 30}")
        assert_same_levels(corrupt.levels, step, original.levels, step)
    # Required levels need 30 days of warm-up, 60 of scores and 30 of windows, from the first whole day on.
    assert np.isfinite(original.levels.required[30]).all() == (origin >= 24 * 123)


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
        assert_same(live.ahead(0, 48), batch.ahead(step, 48), f"origin {origin}")
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


def test_inputs_do_not_change_and_equal_inputs_give_equal_conditions():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 121, 24 * 122)
    before = {name: grid.copy() for name, grid in telemetry.values.items()}
    first, second = (prepare(telemetry, FLEET, origins, NAIVE) for _ in range(2))
    assert_same(second.near, first.near)
    assert_same(second.far, first.far)
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
    assert_same(prepared.ahead(0, 24), ahead.map(lambda table: table[:, :, :24]))
    assert_same(prepared.ahead(0, 24), prepared.near.map(lambda table: table[:, 0]))
    hour_30 = prepared.origin_utc[0] + 30
    cell = (int(hour_30.astype("datetime64[M]").astype(int)) % 12) * HOURS_PER_DAY + int(hour_30.astype(int)) % 24
    np.testing.assert_array_equal(ahead.headroom_mw[:, 29], prepared.far.headroom_mw[0, :, cell])


def test_a_month_without_history_has_no_headroom_beyond_the_horizon():
    # The telemetry begins in April, so December has no band.
    prepared = summer_prepared()
    december = slice(11 * HOURS_PER_DAY, 12 * HOURS_PER_DAY)
    assert (prepared.far.headroom_mw[..., december] == 0).all()
    assert (prepared.far.binding[..., december] == code_of(UNKNOWN)).all()


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
        assert (more.far.headroom_mw <= less.far.headroom_mw).all()
    assert (bounds[2].near.headroom_mw < bounds[0].near.headroom_mw).any()


@pytest.mark.slow
def test_each_gate_requires_its_own_level():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 147, 24 * 149)
    decision = prepare(telemetry, FLEET, origins, NAIVE)
    path, pointwise = (with_settings(decision, replace(NAIVE, gate=gate)) for gate in ("path", "pointwise"))
    # The margins of each hour are equal, and the margin of the whole path is wider.
    np.testing.assert_array_equal(pointwise.levels.spare_mw, decision.levels.spare_mw)
    assert (path.levels.spare_mw[4] <= pointwise.levels.spare_mw[4] + 1e-9).mean() > 0.95
    assert (pointwise.levels.required == 1).all()
    assert (path.levels.required == 1).all()
    assert decision.levels.required.std() > 0
    assert_same(path.near, decision.near)


def test_the_horizon_is_the_number_of_leads():
    fleet = fleet_of()
    prepared = prepare(
        calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), Settings(forecaster="seasonal_naive", horizon=6)
    )
    assert prepared.near.headroom_mw.shape == (1, 1, 6)


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_after_a_gap_of_more_than_a_day_there_is_no_headroom(name):
    fleet = fleet_of()
    whole, end = calm(fleet), CALM_DAYS * DAY
    for gap_h, is_known in ((24, True), (25, False)):
        gapped = changed(whole, name, (0, slice(end - gap_h, end)), np.nan)
        near = prepare(gapped, fleet, np.array([end - 1]), NAIVE).near
        assert (near.headroom_mw > 0).all() == is_known
        assert (near.binding == code_of(UNKNOWN)).all() != is_known


def test_a_gap_in_one_region_does_not_change_the_headroom_of_another():
    fleet = fleet_of(region("alpha"), region("beta"))
    end = CALM_DAYS * DAY
    gapped = changed(calm(fleet), "temperature_c", (0, slice(end - 30, end)), np.nan)
    near = prepare(gapped, fleet, np.array([end - 1]), NAIVE).near
    assert (near.headroom_mw[0, 0] == 0).all()
    np.testing.assert_allclose(near.headroom_mw[0, 1], 4.0)


def test_the_stated_price_replaces_a_missing_column_and_a_region_without_prices():
    fleet = fleet_of(region("alpha", price_usd_per_mwh=30), region("beta", price_usd_per_mwh=70))
    # Carbon and water are free, so a job costs only the price of its energy.
    fleet = fleet.model_copy(update={"costs": Costs(carbon_usd_per_t=0, water_usd_per_m3=0)})
    origin = np.array([CALM_DAYS * DAY - 1])
    whole = calm(fleet)
    only_alpha = changed(whole, "price_usd_per_mwh", (1, slice(None)), np.nan)
    without = Telemetry(
        regions=whole.regions,
        time_utc=whole.time_utc,
        values={name: grid for name, grid in whole.values.items() if name != "price_usd_per_mwh"},
    )
    cost = [
        prepare(telemetry, fleet, origin, NAIVE).near.cost_usd_per_mwh[0, :, 0]
        for telemetry in (whole, only_alpha, without)
    ]
    # The price in the telemetry is 50.
    per_usd = cost[0] / 50
    assert per_usd[0] == pytest.approx(per_usd[1])
    assert cost[1] == pytest.approx(per_usd * [50, 70])
    assert cost[2] == pytest.approx(per_usd * [30, 70])


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_a_missing_column_that_limits_need_is_refused(name):
    fleet = fleet_of()
    whole = calm(fleet)
    without = Telemetry(
        regions=whole.regions,
        time_utc=whole.time_utc,
        values={column: grid for column, grid in whole.values.items() if column != name},
    )
    with pytest.raises(DataError, match=f"no column {name}"):
        prepare(without, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    empty = changed(whole, name, (0, slice(None)), np.nan)
    with pytest.raises(DataError, match=f"{name} has no value in region alpha"):
        prepare(empty, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)


def test_a_misspelt_region_is_refused_and_an_extra_region_is_ignored():
    one, two = fleet_of(region("alpha")), fleet_of(region("alpha"), region("beta"))
    with pytest.raises(DataError, match="no region gamma"):
        prepare(calm(two), fleet_of(region("alpha"), region("gamma")), np.array([CALM_DAYS * DAY - 1]), NAIVE)
    alone = prepare(calm(one), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    among = prepare(calm(two), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    assert_same(among.near, alone.near)


@pytest.mark.parametrize(
    ("hours", "message"), [(10, "this history is not known yet"), (30 * 24, "known only from 2024-01-01T23:00Z on")]
)
def test_too_little_history_is_refused_with_the_first_known_hour(hours, message):
    fleet = fleet_of()
    short = calm(fleet).hours(0, hours)
    with pytest.raises(DataError, match=message) as refused:
        prepare(short, fleet, np.array([hours - 1]), NAIVE)
    assert "needs 30 days of history of temperature_c, dew_point_c, it_load_mw in at least one region" in str(
        refused.value
    )


def test_an_origin_within_the_first_thirty_days_is_refused():
    fleet = fleet_of()
    with pytest.raises(DataError, match="30 days"):
        prepare(calm(fleet), fleet, np.arange(24 * 30, 24 * 100), NAIVE)


@pytest.mark.parametrize(
    "setting",
    [
        {"forecaster": "oracle"},
        {"bands": "magic"},
        {"confidence": 1.0},
        {"confidence": 0.0},
        {"horizon": 0},
        {"gate": "open"},
    ],
)
def test_invalid_settings_are_refused(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Settings(**setting)


def test_foresight_knows_the_actual_values_within_the_horizon_only():
    prepared = summer_prepared()
    foreseen = with_foresight(prepared)
    load = prepared.residuals["it_load_mw"]
    np.testing.assert_array_equal(foreseen.near.load_bound_mw, load.actual[load.since :])
    assert_same(foreseen.far, prepared.far)


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
    assert_same(alone.near, together.near.map(lambda table: table[:, :, 31:32]))
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
    np.testing.assert_allclose(prepared.far.temperature_bound_c[0, 0, march], 35.0)


def test_beyond_the_horizon_the_load_bound_follows_a_jump_of_the_load():
    fleet = fleet_of()
    whole = calm(fleet)
    jump = (CALM_DAYS - 4) * DAY
    jumped = changed(whole, "it_load_mw", (0, slice(jump, None)), 8.0)
    prepared = prepare(jumped, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    # The load rose from 6 to 8 MW four days ago, and the 28-day mean is still near 6.
    march = slice(2 * HOURS_PER_DAY, 3 * HOURS_PER_DAY)
    np.testing.assert_allclose(prepared.far.load_bound_mw[0, 0, march], 8.0)


def test_stated_prices_are_told_from_observed_ones():
    fleet = fleet_of(region("alpha"), region("beta", price_usd_per_mwh=40.0))
    telemetry = changed(calm(fleet, 3), "price_usd_per_mwh", (0, slice(0, 7)), np.nan)
    telemetry = changed(telemetry, "price_usd_per_mwh", (1, slice(None)), np.nan)
    np.testing.assert_array_equal(prices_since(telemetry, fleet), [telemetry.time_utc[7], np.datetime64("NaT", "h")])
