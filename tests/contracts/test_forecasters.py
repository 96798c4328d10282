"""The contract of every entry of FORECASTERS."""

import copy
import pickle

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, series_of

from fleet.errors import DataError
from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.seasonal_naive import same_hour

HOURS = 24 * 140  # 1 January to 19 May
START = 24 * 50
HORIZONS = (1, 24, 96)

pytestmark = pytest.mark.parametrize("name", FORECASTERS)


def values_with_gaps(hours: int = HOURS, regions: int = 2) -> np.ndarray:
    """Returns (region, hour) values with a gap of a week, single gaps, and a region that begins late."""
    observed = seasonal(hours, regions=regions)
    observed[0, 24 * 60 : 24 * 67] = np.nan
    observed[0, 24 * 30 : 24 * 100 : 31] = np.nan
    observed[-1, : 24 * 9] = np.nan
    return observed


def forecast_of(name, observed, origins, horizon=24):
    return walk_forward(FORECASTERS[name](horizon=horizon), series_of(observed), origins)


def forecast_before_learning(name, series, origins):
    """Returns the latest value of the target's hour of day; for persistence, the latest value."""
    if name == "persistence":
        latest = origins - series.age_h[:, origins]
        return np.repeat(np.take_along_axis(series.observed, latest, axis=1).T[:, :, None], 24, axis=2)
    return same_hour(series.filled, origins, 24)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_forecast_is_finite_in_gaps_and_reproducible(name, horizon):
    observed = values_with_gaps()
    origins = np.arange(START, HOURS - horizon, 5)
    forecast = forecast_of(name, observed, origins, horizon)
    assert forecast.shape == (len(origins), 2, horizon)
    assert np.isfinite(forecast).all()
    np.testing.assert_array_equal(forecast_of(name, observed, origins, horizon), forecast)


@pytest.mark.parametrize("level", [0.0, -7.5, 1e6])
def test_a_constant_series_is_forecast_as_that_constant(name, level):
    forecast = forecast_of(name, np.full((1, HOURS), level), np.arange(START, HOURS - 24, 24))
    np.testing.assert_allclose(forecast, level, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("spike", [1e12, -1e30])
def test_a_spike_leaves_the_forecast_finite(name, spike):
    observed = seasonal(HOURS)
    observed[0, START + 100] = spike
    assert np.isfinite(forecast_of(name, observed, np.arange(START, HOURS - 24, 7))).all()


def test_inputs_are_left_as_they_were(name):
    observed = values_with_gaps()
    before = observed.copy()
    origins = np.arange(START, HOURS - 24)
    kept = origins.copy()
    series = series_of(observed)
    series.observed.flags.writeable = False
    walk_forward(FORECASTERS[name](horizon=24), series, origins)
    np.testing.assert_array_equal(series.observed, before)
    np.testing.assert_array_equal(origins, kept)


@pytest.mark.slow
def test_learning_returns_a_new_forecaster_and_leaves_the_old_one(name):
    series = series_of(values_with_gaps())
    origins = np.arange(START, START + 50)
    fresh = FORECASTERS[name](horizon=24)
    learnt = fresh.learn(series, 0, START)
    forecast = learnt.predict(series, origins)
    learnt.learn(series, START, START + 500)
    np.testing.assert_array_equal(learnt.predict(series, origins), forecast)
    np.testing.assert_array_equal(fresh.predict(series, origins), forecast_before_learning(name, series, origins))


def test_before_learning_a_forecaster_predicts_a_past_value(name):
    series = series_of(seasonal(200))
    origins = np.arange(23, 150)
    forecast = FORECASTERS[name](horizon=24).predict(series, origins)
    np.testing.assert_array_equal(forecast, forecast_before_learning(name, series, origins))


@pytest.mark.slow
@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda learnt: pickle.loads(pickle.dumps(learnt))])  # noqa: S301
def test_a_copy_forecasts_and_learns_like_the_original(name, copy_of):
    series = series_of(values_with_gaps())
    origins = np.arange(START + 500, START + 600)
    learnt = FORECASTERS[name](horizon=24).learn(series, 0, START)
    copied = copy_of(learnt)
    np.testing.assert_array_equal(copied.predict(series, origins), learnt.predict(series, origins))
    np.testing.assert_array_equal(
        copied.learn(series, START, START + 500).predict(series, origins),
        learnt.learn(series, START, START + 500).predict(series, origins),
    )


# Day 60 is 1 March: the last hour before a refit, the refit itself, the hour after it, and the middle of a month.
@pytest.mark.parametrize("after", [24 * 60 - 1, 24 * 60, 24 * 60 + 1, 24 * 75 + 13])
@pytest.mark.parametrize("horizon", HORIZONS)
def test_nothing_past_an_origin_reaches_its_forecast(name, after, horizon):
    observed = values_with_gaps(after + 24 * 6)[:1]
    origins = np.union1d(np.arange(START, after + 24, 5), [after])
    early_origins = origins[origins <= after]
    expected = forecast_of(name, observed, origins, horizon)[: len(early_origins)]
    for how in CORRUPTIONS:
        forecast = forecast_of(name, corrupted(observed, after, how), origins, horizon)[: len(early_origins)]
        np.testing.assert_array_equal(forecast, expected, err_msg=how)
    cut_off = forecast_of(name, observed[:, : after + 1], early_origins, horizon)
    np.testing.assert_array_equal(cut_off, expected)


@pytest.mark.slow
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_nothing_from_the_stop_on_is_learnt(name, how):
    # Pickles compare everything that was learnt, even if no forecast of this series depends on it.
    observed, changed = values_with_gaps(), corrupted(values_with_gaps(), START - 1, how)
    learnt = [FORECASTERS[name](horizon=24).learn(series_of(values), 0, START) for values in (observed, changed)]
    assert pickle.dumps(learnt[0]) == pickle.dumps(learnt[1])


@pytest.mark.slow
def test_a_region_has_the_same_forecast_alone_and_together(name):
    observed = values_with_gaps(regions=3)
    origins = np.arange(START, HOURS - 24, 7)
    together = forecast_of(name, observed, origins)
    for region in range(3):
        np.testing.assert_array_equal(
            forecast_of(name, observed[region : region + 1], origins)[:, 0], together[:, region]
        )


@pytest.mark.slow
def test_an_origin_has_the_same_forecast_alone_and_among_many(name):
    observed = values_with_gaps()
    origins = np.arange(START, HOURS - 24)
    many = forecast_of(name, observed, origins)
    for origin in (START + 3, 24 * 91 + 5, HOURS - 30):
        np.testing.assert_array_equal(forecast_of(name, observed, np.array([origin]))[0], many[origin - START])


def test_an_origin_before_a_region_is_known_is_refused(name):
    with pytest.raises(DataError, match="region 1"):
        forecast_of(name, values_with_gaps(), np.arange(24 * 5, START))


def test_progress_rises_to_one(name):
    shares = []
    origins = np.arange(START, HOURS - 24)
    walk_forward(FORECASTERS[name](horizon=24), series_of(values_with_gaps()), origins, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
