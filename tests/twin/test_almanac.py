import numpy as np
import pytest

from fleet.domain.clock import month_index
from fleet.twin.almanac import by_month, solar_hour, sun_height, sunrise_solar_hour

YEAR = np.datetime64("2023-01-01T00", "h") + np.arange(8_760)
PHOENIX_LATITUDE, PHOENIX_LONGITUDE = 33.45, -111.98


def test_monthly_means_survive_interpolation() -> None:
    monthly = (20.2, 21.5, 26.9, 31.4, 34.6, 40.9, 41.0, 40.0, 37.9, 30.9, 25.7, 20.1)
    series = by_month(monthly, YEAR)
    means = [series[month_index(YEAR) % 12 == month].mean() for month in range(12)]
    np.testing.assert_allclose(means, monthly, atol=0.02)  # hours sample the line


def test_solar_noon_in_phoenix_is_half_past_seven_in_the_evening_of_utc() -> None:
    # 111.98 / 15 = 7.47 h behind UTC: the sun stands highest at 19.47 UTC, within the hour that starts at 19:00.
    assert solar_hour(YEAR, PHOENIX_LONGITUDE)[19] == pytest.approx(12.03, abs=0.01)
    assert np.argmax(sun_height(YEAR, PHOENIX_LATITUDE, PHOENIX_LONGITUDE)[:24]) == 19


def test_the_sun_rises_at_six_at_equinox_and_earlier_in_summer() -> None:
    rise = sunrise_solar_hour(YEAR, PHOENIX_LATITUDE)
    assert rise[79 * 24] == pytest.approx(6, abs=0.15)
    assert rise.argmin() // 24 == pytest.approx(172, abs=2)
    assert sunrise_solar_hour(YEAR, 80.0).min() == 0  # polar day


def test_sun_height_at_noon_is_the_sine_of_ninety_less_latitude_plus_tilt() -> None:
    # 90 - 33.45 + 23.44 = 79.99 degrees at midsummer
    height = sun_height(YEAR, PHOENIX_LATITUDE, PHOENIX_LONGITUDE)
    assert height.max() == pytest.approx(np.sin(np.radians(79.99)), abs=1e-3)
    assert height.min() == 0
