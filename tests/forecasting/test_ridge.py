import numpy as np
import pytest
from support.builders import seasonal, series_of

from fleet.forecasting import walk_forward
from fleet.forecasting.regression import MIN_ROWS
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.seasonal_naive import SeasonalNaive
from fleet.forecasting.series import actual, target_position

YEAR_AND_A_HALF = 24 * 548
HORIZON = 24


def test_ridge_beats_the_naive_forecast_on_a_daily_wave_with_memory():
    series = series_of(seasonal(YEAR_AND_A_HALF))
    origins = np.arange(YEAR_AND_A_HALF - 2_000, YEAR_AND_A_HALF - HORIZON)
    actuals = actual(series, origins, HORIZON)
    error = {
        name: np.abs(walk_forward(kind(horizon=HORIZON), series, origins) - actuals).mean()
        for name, kind in (("ridge", Ridge), ("naive", SeasonalNaive))
    }
    # AR(1) with 0.9 and unit shocks has a standard deviation of 1 / sqrt(1 - 0.81) = 2.29. Two values a day apart are
    # nearly independent (0.9^24 = 0.08). So at long leads, the naive error is sqrt(2) times the best possible one.
    assert error["ridge"] < 0.85 * error["naive"]


def test_ridge_forecasts_the_anchor_while_there_are_too_few_rows():
    series = series_of(seasonal(MIN_ROWS + 200))
    origins = np.arange(MIN_ROWS, MIN_ROWS + 100)
    anchor = SeasonalNaive(horizon=HORIZON).predict(series, origins)
    first = int(series.first_known[0])
    # Rows run from the first known origin to stop - horizon - 1: one too few, then just enough.
    short = Ridge(horizon=HORIZON).learn(series, 0, first + HORIZON + MIN_ROWS - 1)
    np.testing.assert_array_equal(short.predict(series, origins), anchor)
    enough = Ridge(horizon=HORIZON).learn(series, 0, first + HORIZON + MIN_ROWS)
    assert np.abs(enough.predict(series, origins) - anchor).max() > 0


def test_a_region_known_late_does_not_change_the_others():
    observed = seasonal(2_500, regions=2)
    observed[1, :900] = np.nan
    both, alone = series_of(observed), series_of(observed[:1])
    origins = np.arange(2_000, 2_400)
    together = Ridge(horizon=HORIZON).learn(both, 0, 2_000).predict(both, origins)
    apart = Ridge(horizon=HORIZON).learn(alone, 0, 2_000).predict(alone, origins)
    np.testing.assert_array_equal(together[:, :1], apart)


def test_one_origin_has_the_same_forecast_alone_and_among_many():
    series = series_of(seasonal(3_000))
    ridge = Ridge(horizon=HORIZON).learn(series, 0, 2_000)
    many = ridge.predict(series, np.arange(2_000, 2_900))
    for position in (0, 1, 450, 899):
        np.testing.assert_array_equal(ridge.predict(series, np.array([2_000 + position]))[0], many[position])


@pytest.mark.parametrize("scale", [2.0**-7, 2.0**10])
def test_units_do_not_matter(scale):
    observed = seasonal(3_000)
    origins = np.arange(2_500, 2_900)
    forecast = walk_forward(Ridge(horizon=6), series_of(observed), origins)
    scaled = walk_forward(Ridge(horizon=6), series_of(scale * observed), origins)
    np.testing.assert_allclose(scaled / scale, forecast, rtol=1e-4)


@pytest.mark.parametrize("jump", [200.0, -200.0])
def test_a_level_that_jumps_after_the_refit_is_followed_within_a_day(jump):
    observed = seasonal(3_000, noise=0.1)
    jump_hour = 2_300  # 5 April: the last refit was on 1 April
    observed[0, jump_hour:] += jump
    series = series_of(observed)
    origins = np.arange(1_500, 2_600)
    error = np.abs(walk_forward(Ridge(horizon=HORIZON), series, origins) - actual(series, origins, HORIZON))
    # A forecast that is clipped to the old level misses by nearly the whole jump.
    assert error[(origins >= jump_hour + 24) & (origins < jump_hour + 200)].mean() < 100


def test_a_forecast_stays_within_a_tenth_of_the_observed_range():
    observed = seasonal(2_500)
    series = series_of(observed)
    origins = np.arange(2_000, 2_400)
    forecast = Ridge(horizon=HORIZON).learn(series, 0, 2_000).predict(series, origins)
    low, high = observed[0, :2_400].min(), observed[0, :2_400].max()
    assert forecast.min() >= low - 0.1 * (high - low)
    assert forecast.max() <= high + 0.1 * (high - low)


def test_filled_values_are_never_learnt_as_targets():
    observed = seasonal(4_000, noise=0.5)
    with_gap = observed.copy()
    with_gap[0, 1_000:2_000] = np.nan
    origins = np.arange(3_000, 3_500)
    actuals = observed[0, target_position(origins, HORIZON)]
    forecast = walk_forward(Ridge(horizon=HORIZON), series_of(with_gap), origins)[:, 0]
    without_gap = walk_forward(Ridge(horizon=HORIZON), series_of(observed), origins)[:, 0]
    assert np.abs(forecast - actuals).mean() < 1.25 * np.abs(without_gap - actuals).mean()
