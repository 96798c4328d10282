import numpy as np
from support.builders import hours_from, seasonal, series_of

from fleet.forecasting import Series, walk_forward
from fleet.forecasting.series import actual
from fleet.forecasting.xgboost import GRID_H, XGBoost, training_origins

HOURS = 24 * 420
ORIGINS = np.arange(24 * 330, HOURS - 24)


def nonlinear(seed=0):
    """(1, hour): a value that no linear model of lags can forecast. After a high hour, the next day's hour is low."""
    shock = np.random.default_rng(seed).normal(0, 1, HOURS)
    values = np.zeros(HOURS)
    for hour in range(24, HOURS):
        day_before = values[hour - 24]
        values[hour] = (0.9 * day_before if day_before < 2 else -4.0) + shock[hour]
    return values[None] + 20


def mean_error(forecast, series):
    return np.abs(forecast - actual(series, ORIGINS, 24)).mean()


def test_trees_forecast_residuals_of_a_linear_model():
    series = series_of(nonlinear())
    boosted = walk_forward(XGBoost(horizon=24), series, ORIGINS)
    ridge = walk_forward(XGBoost(horizon=24).ridge, series, ORIGINS)
    assert mean_error(boosted, series) < 0.9 * mean_error(ridge, series)


def test_the_forecast_is_that_of_ridge_before_the_first_fit():
    series = series_of(seasonal(24 * 100))
    unfitted = XGBoost(horizon=24).learn(series, 0, 24 * 90)
    origins = np.arange(24 * 90, 24 * 95)
    np.testing.assert_array_equal(unfitted.predict(series, origins), unfitted.ridge.predict(series, origins))


def test_training_origins_do_not_depend_on_the_span():
    series = series_of(seasonal(1_000))
    all_origins = training_origins(series, 0, 1_000)
    np.testing.assert_array_equal(np.diff(all_origins), GRID_H)
    np.testing.assert_array_equal(
        training_origins(series, 301, 777), all_origins[(all_origins >= 301) & (all_origins < 777)]
    )
    assert set(all_origins % 24) == set(range(24))


def test_trees_learn_from_covariates():
    observed = seasonal(HOURS, noise=0.3)
    rng = np.random.default_rng(3)
    driver = np.repeat(rng.choice([0.0, 1.0], HOURS // 24), 24)[None]
    # The driver has an effect on the next day, and only in warm hours.
    observed[:, 24:] += 6 * driver[:, :-24] * (observed[:, :-24] > 22)
    without = Series(observed=observed, time_utc=hours_from("2024-01-01T00", HOURS))
    with_driver = Series(observed=observed, time_utc=without.time_utc, covariates={"driver": driver})
    errors = [
        mean_error(walk_forward(XGBoost(horizon=24), series, ORIGINS), series) for series in (with_driver, without)
    ]
    assert errors[0] < 0.9 * errors[1]


def test_a_covariate_that_begins_later_does_not_change_earlier_forecasts():
    observed = seasonal(HOURS)
    late = np.full((1, HOURS), np.nan)
    late[0, 24 * 400 :] = seasonal(24 * 20, seed=8)[0]
    without = Series(observed=observed, time_utc=hours_from("2024-01-01T00", HOURS))
    with_late = Series(observed=observed, time_utc=without.time_utc, covariates={"late": late})
    origins = np.arange(24 * 330, 24 * 340)
    # The covariate adds columns of zeros to ridge, and its solution may round differently.
    forecasts = [walk_forward(XGBoost(horizon=24), series, origins) for series in (with_late, without)]
    np.testing.assert_allclose(*forecasts, atol=1e-9)
