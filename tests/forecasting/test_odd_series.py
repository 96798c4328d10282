"""Every forecaster on short histories, long gaps and jumps of level."""

import numpy as np
import pytest
from support.builders import seasonal, series_of, telemetry_of

from fleet.errors import DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate
from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual

HOURS = 24 * 200
ORIGINS = np.arange(24 * 100, HOURS - 24)

every_forecaster = pytest.mark.parametrize("name", FORECASTERS)
every_learning_forecaster = pytest.mark.parametrize("name", ["ridge", "ridge_asinh", "xgboost", "blend"])


def forecast_of(name, observed, origins=ORIGINS):
    return walk_forward(FORECASTERS[name](horizon=24), series_of(observed), origins)


def absolute_error(forecast, observed, origins=ORIGINS):
    return np.abs(forecast - actual(series_of(observed), origins, 24))


@every_learning_forecaster
def test_a_gap_of_weeks_is_bridged_and_has_no_effect_a_week_later(name):
    observed = seasonal(HOURS, noise=0.5)
    with_gap = observed.copy()
    with_gap[0, 24 * 120 : 24 * 150] = np.nan
    forecast, full = forecast_of(name, with_gap), forecast_of(name, observed)
    assert np.isfinite(forecast).all()
    before_gap = observed[0, : 24 * 120]
    reach = 0.11 * np.ptp(before_gap)
    in_gap = (ORIGINS >= 24 * 121) & (ORIGINS < 24 * 149)
    assert forecast[in_gap].min() >= before_gap.min() - reach
    assert forecast[in_gap].max() <= before_gap.max() + reach
    after = ORIGINS >= 24 * 158  # lags reach back a week
    assert absolute_error(forecast, observed)[after].mean() < 1.1 * absolute_error(full, observed)[after].mean()


def test_a_jump_of_level_is_followed_by_the_default_within_days():
    jumped = seasonal(HOURS, noise=0.3)
    jumped[0, 24 * 130 :] += 60.0
    error = absolute_error(forecast_of("blend", jumped), jumped)
    days_after_jump = (ORIGINS - 24 * 130) // 24
    # Ridge alone expects the old level until its next refit. The blend gives more weight to the other forecasters.
    assert error[days_after_jump == 8].mean() < 6.0


@pytest.mark.slow
@every_learning_forecaster
def test_with_a_hundred_days_a_forecaster_is_no_worse_than_naive(name):
    scores = evaluate(telemetry_of(seasonal(24 * 100)), Protocol(target="load", forecaster=name)).regions[0].scores
    assert scores.origins > 700
    assert scores.mae < 1.02 * scores.naive_mae


@every_forecaster
def test_a_single_day_is_refused_and_the_region_named(name):
    one_day = telemetry_of(seasonal(24), regions=("dublin",))
    with pytest.raises(DataError, match="region dublin"):
        evaluate(one_day, Protocol(target="load", forecaster=name))


@every_learning_forecaster
def test_before_two_weeks_are_known_the_forecast_is_naive(name):
    observed = seasonal(24 * 40)
    series = series_of(observed, start="2024-01-20T00")  # February begins after 12 days
    origins = np.arange(24 * 12, 24 * 14)
    forecast = walk_forward(FORECASTERS[name](horizon=24), series, origins)
    if name == "blend":  # persistence is one of its experts
        latest = series.observed[:, origins].T[:, :, None]
        naive = same_hour(series.filled, origins, 24)
        assert (forecast >= np.minimum(latest, naive) - 1e-9).all()
        assert (forecast <= np.maximum(latest, naive) + 1e-9).all()
    else:
        np.testing.assert_array_equal(forecast, same_hour(series.filled, origins, 24))


@every_forecaster
@pytest.mark.parametrize("horizon", [24, 168])
def test_a_series_may_begin_at_the_end_of_a_month(name, horizon):
    series = series_of(seasonal(24 * 40), start="2024-01-31T05")
    origins = np.arange(40, 24 * 30)
    assert np.isfinite(walk_forward(FORECASTERS[name](horizon=horizon), series, origins)).all()
