from dataclasses import replace

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, hours_from, seasonal, telemetry_of
from support.sites import calm, fleet_of, region

from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.quality import RULES
from fleet.quality.gate import hold
from fleet.quality.ruling import Ruling

HOURS = 100 * 24
FROM = 80 * 24


def weather(seed: int = 1) -> np.ndarray:
    return seasonal(HOURS, seed=seed, noise=0.4)


def load(seed: int = 2) -> np.ndarray:
    return 40 + 0.5 * (seasonal(HOURS, seed=seed, noise=0.4) - 20)


def held_hours(column: str, values: np.ndarray) -> tuple[np.ndarray, set[str]]:
    checked = hold(telemetry_of(values, column=column))
    return np.flatnonzero(checked.rule[column][0] >= 0), {stretch.rule for stretch in checked.held}


def with_lie(values: np.ndarray, hours: int, lie) -> np.ndarray:
    wrong = values.copy()
    wrong[0, FROM : FROM + hours] = lie(wrong[0, FROM : FROM + hours])
    return wrong


@pytest.mark.parametrize("column", ["temperature_c", "it_load_mw", "carbon_g_per_kwh", "price_usd_per_mwh", "humidity"])
def test_a_healthy_series_has_no_held_value(column):
    assert not held_hours(column, load())[0].size


@pytest.mark.parametrize("column", ["temperature_c", "dew_point_c", "it_load_mw", "carbon_g_per_kwh", "humidity"])
def test_a_series_that_stops_moving_is_held_after_a_few_hours_and_until_it_moves(column):
    positions, rules = held_hours(column, with_lie(load() - 20, 72, lambda v: np.full_like(v, v[0])))
    assert rules == {"stuck"}
    # The series never repeated a value: three hours are the floor.
    assert positions.tolist() == list(range(FROM + 3, FROM + 72))


def test_a_series_with_natural_plateaus_is_not_held():
    rng = np.random.default_rng(3)
    rain = np.where(rng.random((1, HOURS)) < 0.03, rng.random((1, HOURS)), 0.0)
    limit = np.repeat(np.array([[80.0, 60.0, 80.0, 60.0]]), HOURS // 4, axis=1)
    assert not held_hours("precip_mm", rain)[0].size
    assert not held_hours("grid_limit_mw", limit)[0].size
    daily_sun = np.maximum(np.sin(2 * np.pi * np.arange(HOURS) / 24), 0)[None] * (1 + rng.random((1, HOURS)))
    assert not held_hours("grid_solar_mw", daily_sun)[0].size


@pytest.mark.parametrize("column", ["it_load_mw", "carbon_g_per_kwh", "price_usd_per_mwh"])
def test_a_fall_to_exact_zero_is_held_from_its_first_hour(column):
    positions, rules = held_hours(column, with_lie(load(), 1, np.zeros_like))
    assert (positions.tolist(), rules) == ([FROM], {"filler"})


@pytest.mark.parametrize("lie", [40.0, 99.0, 0.0, 800.0])
def test_no_rule_holds_an_observed_grid_limit_because_a_limit_that_is_lost_would_widen_the_promise(lie):
    values = np.full((1, HOURS), 100.0) + np.arange(HOURS) % 7
    values[0, FROM : FROM + 200] = lie
    assert not held_hours("grid_limit_mw", values)[0].size


@pytest.mark.parametrize("code", [-999.0, -99.0, 9999.0])
def test_a_filler_is_held_from_its_first_hour(code):
    positions, rules = held_hours("price_usd_per_mwh", with_lie(load(), 24, lambda v: np.full_like(v, code)))
    assert (positions.tolist(), rules) == (list(range(FROM, FROM + 24)), {"filler"})


def test_a_zero_of_a_series_that_often_is_zero_is_believed():
    prices = np.maximum(load() - 40, 0.0)
    assert not held_hours("price_usd_per_mwh", prices)[0].size


@pytest.mark.parametrize("factor", [2.2046, 1 / 2.2046, 10, 0.1, 100, 0.01, 1000, 0.001])
@pytest.mark.parametrize("column", ["it_load_mw", "carbon_g_per_kwh"])
def test_a_change_of_unit_is_held_as_long_as_it_lasts(column, factor):
    positions, _ = held_hours(column, with_lie(load(), 200, lambda v: factor * v))
    assert positions.tolist() == list(range(FROM, FROM + 200))


def test_degrees_fahrenheit_are_held():
    positions, _ = held_hours("temperature_c", with_lie(weather() - 12, 100, lambda v: 1.8 * v + 32))
    assert positions.tolist() == list(range(FROM, FROM + 100))


def test_a_step_that_no_weather_makes_is_held():
    positions, rules = held_hours("temperature_c", with_lie(weather(), 2, lambda v: v - 18))
    assert (positions.tolist(), rules) == ([FROM, FROM + 1], {"weather_step"})


def test_a_thermometer_that_stays_low_is_held_until_it_returns():
    positions, rules = held_hours("temperature_c", with_lie(weather(), 96, lambda v: v - 20))
    assert (positions.tolist(), rules) == (list(range(FROM, FROM + 96)), {"weather_step"})


def test_a_front_that_ends_within_reach_of_the_level_is_believed_again():
    def front(values):
        # 20 K in an hour, half of which comes back within a day.
        return values - np.linspace(20, 6, len(values))

    positions, _ = held_hours("temperature_c", with_lie(weather(), 96, front))
    assert FROM in positions
    assert FROM + 95 not in positions


@pytest.mark.parametrize("factor", [10, 100, 1000, 0.1, 0.01, 0.001])
def test_a_price_in_another_unit_is_held_after_half_a_day(factor):
    positions, rules = held_hours("price_usd_per_mwh", with_lie(load(), 72, lambda v: factor * v))
    assert "unit_change" in rules
    # Twelve hours must fit; the last of them is held.
    assert positions.tolist() == list(range(FROM + 11, FROM + 72))


def test_a_price_that_soars_and_changes_is_believed():
    soaring = np.random.default_rng(8).uniform(2, 40, 72)
    assert not held_hours("price_usd_per_mwh", with_lie(load(), 72, lambda v: soaring * v))[0].size


def test_carbon_in_pounds_is_held_although_it_stays_in_its_own_range():
    # Wind moves this grid between 60 and 300 within days, so 2.2 times a windy hour is an ordinary value.
    rng = np.random.default_rng(6)
    wind = np.interp(np.arange(HOURS), np.arange(0, HOURS + 48, 48), rng.uniform(0, 1, HOURS // 48 + 1))
    carbon = (60 + 240 * wind)[None] * np.exp(rng.normal(0, 0.01, (1, HOURS)))
    positions, rules = held_hours("carbon_g_per_kwh", with_lie(carbon, 12, lambda v: 2.2046 * v))
    assert (positions.tolist(), rules) == (list(range(FROM, FROM + 12)), {"unit_change"})


def test_a_level_that_a_column_often_rests_on_is_not_stuck():
    rng = np.random.default_rng(9)
    power = 50 + rng.normal(0, 5, (1, HOURS))
    for start in range(20 * 24, FROM, 5 * 24):
        power[0, start : start + 6] = 100.0
    power[0, FROM : FROM + 60] = 100.0
    assert not (held_hours("gpu_power_w", power)[0] >= FROM).any()


def test_a_thermometer_has_no_level_to_rest_on():
    values = weather()
    for start in range(20 * 24, FROM, 5 * 24):
        values[0, start : start + 6] = 21.0
    positions, rules = held_hours("temperature_c", with_lie(values, 60, lambda v: np.full_like(v, 21.0)))
    assert "stuck" in rules
    assert FROM + 59 in positions


def test_carbon_above_coal_and_oil_is_held_without_history():
    positions, rules = held_hours("carbon_g_per_kwh", np.array([[500.0, 1_972.0, 510.0]]))
    assert (positions.tolist(), rules) == ([1], {"physical_range"})


def test_a_load_above_the_capacity_of_the_region_is_held():
    fleet = load_fleet(None)
    capacity = np.array([region.it_capacity_mw for region in fleet.regions])
    values = np.stack([0.5 * capacity, 1.3 * capacity, capacity], axis=1)
    checked = hold(telemetry_of(values, column="it_load_mw", regions=fleet.region_ids), fleet=fleet)
    assert [(s.region, s.rule, s.hours) for s in checked.held] == [(r, "over_capacity", 1) for r in fleet.region_ids]
    assert not hold(telemetry_of(values, column="it_load_mw", regions=fleet.region_ids)).held


def test_a_dew_point_above_the_temperature_holds_both():
    telemetry = Telemetry(
        regions=("r",),
        time_utc=hours_from("2024-01-01T00", 3),
        values={"temperature_c": np.array([[5.0, 5.0, 5.0]]), "dew_point_c": np.array([[4.0, 6.5, 5.2]])},
    )
    checked = hold(telemetry)
    assert np.isnan(checked.telemetry.values["temperature_c"][0]).tolist() == [False, True, False]
    assert np.isnan(checked.telemetry.values["dew_point_c"][0]).tolist() == [False, True, False]


def test_a_short_history_is_judged_by_physical_limits_only():
    values = load()[:, : 13 * 24]
    values[0, -30:] = 0.0
    assert not held_hours("it_load_mw", values)[0].size


@pytest.mark.parametrize("how", CORRUPTIONS)
@pytest.mark.parametrize("column", ["temperature_c", "it_load_mw"])
def test_a_wrong_future_changes_no_verdict_of_the_past(column, how):
    wrong = with_lie(load(), 72, lambda v: np.full_like(v, v[0]))
    wrong[0, 50 * 24] *= 10
    end = FROM + 40
    future = corrupted(wrong, end, how)
    before, after = (hold(telemetry_of(values, column=column)).rule[column] for values in (wrong, future))
    assert before[0, : end + 1].tolist() == after[0, : end + 1].tolist()
    cut = hold(telemetry_of(wrong[:, : end + 1], column=column)).rule[column]
    assert before[0, : end + 1].tolist() == cut[0].tolist()


def test_held_values_are_kept_with_their_reason_and_the_input_is_unchanged():
    wrong = with_lie(load(), 24, np.zeros_like)
    telemetry = telemetry_of(wrong, column="it_load_mw")
    checked = hold(telemetry)
    (stretch,) = checked.held
    assert stretch.as_dict() == {
        "region": "r0",
        "column": "it_load_mw",
        "first_utc": "2024-03-21T00:00Z",
        "last_utc": "2024-03-21T23:00Z",
        "hours": 24,
        "rule": "filler",
        "value": 0.0,
        "reason": RULES["filler"].reason,
        "table": "telemetry",
    }
    assert telemetry.values["it_load_mw"][0, FROM] == 0.0
    assert np.isnan(checked.telemetry.values["it_load_mw"][0, FROM])
    assert checked.count_by_rule() == {"filler": 24}


def test_a_released_stretch_is_believed():
    wrong = with_lie(load(), 24, np.zeros_like)
    release = Ruling(
        kind="release",
        region="r0",
        column="it_load_mw",
        first_utc=np.datetime64("2024-03-21T00", "h"),
        last_utc=np.datetime64("2024-03-21T11", "h"),
    )
    telemetry = telemetry_of(wrong, column="it_load_mw")
    flags = hold(telemetry, rulings=[release]).rule["it_load_mw"][0] >= 0
    assert not flags[FROM : FROM + 12].any()


def test_a_withdrawn_stretch_counts_as_missing_and_a_later_release_brings_it_back():
    telemetry = telemetry_of(load(), column="it_load_mw")
    ruling = Ruling(
        kind="withdraw",
        region="r0",
        column="it_load_mw",
        first_utc=telemetry.time_utc[FROM],
        last_utc=telemetry.time_utc[FROM + 3],
    )
    checked = hold(telemetry, rulings=[ruling])
    (stretch,) = checked.held
    assert (stretch.rule, stretch.hours, stretch.as_dict()["reason"]) == ("withdrawn", 4, "withdrawn by a person")
    assert np.isnan(checked.telemetry.values["it_load_mw"][0, FROM : FROM + 4]).all()
    assert checked.count_by_rule() == {"withdrawn": 4}
    assert not hold(telemetry, rulings=[ruling, replace(ruling, kind="release")]).held
    assert hold(telemetry, rulings=[replace(ruling, kind="release"), ruling]).held


def test_a_ruling_on_what_is_not_there_changes_nothing():
    telemetry = telemetry_of(load(), column="it_load_mw")
    first = telemetry.time_utc[0]
    for name, column in (("elsewhere", "it_load_mw"), ("r0", "price_usd_per_mwh")):
        ruling = Ruling(kind="withdraw", region=name, column=column, first_utc=first, last_utc=first)
        assert not hold(telemetry, rulings=[ruling]).held


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_reason_and_a_file_of_its_name(name):
    assert RULES[name].reason
    assert RULES[name].__module__ == f"fleet.quality.{name}"


def test_values_under_an_earlier_id_are_judged_and_returned_under_the_current_one():
    fleet = fleet_of(region("gamma", aliases=["alpha"]), region("beta"))
    both = calm(fleet_of(region("alpha"), region("beta")), days=10)
    first, last = both.time_utc[[100, 101]]
    withdrawal = Ruling(kind="withdraw", region="alpha", column="temperature_c", first_utc=first, last_utc=last)
    checked = hold(both, fleet=fleet, rulings=[withdrawal])
    assert checked.telemetry.regions == ("gamma", "beta")
    assert [(stretch.region, stretch.hours) for stretch in checked.held] == [("gamma", 2)]
    assert np.isfinite(checked.telemetry.values["it_load_mw"]).all()
