"""Telemetry to conditions, at origins that know nothing of what comes after them."""

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
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.job import Job
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Costs
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.fleets import load_fleet
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare, with_foresight, with_settings
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY

FLEET = load_fleet()
FIELDS = Conditions.QUANTITIES
MAY = 31 + 29 + 31 + 30


def corrupted_after(telemetry: Telemetry, origin: int, how: str) -> Telemetry:
    values = {name: corrupted(grid, origin, how) for name, grid in telemetry.values.items()}
    return Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)


def assert_same_ladder(found: HeadroomLevels, step: int, expected: HeadroomLevels, at: int) -> None:
    for name in ("safe_load_mw", "spare_mw", "binding"):
        np.testing.assert_array_equal(getattr(found, name)[:, step], getattr(expected, name)[:, at], err_msg=name)
    for name in ("temperature_c", "margin_k", "level"):
        np.testing.assert_array_equal(getattr(found, name)[step], getattr(expected, name)[at], err_msg=name)


def assert_same(found: Conditions, expected: Conditions, message: str = "") -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=f"{message} {name}")


# The middle of a month, and the last and first hour of two.
@pytest.mark.parametrize("origin", [24 * 130 + 7, 24 * 122 - 1, 24 * 122])
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_nothing_past_an_origin_reaches_its_conditions(origin, how):
    telemetry = summer_twin().telemetry
    # Origins after the corrupted one are made too: they may become nonsense, and the earlier ones may not notice.
    origins = np.arange(origin - 30, origin + 100)
    whole = prepare(telemetry, FLEET, origins, NAIVE)
    spoilt = prepare(corrupted_after(telemetry, origin, how), FLEET, origins, NAIVE)
    for step in range(31):
        assert_same(spoilt.ahead(step, 96), whole.ahead(step, 96), f"origin {step - 30}")
        assert_same_ladder(spoilt.ladder, step, whole.ladder, step)
    # 30 days of warm-up, 60 of scores and 30 of windows, from the first whole day on.
    assert np.isfinite(whole.ladder.level[30]).all() == (origin >= 24 * 123)


@pytest.mark.parametrize("forecaster", ["seasonal_naive", "ridge"])
def test_a_live_origin_is_the_same_origin_of_a_replay(forecaster):
    telemetry, settings = summer_twin().telemetry, Settings(forecaster=forecaster)
    origins = np.arange(24 * 120, 24 * 124)
    batch = prepare(telemetry, FLEET, origins, settings)
    for step in (0, 50, 95):
        origin = int(origins[step])
        live = prepare(telemetry.hours(0, origin + 1), FLEET, np.array([origin]), settings)
        # Two days reach past the horizon, into what the season brings.
        assert_same(live.ahead(0, 48), batch.ahead(step, 48), f"origin {origin}")
        assert_same_ladder(live.ladder, 0, batch.ladder, step)


def test_decisions_up_to_an_origin_do_not_change_with_what_comes_after_it():
    telemetry, origin = summer_twin().telemetry, 24 * 130 + 7
    origins = np.arange(origin - 20, origin + 1)

    def decisions(observed: Telemetry) -> list:
        prepared = prepare(observed, FLEET, origins, NAIVE)
        first = prepared.origin_utc[0] + np.timedelta64(1, "h")
        jobs = [job for job in summer_jobs() if first <= job.earliest_utc <= prepared.origin_utc[-1]]
        state, made = State.empty(prepared, longest_job_h=168), []
        work = Workload.of(jobs, FLEET.region_ids)
        for at in prepared.origin_utc:
            arrived = np.flatnonzero(work.earliest_h == at.astype(np.int64) + 1)
            found, state = decide(prepared, state, work, arrived, POLICIES["greedy"](), "greedy")
            made.extend(found.decisions())
        return made

    whole = decisions(telemetry)
    assert len(whole) > 20
    for how in CORRUPTIONS:
        assert decisions(corrupted_after(telemetry, origin, how)) == whole


def test_inputs_are_left_as_they_were_and_the_same_inputs_give_the_same_conditions():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 121, 24 * 122)
    before = {name: grid.copy() for name, grid in telemetry.values.items()}
    first, again = (prepare(telemetry, FLEET, origins, NAIVE) for _ in range(2))
    assert_same(again.near, first.near)
    assert_same(again.far, first.far)
    for name, grid in telemetry.values.items():
        np.testing.assert_array_equal(grid, before[name])


def test_calm_telemetry_is_bounded_by_itself():
    fleet = fleet_of()
    prepared = prepare(calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    # 10 MW installed less 6 MW of load; each day of the season had the same.
    np.testing.assert_allclose(prepared.near.headroom_mw, 4.0)
    np.testing.assert_allclose(prepared.near.forecast_headroom_mw, 4.0)
    # 5 % of the safe 10 MW come off the forecast's room.
    np.testing.assert_allclose(prepared.near.near_limit_mw, 3.5)
    np.testing.assert_allclose(prepared.near.temperature_bound_c, 10.0)
    np.testing.assert_allclose(prepared.near.load_bound_mw, 6.0)


def test_hours_past_the_horizon_are_bounded_by_the_season():
    prepared = summer_prepared()
    ahead = prepared.ahead(0, 72)
    assert ahead.headroom_mw.shape == (3, 72)
    assert_same(prepared.ahead(0, 24), ahead.map(lambda table: table[:, :, :24]))
    assert_same(prepared.ahead(0, 24), prepared.near.map(lambda table: table[:, 0]))
    later = prepared.origin_utc[0] + 30
    cell = (int(later.astype("datetime64[M]").astype(int)) % 12) * HOURS_PER_DAY + int(later.astype(int)) % 24
    np.testing.assert_array_equal(ahead.headroom_mw[:, 29], prepared.far.headroom_mw[0, :, cell])


def test_a_season_never_seen_has_no_headroom_past_the_horizon():
    # Telemetry from April on: nothing bounds December.
    prepared = summer_prepared()
    december = slice(11 * HOURS_PER_DAY, 12 * HOURS_PER_DAY)
    assert (prepared.far.headroom_mw[..., december] == 0).all()
    assert (prepared.far.binding[..., december] == Limit.UNKNOWN).all()


def test_without_calibration_nothing_is_promised():
    fleet = fleet_of()
    # 30 days of warm-up and as many of scores: forecasts, and not enough scores yet.
    prepared = prepare(calm(fleet, 63), fleet, np.array([63 * DAY - 1]), NAIVE)
    assert (prepared.near.headroom_mw == 0).all()
    assert (prepared.near.binding == Limit.UNKNOWN).all()
    assert (prepared.near.forecast_headroom_mw > 0).all()


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


def test_each_gate_asks_for_something_else():
    telemetry, origins = summer_twin().telemetry, np.arange(24 * 147, 24 * 149)
    decision = prepare(telemetry, FLEET, origins, NAIVE)
    path, pointwise = (with_settings(decision, replace(NAIVE, gate=gate)) for gate in ("path", "pointwise"))
    # The hours are the same, and the whole path needs more than each of them.
    np.testing.assert_array_equal(pointwise.ladder.spare_mw, decision.ladder.spare_mw)
    assert (path.ladder.spare_mw[4] <= pointwise.ladder.spare_mw[4] + 1e-9).mean() > 0.95
    assert (pointwise.ladder.level == 1).all()
    assert (path.ladder.level == 1).all()
    assert decision.ladder.level.std() > 0
    assert_same(path.near, decision.near)


def test_the_horizon_is_the_number_of_leads():
    fleet = fleet_of()
    prepared = prepare(
        calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), Settings(forecaster="seasonal_naive", horizon=6)
    )
    assert prepared.near.headroom_mw.shape == (1, 1, 6)


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_more_than_a_day_of_silence_leaves_no_headroom(name):
    fleet = fleet_of()
    whole, end = calm(fleet), CALM_DAYS * DAY
    for silent_h, known in ((24, True), (25, False)):
        holed = changed(whole, name, (0, slice(end - silent_h, end)), np.nan)
        near = prepare(holed, fleet, np.array([end - 1]), NAIVE).near
        assert (near.headroom_mw > 0).all() == known
        assert (near.binding == Limit.UNKNOWN).all() != known


def test_one_silent_region_leaves_the_others_their_headroom():
    fleet = fleet_of(region("alpha"), region("beta"))
    end = CALM_DAYS * DAY
    holed = changed(calm(fleet), "temperature_c", (0, slice(end - 30, end)), np.nan)
    near = prepare(holed, fleet, np.array([end - 1]), NAIVE).near
    assert (near.headroom_mw[0, 0] == 0).all()
    np.testing.assert_allclose(near.headroom_mw[0, 1], 4.0)


def test_the_price_of_a_fleet_file_fills_a_missing_column_and_a_region_without_prices():
    fleet = fleet_of(region("alpha", price_usd_per_mwh=30), region("beta", price_usd_per_mwh=70))
    # Where carbon and water are free, the price of the energy is all that a job costs.
    fleet = fleet.model_copy(update={"costs": Costs(carbon_usd_per_t=0, water_usd_per_m3=0)})
    origin = np.array([CALM_DAYS * DAY - 1])
    whole = calm(fleet)
    half = changed(whole, "price_usd_per_mwh", (1, slice(None)), np.nan)
    none = Telemetry(
        regions=whole.regions,
        time_utc=whole.time_utc,
        values={name: grid for name, grid in whole.values.items() if name != "price_usd_per_mwh"},
    )
    added = {
        which: prepare(observed, fleet, origin, NAIVE).near.cost_usd_per_mwh[0, :, 0]
        for which, observed in (("whole", whole), ("half", half), ("none", none))
    }
    per_usd = added["whole"] / 50
    assert per_usd[0] == pytest.approx(per_usd[1])
    assert added["half"] == pytest.approx(per_usd * [50, 70])
    assert added["none"] == pytest.approx(per_usd * [30, 70])


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


def test_a_missing_region_is_refused_and_a_surplus_one_is_not_looked_at():
    one, two = fleet_of(region("alpha")), fleet_of(region("alpha"), region("beta"))
    with pytest.raises(DataError, match="no region beta"):
        prepare(calm(one), two, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    alone = prepare(calm(one), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    among = prepare(calm(two), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    assert_same(among.near, alone.near)


@pytest.mark.parametrize(
    ("hours", "says"), [(10, "known only too late"), (30 * 24, "known only from 2024-01-01T23:00Z on")]
)
def test_too_little_history_is_refused_with_what_is_there(hours, says):
    fleet = fleet_of()
    short = calm(fleet).hours(0, hours)
    with pytest.raises(DataError, match=says) as refused:
        prepare(short, fleet, np.array([hours - 1]), NAIVE)
    assert "needs 30 days of history of temperature_c, dew_point_c, it_load_mw in every region" in str(refused.value)


def test_an_origin_within_the_first_thirty_days_is_refused():
    fleet = fleet_of()
    with pytest.raises(DataError, match="30 days"):
        prepare(calm(fleet), fleet, np.arange(24 * 30, 24 * 100), NAIVE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"forecaster": "oracle"},
        {"bands": "magic"},
        {"confidence": 1.0},
        {"confidence": 0.0},
        {"horizon": 0},
        {"gate": "open"},
    ],
)
def test_settings_that_cannot_be_honoured_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Settings(**wrong)


def test_foresight_sees_what_came_true_within_the_horizon_and_no_further():
    prepared = summer_prepared()
    known = with_foresight(prepared)
    actuals = prepared.residuals["it_load_mw"].actual[prepared.residuals["it_load_mw"].since :]
    np.testing.assert_array_equal(known.near.load_bound_mw, actuals)
    assert_same(known.far, prepared.far)


def test_progress_rises_to_one():
    shares: list[float] = []
    fleet = fleet_of()
    prepare(calm(fleet), fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.slow
def test_fifty_regions_are_as_fifty_fleets_of_one():
    regions = [region(f"r{index}", price_usd_per_mwh=20 + index) for index in range(50)]
    fleet = fleet_of(*regions)
    levels = {"it_load_mw": {own.id: 1 + index / 10 for index, own in enumerate(regions)}}
    telemetry, origin = calm(fleet, levels=levels), np.array([CALM_DAYS * DAY - 1])
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
    # 10 degC are forecast.
    for limit_c, near in ((13.0, True), (13.1, False)):
        fleet = fleet_of(region(outdoor_limit_c=limit_c))
        assert (prepare(calm(fleet), fleet, origin, NAIVE).near.near_limit == near).all()


def test_past_the_horizon_a_quarter_of_the_miscoverage_is_spent_on_an_hour():
    fleet = fleet_of()
    whole = calm(fleet)
    # One warm day among the days of each cell: the 95 % rank passes it by, a quarter of the miscoverage does not.
    warm = changed(whole, "temperature_c", (0, slice(100 * DAY, 102 * DAY)), 35.0)
    prepared = prepare(warm, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    march = slice(2 * HOURS_PER_DAY, 3 * HOURS_PER_DAY)
    # 90 days of February to April: rank ceil(91 x 0.9875) = 90 of 90 takes in the warm days, ceil(91 x 0.95) = 87 not.
    np.testing.assert_allclose(prepared.far.temperature_bound_c[0, 0, march], 35.0)


def test_a_load_that_jumps_is_the_level_of_the_next_day_past_the_horizon():
    fleet = fleet_of()
    whole = calm(fleet)
    jump = (CALM_DAYS - 4) * DAY
    grown = changed(whole, "it_load_mw", (0, slice(jump, None)), 8.0)
    prepared = prepare(grown, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    # 6 MW became 8 four days ago; the 28-day mean is still near 6.
    march = slice(2 * HOURS_PER_DAY, 3 * HOURS_PER_DAY)
    np.testing.assert_allclose(prepared.far.load_bound_mw[0, 0, march], 8.0)
