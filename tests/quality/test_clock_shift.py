import numpy as np
import pytest
from support.builders import seasonal, telemetry_of

from fleet.quality import RULES
from fleet.quality.gate import hold

HOURS = 150 * 24
FROM = 100 * 24
LENGTH = 12 * 24


def late(values: np.ndarray, hours: int) -> np.ndarray:
    wrong = values.copy()
    wrong[0, FROM : FROM + LENGTH] = values[0, FROM - hours : FROM + LENGTH - hours]
    return wrong


def held_hours(column: str, values: np.ndarray) -> np.ndarray:
    checked = hold(telemetry_of(values, column=column))
    return np.flatnonzero(checked.rule[column][0] == list(RULES).index("clock_shift"))


@pytest.mark.parametrize("hours", [-7, 7, 5, 12])
@pytest.mark.parametrize("column", ["temperature_c", "it_load_mw"])
def test_a_clock_that_is_hours_wrong_is_held_within_days_and_until_it_is_right(column, hours):
    held = held_hours(column, late(seasonal(HOURS, noise=0.3, seed=3), hours))
    assert FROM + 6 <= held.min() < FROM + 3 * 24
    assert held.max() < FROM + LENGTH + 3 * 24
    assert len(held) > LENGTH / 2


def test_a_healthy_series_is_not_held():
    for seed in range(5):
        assert not held_hours("temperature_c", seasonal(HOURS, noise=0.8, seed=seed)).size


def test_a_load_may_follow_the_local_clock_by_one_hour():
    values = seasonal(HOURS, noise=0.05, seed=3)
    moved = values.copy()
    moved[0, FROM:] = values[0, FROM - 1 : -1]
    assert not held_hours("it_load_mw", moved).size
    assert held_hours("temperature_c", moved).size


def test_a_column_without_a_daily_course_is_not_judged():
    noise = np.cumsum(np.random.default_rng(2).normal(0, 0.5, (1, HOURS)), axis=1)
    assert not held_hours("temperature_c", late(noise, 7)).size
