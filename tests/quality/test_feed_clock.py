"""Wrong clocks of a whole answer are found against stored values and against the sun; right ones are not doubted."""

import numpy as np
import pytest
from support.builders import hours_from, seasonal

from fleet.quality.feed_clock import shift_of, warmest_hour_off

SERIES = seasonal(400, seed=1)[0]


@pytest.mark.parametrize("shift", [1, -1, 6, -5])
def test_a_shift_by_whole_hours_is_found(shift):
    stored, supplied = SERIES[20:220], SERIES[20 - shift : 220 - shift]
    assert shift_of(stored, supplied) == shift


def test_the_same_values_and_close_ones_are_not_shifted():
    rng = np.random.default_rng(0)
    assert shift_of(SERIES, SERIES) == 0
    assert shift_of(SERIES, SERIES + rng.normal(0, 1, len(SERIES))) == 0


def test_another_series_is_not_called_shifted():
    assert shift_of(SERIES, seasonal(400, seed=2, noise=3.0)[0] + 4) == 0


def test_a_short_overlap_is_not_judged():
    stored = np.where(np.arange(400) < 40, SERIES, np.nan)
    assert shift_of(stored, np.roll(SERIES, 3)) == 0


@pytest.mark.parametrize(("longitude", "warmest"), [(0.0, 15), (-112.0, 22), (144.9, 5), (180.0, 3)])
def test_a_course_that_follows_the_sun_is_right(longitude, warmest):
    hours = hours_from("2024-06-01T00", 240)
    course = 20 + 8 * np.cos(2 * np.pi * (np.arange(240) - warmest) / 24)
    assert warmest_hour_off(course, hours, longitude) == 0


def test_local_time_called_utc_is_found():
    # Arizona, UTC-7: the warmest local hour is 15, the warmest hour of UTC is 22.
    hours = hours_from("2024-06-01T00", 240)
    local = 20 + 8 * np.cos(2 * np.pi * (np.arange(240) - 15) / 24)
    assert warmest_hour_off(local, hours, -112.0) == pytest.approx(-7.47, abs=0.01)


def test_a_place_without_a_daily_course_is_not_judged():
    hours = hours_from("2024-06-01T00", 240)
    assert warmest_hour_off(np.full(240, 3.0), hours, -112.0) == 0
    assert warmest_hour_off(20 + 8 * np.cos(np.arange(48.0)), hours[:48], -112.0) == 0
