"""What every entry of FORECASTERS must do."""

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


def holed(hours: int = HOURS, regions: int = 2) -> np.ndarray:
    """A week of silence, single gaps, and a region that begins late."""
    observed = seasonal(hours, regions=regions)
    observed[0, 24 * 60 : 24 * 67] = np.nan
    observed[0, 24 * 30 : 24 * 100 : 31] = np.nan
    observed[-1, : 24 * 9] = np.nan
    return observed


def forecast_of(name, observed, origins, horizon=24):
    return walk_forward(FORECASTERS[name](horizon=horizon), series_of(observed), origins)


def unlearnt(name, series, origins):
    """The latest value of the target's hour of day, or the latest of all."""
    if name == "persistence":
        latest = origins - series.age_h[:, origins]
        return np.repeat(np.take_along_axis(series.observed, latest, axis=1).T[:, :, None], 24, axis=2)
    return same_hour(series.filled, origins, 24)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_forecast_is_finite_through_gaps_and_the_same_again(name, horizon):
    observed = holed()
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
    observed = holed()
    before = observed.copy()
    origins = np.arange(START, HOURS - 24)
    kept = origins.copy()
    series = series_of(observed)
    series.observed.flags.writeable = False
    walk_forward(FORECASTERS[name](horizon=24), series, origins)
    np.testing.assert_array_equal(series.observed, before)
    np.testing.assert_array_equal(origins, kept)


def test_learning_returns_a_wiser_one_and_leaves_the_old_one(name):
    series = series_of(holed())
    origins = np.arange(START, START + 50)
    fresh = FORECASTERS[name](horizon=24)
    wiser = fresh.learn(series, 0, START)
    once = wiser.predict(series, origins)
    wiser.learn(series, START, START + 500)
    np.testing.assert_array_equal(wiser.predict(series, origins), once)
    np.testing.assert_array_equal(fresh.predict(series, origins), unlearnt(name, series, origins))


def test_before_learning_it_predicts_what_was_seen(name):
    series = series_of(seasonal(200))
    origins = np.arange(23, 150)
    forecast = FORECASTERS[name](horizon=24).predict(series, origins)
    np.testing.assert_array_equal(forecast, unlearnt(name, series, origins))


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda learnt: pickle.loads(pickle.dumps(learnt))])  # noqa: S301
def test_a_copy_forecasts_and_learns_alike(name, twin_of):
    series = series_of(holed())
    origins = np.arange(START + 500, START + 600)
    learnt = FORECASTERS[name](horizon=24).learn(series, 0, START)
    twin = twin_of(learnt)
    np.testing.assert_array_equal(twin.predict(series, origins), learnt.predict(series, origins))
    np.testing.assert_array_equal(
        twin.learn(series, START, START + 500).predict(series, origins),
        learnt.learn(series, START, START + 500).predict(series, origins),
    )


# Day 59 is 29 February, day 60 is 1 March: the last hour before a refit, the refit itself, and the middle of a month.
@pytest.mark.parametrize("after", [24 * 60 - 1, 24 * 60, 24 * 60 + 1, 24 * 75 + 13])
@pytest.mark.parametrize("horizon", HORIZONS)
def test_nothing_past_an_origin_reaches_its_forecast(name, after, horizon):
    observed = holed(after + 24 * 6)[:1]
    origins = np.union1d(np.arange(START, after + 24, 5), [after])
    until = origins[origins <= after]
    whole = forecast_of(name, observed, origins, horizon)[: len(until)]
    for how in CORRUPTIONS:
        spoilt = forecast_of(name, corrupted(observed, after, how), origins, horizon)[: len(until)]
        np.testing.assert_array_equal(spoilt, whole, err_msg=how)
    absent = forecast_of(name, observed[:, : after + 1], until, horizon)
    np.testing.assert_array_equal(absent, whole)


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_nothing_from_the_stop_on_is_learnt(name, how):
    # All that was learnt, also what no forecast of this series would show.
    whole, spoilt = holed(), corrupted(holed(), START - 1, how)
    learnt = [FORECASTERS[name](horizon=24).learn(series_of(values), 0, START) for values in (whole, spoilt)]
    assert pickle.dumps(learnt[0]) == pickle.dumps(learnt[1])


def test_regions_together_and_alone_are_forecast_alike(name):
    observed = holed(regions=3)
    origins = np.arange(START, HOURS - 24, 7)
    together = forecast_of(name, observed, origins)
    for region in range(3):
        np.testing.assert_array_equal(
            forecast_of(name, observed[region : region + 1], origins)[:, 0], together[:, region]
        )


def test_an_origin_alone_is_forecast_as_in_a_long_walk(name):
    observed = holed()
    origins = np.arange(START, HOURS - 24)
    walked = forecast_of(name, observed, origins)
    for origin in (START + 3, 24 * 91 + 5, HOURS - 30):
        np.testing.assert_array_equal(forecast_of(name, observed, np.array([origin]))[0], walked[origin - START])


def test_an_origin_before_a_region_is_known_is_refused(name):
    with pytest.raises(DataError, match="region 1"):
        forecast_of(name, holed(), np.arange(24 * 5, START))


def test_progress_rises_to_one(name):
    shares = []
    origins = np.arange(START, HOURS - 24)
    walk_forward(FORECASTERS[name](horizon=24), series_of(holed()), origins, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
