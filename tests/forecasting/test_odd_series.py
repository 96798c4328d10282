"""What every forecaster does with a history that is short, silent, or not what it was."""

import numpy as np
import pytest
from support.builders import seasonal, series_of, telemetry_of

from fleet.errors import DataError
from fleet.evaluation.rolling_origin import Protocol, evaluate
from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual

HOURS = 24 * 200
ORIGINS = np.arange(24 * 100, HOURS - 24)

every_forecaster = pytest.mark.parametrize("name", FORECASTERS)
learning = pytest.mark.parametrize("name", ["ridge", "ridge_asinh", "xgboost", "blend"])


def forecast_of(name, observed, origins=ORIGINS):
    return walk_forward(FORECASTERS[name](horizon=24), series_of(observed), origins)


def error(forecast, observed, origins=ORIGINS):
    return np.abs(forecast - actual(series_of(observed), origins, 24))


@learning
def test_weeks_of_silence_are_bridged_and_forgotten(name):
    observed = seasonal(HOURS, noise=0.5)
    holed = observed.copy()
    holed[0, 24 * 120 : 24 * 150] = np.nan
    forecast, whole = forecast_of(name, holed), forecast_of(name, observed)
    assert np.isfinite(forecast).all()
    seen = observed[0, : 24 * 120]
    reach = 0.11 * np.ptp(seen)
    silent = (ORIGINS >= 24 * 121) & (ORIGINS < 24 * 149)
    assert forecast[silent].min() >= seen.min() - reach
    assert forecast[silent].max() <= seen.max() + reach
    after = ORIGINS >= 24 * 158  # a week of lags later
    assert error(forecast, observed)[after].mean() < 1.1 * error(whole, observed)[after].mean()


def test_a_jump_of_level_is_followed_by_the_default_within_days():
    jumped = seasonal(HOURS, noise=0.3)
    jumped[0, 24 * 130 :] += 60.0
    missed = error(forecast_of("blend", jumped), jumped)
    days = (ORIGINS - 24 * 130) // 24
    # Ridge alone keeps expecting the old level until it is learnt anew; those that do not are believed instead.
    assert missed[days == 8].mean() < 6.0


@learning
def test_a_hundred_days_are_enough_to_be_no_worse_than_the_latest_day(name):
    scores = evaluate(telemetry_of(seasonal(24 * 100)), Protocol(target="load", forecaster=name)).regions[0].scores
    assert scores.origins > 700
    assert scores.mae < 1.02 * scores.naive_mae


@every_forecaster
def test_a_single_day_is_refused_by_the_name_of_its_region(name):
    lonely = telemetry_of(seasonal(24), regions=("dublin",))
    with pytest.raises(DataError, match="region dublin"):
        evaluate(lonely, Protocol(target="load", forecaster=name))


@learning
def test_before_two_weeks_are_known_it_is_as_the_latest_day(name):
    observed = seasonal(24 * 40)
    series = series_of(observed, start="2024-01-20T00")  # February begins after 12 days
    origins = np.arange(24 * 12, 24 * 14)
    forecast = walk_forward(FORECASTERS[name](horizon=24), series, origins)
    if name == "blend":  # which also mixes in that nothing changes
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
