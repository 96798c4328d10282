import numpy as np
from support.builders import hours_from, seasonal, series_of

from fleet.forecasting import Series, walk_forward
from fleet.forecasting.series import actual
from fleet.forecasting.xgboost import GRID_H, XGBoost, grid

HOURS = 24 * 420
ORIGINS = np.arange(24 * 330, HOURS - 24)


def bent(seed=0):
    """(1, hour): what no linear model of lags can say: an hour that was high falls far below the day after."""
    shock = np.random.default_rng(seed).normal(0, 1, HOURS)
    values = np.zeros(HOURS)
    for hour in range(24, HOURS):
        before = values[hour - 24]
        values[hour] = (0.9 * before if before < 2 else -4.0) + shock[hour]
    return values[None] + 20


def error(forecast, series):
    return np.abs(forecast - actual(series, ORIGINS, 24)).mean()


def test_trees_take_away_what_a_linear_model_leaves():
    series = series_of(bent())
    boosted = walk_forward(XGBoost(horizon=24), series, ORIGINS)
    ridge = walk_forward(XGBoost(horizon=24).ridge, series, ORIGINS)
    assert error(boosted, series) < 0.9 * error(ridge, series)


def test_it_is_ridge_before_there_are_trees():
    series = series_of(seasonal(24 * 100))
    young = XGBoost(horizon=24).learn(series, 0, 24 * 90)
    origins = np.arange(24 * 90, 24 * 95)
    np.testing.assert_array_equal(young.predict(series, origins), young.ridge.predict(series, origins))


def test_the_grid_is_the_same_whichever_span_is_asked():
    series = series_of(seasonal(1_000))
    whole = grid(series, 0, 1_000)
    np.testing.assert_array_equal(np.diff(whole), GRID_H)
    np.testing.assert_array_equal(grid(series, 301, 777), whole[(whole >= 301) & (whole < 777)])
    assert set(whole % 24) == set(range(24))


def test_trees_learn_from_covariates():
    observed = seasonal(HOURS, noise=0.3)
    rng = np.random.default_rng(3)
    push = np.repeat(rng.choice([0.0, 1.0], HOURS // 24), 24)[None]
    # It matters on the day after, and only while it is warm.
    observed[:, 24:] += 6 * push[:, :-24] * (observed[:, :-24] > 22)
    alone = Series(observed=observed, time_utc=hours_from("2024-01-01T00", HOURS))
    told = Series(observed=observed, time_utc=alone.time_utc, covariates={"push": push})
    errors = [error(walk_forward(XGBoost(horizon=24), series, ORIGINS), series) for series in (told, alone)]
    assert errors[0] < 0.9 * errors[1]


def test_a_column_that_begins_later_does_not_change_what_was_forecast_before():
    observed = seasonal(HOURS)
    late = np.full((1, HOURS), np.nan)
    late[0, 24 * 400 :] = seasonal(24 * 20, seed=8)[0]
    alone = Series(observed=observed, time_utc=hours_from("2024-01-01T00", HOURS))
    told = Series(observed=observed, time_utc=alone.time_utc, covariates={"late": late})
    origins = np.arange(24 * 330, 24 * 340)
    # Ridge solves with a column of zeros more, which may round differently.
    forecasts = [walk_forward(XGBoost(horizon=24), series, origins) for series in (told, alone)]
    np.testing.assert_allclose(*forecasts, atol=1e-9)
