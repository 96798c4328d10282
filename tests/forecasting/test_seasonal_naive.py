import numpy as np
import pytest
from support.builders import seasonal, series_of

from fleet.errors import DataError
from fleet.forecasting.seasonal_naive import SeasonalNaive, same_hour


def test_each_lead_takes_its_hour_of_the_latest_day():
    observed = np.arange(100.0)[None]
    # From origin 50, lead 1 is hour 51, and a day before is hour 27. Lead 24 is hour 74, and a day before is hour 50.
    # Lead 25 is hour 75, and two days before is hour 27. Lead 48 is hour 98, and two days before is hour 50.
    forecast = same_hour(observed, np.array([50]), 48)[0, 0]
    np.testing.assert_array_equal(forecast[[0, 23, 24, 47]], [27, 50, 27, 50])


def test_a_periodic_day_is_forecast_exactly():
    series = series_of(np.tile(np.arange(24.0), 10)[None])
    origins = np.arange(23, 150)
    forecast = SeasonalNaive(horizon=40).predict(series, origins)
    expected = (origins[:, None] + np.arange(1, 41)) % 24
    np.testing.assert_array_equal(forecast[:, 0], expected)


def test_a_gap_falls_back_to_the_day_before():
    observed = seasonal(96)
    observed[0, 60] = np.nan
    forecast = SeasonalNaive(horizon=24).predict(series_of(observed), np.array([71]))
    assert forecast[0, 0, 60 - 48] == observed[0, 36]  # lead 13 is hour 84 = 60 + 24; 60 is missing, so 36


def test_an_origin_with_less_than_a_full_day_of_history_is_refused():
    # Position 22 - 23 = -1 would be the last hour of the series, which is in the future.
    with pytest.raises(DataError, match="less than a full day"):
        SeasonalNaive(horizon=24).predict(series_of(seasonal(96)), np.array([22]))


def test_learning_changes_nothing():
    naive = SeasonalNaive(horizon=3)
    assert naive.learn(series_of(seasonal(96)), 0, 90) is naive
