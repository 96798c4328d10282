"""A clock that begins to run late reports its last hours a second time."""

import numpy as np
import pytest
from support.builders import seasonal, telemetry_of

from fleet.quality import RULES, View
from fleet.quality.gate import hold
from fleet.quality.repeated_hours import RepeatedHours
from fleet.quality.ruling import Ruling

HOURS, FROM = 90 * 24, 70 * 24
VALUES = seasonal(HOURS, noise=0.8, seed=3).round(1)


def late(hours: int, values: np.ndarray = VALUES) -> np.ndarray:
    """Return the values of a clock that is late from FROM on."""
    wrong = values.copy()
    wrong[0, FROM:] = values[0, FROM - hours : HOURS - hours]
    return wrong


def held_hours(values: np.ndarray, column: str = "temperature_c", rulings=()) -> list[int]:
    checked = hold(telemetry_of(values, column=column), rulings=rulings)
    return np.flatnonzero(checked.rule[column][0] == list(RULES).index("repeated_hours")).tolist()


@pytest.mark.parametrize("hours", [6, 7, 12, 24])
@pytest.mark.parametrize("column", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_a_late_clock_is_held_from_the_sixth_repeated_hour_for_two_days(column, hours):
    assert held_hours(late(hours), column)[0] == FROM + 5
    # `clock_shift` may hold the last of these hours.
    rules = hold(telemetry_of(late(hours), column=column)).rule[column][0]
    assert (rules[FROM + 5 : FROM + 53] >= 0).all()


def test_a_gap_that_was_filled_with_the_day_before_is_held():
    filled = VALUES.copy()
    filled[0, FROM : FROM + 10] = VALUES[0, FROM - 24 : FROM - 14]
    assert held_hours(filled)[0] == FROM + 5


def test_each_of_several_faults_is_held_and_what_was_held_teaches_nothing():
    wrong = VALUES.copy()
    for at in (FROM, FROM + 7 * 24):
        wrong[0, at : at + 24] = VALUES[0, at - 7 : at + 17]
    held = held_hours(wrong)
    assert {FROM + 5, FROM + 7 * 24 + 5} <= set(held)


def test_hours_that_another_rule_holds_are_compared_too():
    # A rule before this one holds the third of the repeated hours, because it is as warm as no hour before.
    warm = VALUES.copy()
    warm[0, FROM - 5] = 58.0
    checked = hold(telemetry_of(late(7, warm), column="temperature_c"))
    rules = [list(RULES)[code] if code >= 0 else "" for code in checked.rule["temperature_c"][0]]
    assert (rules[FROM + 2], rules[FROM + 5]) == ("physical_range", "repeated_hours")


def test_fewer_repeated_hours_and_healthy_series_are_not_held():
    assert not held_hours(late(5))
    assert not any(held_hours(seasonal(HOURS, noise=0.8, seed=seed).round(1)) for seed in range(5))
    # A price or a carbon intensity may repeat a day: a market or a mix of stations does.
    assert not held_hours(late(24), "carbon_g_per_kwh")


def test_coarsely_rounded_values_repeat_by_chance_and_need_a_longer_run():
    rng = np.random.default_rng(3)
    # Eight levels: one hour in eight is equal to another one, so six equal hours in a row come a few times a year.
    coarse = rng.integers(0, 8, (1, HOURS)).astype(float)
    assert not held_hours(coarse, "it_load_mw")
    again = coarse.copy()
    again[0, FROM : FROM + 6] = coarse[0, FROM - 12 : FROM - 6]
    assert not held_hours(again, "it_load_mw")
    assert held_hours(late(24, coarse), "it_load_mw")[0] > FROM + 5


def test_a_short_history_is_not_judged():
    short = VALUES[:, : 59 * 24].copy()
    short[0, -12:] = short[0, -24:-12]
    assert not held_hours(short)


def test_a_series_that_repeats_each_day_is_not_held_also_after_a_holiday():
    day = np.arange(24.0) ** 1.5
    daily = np.tile(day, HOURS // 24)[None]
    assert not held_hours(daily, "it_load_mw")
    daily[0, FROM : FROM + 24] = day[::-1]
    assert not held_hours(daily, "it_load_mw")


def test_equal_values_are_left_to_the_rule_for_stuck_values():
    rests = np.where(np.arange(HOURS) % 2, 5.0, VALUES)
    rests[0, FROM : FROM + 12] = 7.0
    flags = RepeatedHours().doubtful(
        View(
            regions=("alpha",),
            time_utc=telemetry_of(rests).time_utc,
            values={"temperature_c": rests},
            released={"temperature_c": np.zeros(rests.shape, dtype=np.bool_)},
        )
    )
    assert not flags["temperature_c"].any()


def test_a_released_hour_ends_the_hold_and_the_future_changes_no_verdict():
    telemetry = telemetry_of(late(7))
    times = telemetry.time_utc[[FROM, FROM + 9]]
    ruling = Ruling(
        region=telemetry.regions[0],
        column="temperature_c",
        first_utc=times[0],
        last_utc=times[1],
        kind="release",
    )
    assert not held_hours(late(7), rulings=[ruling])
    # The person says that the series may repeat itself like this, so it may do so again.
    again = late(7)
    again[0, FROM + 240 : FROM + 247] = again[0, FROM + 233 : FROM + 240]
    assert not held_hours(again, rulings=[ruling])
    future = late(7)
    future[0, FROM + 20 :] = 30.0
    assert [hour for hour in held_hours(future) if hour < FROM + 20] == list(range(FROM + 5, FROM + 20))


def test_a_released_hour_that_equals_no_earlier_hour_ends_the_hold_too():
    values = late(7, seasonal(HOURS, noise=0.8, seed=3))
    telemetry = telemetry_of(values)
    at = telemetry.time_utc[FROM + 20]
    ruling = Ruling(region=telemetry.regions[0], column="temperature_c", first_utc=at, last_utc=at, kind="release")
    assert held_hours(values, rulings=[ruling]) == list(range(FROM + 5, FROM + 20))
