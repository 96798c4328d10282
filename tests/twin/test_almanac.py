import numpy as np
import pytest

from fleet.domain.clock import month_index
from fleet.twin.almanac import Year, solar_hour, sun_height

YEAR = np.datetime64("2023-01-01T00", "h") + np.arange(8_760)
PHOENIX_LATITUDE, PHOENIX_LONGITUDE = 33.45, -111.98


def test_interpolation_keeps_the_monthly_means() -> None:
    monthly = (20.2, 21.5, 26.9, 31.4, 34.6, 40.9, 41.0, 40.0, 37.9, 30.9, 25.7, 20.1)
    series = Year.of(YEAR).interpolate([monthly])[0]
    means = [series[month_index(YEAR) % 12 == month].mean() for month in range(12)]
    np.testing.assert_allclose(means, monthly, atol=0.02)  # the mean of hours is not exactly the mean of the line


def test_a_table_does_not_depend_on_the_others() -> None:
    tables = [tuple(row) for row in np.random.default_rng(1).normal(size=(5, 12))]
    year = Year.of(YEAR)
    together = year.interpolate(tables)
    for table, series in zip(tables, together, strict=True):
        np.testing.assert_array_equal(year.interpolate([table])[0], series)


def test_a_part_of_a_year_has_the_values_of_the_whole_year() -> None:
    table = tuple(float(month) for month in range(12))
    whole = Year.of(YEAR).interpolate([table])
    np.testing.assert_array_equal(Year.of(YEAR[4_000:4_010]).interpolate([table]), whole[:, 4_000:4_010])


def test_the_turn_of_the_year_has_no_step_and_a_constant_table_stays_constant() -> None:
    hours = np.datetime64("2023-12-31T20", "h") + np.arange(8)
    # January has 20 and December 8. The line between the middles of these months, 744 h apart, changes by a small
    # amount in each hour; a step at the turn of the year would be 12.
    series = Year.of(hours).interpolate([(20.0, *[14.0] * 10, 8.0), (3.0,) * 12])
    assert np.abs(np.diff(series[0])).max() < 0.1
    np.testing.assert_allclose(series[1], 3, rtol=1e-12)


def test_solar_noon_in_phoenix_is_half_past_seven_in_the_evening_of_utc() -> None:
    # 111.98 / 15 = 7.47 h behind UTC: the sun stands highest at 19.47 UTC, within the hour that starts at 19:00.
    assert solar_hour(YEAR, PHOENIX_LONGITUDE)[19] == pytest.approx(12.03, abs=0.01)
    assert np.argmax(sun_height(YEAR, PHOENIX_LATITUDE, PHOENIX_LONGITUDE)[:24]) == 19


def test_the_sun_is_up_for_half_a_day_at_equinox_longest_in_june_and_never_down_in_polar_summer() -> None:
    up = (sun_height(YEAR, PHOENIX_LATITUDE, 0.0) > 0).reshape(-1, 24).sum(axis=1)
    assert up[79] == pytest.approx(12, abs=1)
    # cos = -tan 33.45 tan 23.44 = -0.286: 106.6 degrees on either side of noon, 14.2 h; only the middles of hours
    # count.
    assert up[172] == 14
    assert up.max() == up[172]
    polar = (sun_height(YEAR, 80.0, 0.0) > 0).reshape(-1, 24).sum(axis=1)
    assert (polar.max(), polar.min()) == (24, 0)


def test_sun_height_at_noon_is_the_sine_of_ninety_less_latitude_plus_tilt() -> None:
    # 90 - 33.45 + 23.44 = 79.99 degrees at midsummer
    height = sun_height(YEAR, PHOENIX_LATITUDE, PHOENIX_LONGITUDE)
    assert height.max() == pytest.approx(np.sin(np.radians(79.99)), abs=1e-3)
    assert height.min() == 0
