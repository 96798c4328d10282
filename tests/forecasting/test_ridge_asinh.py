import numpy as np
import pytest
from support.builders import seasonal, series_of

from fleet.forecasting import walk_forward
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.ridge_asinh import RidgeAsinh
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual

HOURS = 24 * 400
ORIGINS = np.arange(24 * 300, HOURS - 24)


def bursting_series(seed=0):
    """Returns a daily wave in which one hour of a hundred has thirty times the usual value."""
    observed = seasonal(HOURS, seed=seed)
    observed[0, np.random.default_rng(seed).random(HOURS) < 0.01] = 600.0
    return series_of(observed)


def test_ridge_asinh_is_better_than_ridge_if_values_burst():
    series = bursting_series()
    actuals = actual(series, ORIGINS, 24)
    error = [np.abs(walk_forward(kind(horizon=24), series, ORIGINS) - actuals).mean() for kind in (RidgeAsinh, Ridge)]
    assert error[0] < error[1]


def test_ridge_asinh_forecasts_the_anchor_before_it_chooses_a_scale():
    series = series_of(seasonal(24 * 80))
    origins = np.arange(24 * 59, 24 * 60)
    unsettled = RidgeAsinh(horizon=24).learn(series, 0, 24 * 60 - 1)
    np.testing.assert_array_equal(unsettled.predict(series, origins), same_hour(series.filled, origins, 24))
    settled = RidgeAsinh(horizon=24).learn(series, 0, 24 * 60)
    assert (settled.predict(series, origins) != same_hour(series.filled, origins, 24)).any()


@pytest.mark.slow
def test_a_region_that_settles_late_learns_from_its_whole_history():
    observed = seasonal(24 * 200, regions=2)
    observed[1, : 24 * 40] = np.nan
    origins = np.arange(24 * 190, 24 * 195)
    together = (
        RidgeAsinh(horizon=24).learn(series_of(observed), 0, 24 * 80).learn(series_of(observed), 24 * 80, 24 * 190)
    )
    alone = series_of(observed[1:])
    late = RidgeAsinh(horizon=24).learn(alone, 0, 24 * 190)
    np.testing.assert_array_equal(together.predict(series_of(observed), origins)[:, 1:], late.predict(alone, origins))


def test_values_that_are_mostly_equal_have_a_scale():
    observed = np.zeros((1, 24 * 200))
    observed[0, ::50] = 40.0
    origins = np.arange(24 * 150, 24 * 190)
    assert np.isfinite(walk_forward(RidgeAsinh(horizon=24), series_of(observed), origins)).all()
