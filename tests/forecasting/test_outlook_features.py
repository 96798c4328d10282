from dataclasses import replace

import numpy as np
import pytest
from support.builders import corrupted, hours_from, seasonal

from fleet.domain.outlooks import Outlooks
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.outlook_features import OutlookFeatures, usual_miss
from fleet.forecasting.series import actual

HOURS = 24 * 200
TIME = hours_from("2024-01-01T00", HOURS)
ORIGINS = np.arange(24 * 150, HOURS - 48)
ONE = slice(0, 1)


def outlooks_of(observed, *, noise, bias=0.0, every=6, reach=48, name="temperature_c", seed=9):
    """Returns outlooks of the whole series: the actual values plus a bias and noise.

    Args:
        every: hours between two issues.
        reach: hours that an issue covers.
    """
    rng = np.random.default_rng(seed)
    issues = np.arange(0, HOURS, every)
    hour = np.minimum(issues[:, None] + np.arange(reach), HOURS - 1)
    values = observed[:, hour] + bias + rng.normal(0, noise, (len(observed), *hour.shape))
    regions = tuple(f"r{index}" for index in range(len(observed)))
    return Outlooks(regions=regions, issued_utc=TIME[issues], values={name: values})


def series_with(outlooks, observed):
    return Series(observed=observed, time_utc=TIME, name="temperature_c", outlooks=outlooks)


def mean_error(series, name):
    actuals = actual(series, ORIGINS, 24)
    return np.abs(walk_forward(FORECASTERS[name](horizon=24), series, ORIGINS) - actuals).mean()


def mean_error_of_outlook(series):
    outlook = series.outlooks.known_at("temperature_c", TIME[ORIGINS], 24).swapaxes(0, 1)
    return np.abs(outlook - actual(series, ORIGINS, 24)).mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ridge", "xgboost", "blend"])
def test_a_forecast_is_better_than_a_biased_outlook(name):
    observed = seasonal(HOURS)
    series = series_with(outlooks_of(observed, noise=1.0, bias=2.0), observed)
    # Noise of 1 alone has a mean absolute error of sqrt(2 / pi) = 0.80; with the bias of 2 it is about 2.
    assert mean_error_of_outlook(series) > 1.9
    assert mean_error(series, name) < 0.9
    assert mean_error(series, name) < 0.5 * mean_error(replace(series, outlooks=None), name)


def test_an_outlook_of_a_driving_quantity_helps():
    wind = seasonal(HOURS, seed=5)
    observed = 400 - 10 * wind + seasonal(HOURS, noise=0.3)
    series = series_with(outlooks_of(wind, noise=0.5, name="wind_speed_m_s"), observed)
    assert mean_error(series, "ridge") < 0.5 * mean_error(replace(series, outlooks=None), "ridge")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ridge", "xgboost", "blend"])
def test_after_outlooks_stop_the_forecast_is_as_good_as_without(name):
    observed = seasonal(HOURS)
    outlooks = outlooks_of(observed, noise=0.5)
    stop = 24 * 140
    stopped = replace(outlooks, values={"temperature_c": outlooks.values["temperature_c"].copy()})
    stopped.values["temperature_c"][:, outlooks.issued_utc >= TIME[stop]] = np.nan
    series = series_with(stopped, observed)
    forecast = walk_forward(FORECASTERS[name](horizon=24), series, ORIGINS)
    assert np.isfinite(forecast).all()
    assert mean_error(series, name) < 1.15 * mean_error(replace(series, outlooks=None), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ridge", "xgboost", "blend"])
@pytest.mark.parametrize("how", ["random", "missing"])
def test_outlooks_issued_after_an_origin_do_not_reach_its_forecast(name, how):
    observed = seasonal(HOURS)
    outlooks = outlooks_of(observed, noise=0.5)
    after = 24 * 160 + 3
    origins = np.arange(24 * 150, after + 1, 5)
    last = int(np.searchsorted(outlooks.issued_utc, TIME[after] + 1, side="right")) - 1
    changed = corrupted(outlooks.values["temperature_c"].swapaxes(1, 2), last, how).swapaxes(1, 2)
    series = series_with(outlooks, observed)
    wrong = series_with(replace(outlooks, values={"temperature_c": changed}), corrupted(observed, after, how))
    forecaster = FORECASTERS[name](horizon=24)
    np.testing.assert_array_equal(walk_forward(forecaster, wrong, origins), walk_forward(forecaster, series, origins))


def test_features_are_the_outlook_and_the_misses_of_past_outlooks():
    observed = seasonal(HOURS)
    series = series_with(outlooks_of(observed, noise=0.0, bias=3.0), observed)
    origin = np.array([1_000])
    features = OutlookFeatures.of(series, ONE, origin, 4)
    miss, usual, last_miss, mean_miss, ahead, change = np.moveaxis(features.values[0, 0], 1, 0)
    np.testing.assert_allclose([miss, last_miss, mean_miss], -3.0)  # observed value minus outlook
    # The weights of 41 days, which halve in 30, add up to (1 - r^41) / (1 - r) = 26.9 with r = 0.5^(1/30). Shrinking
    # adds 20 days without a miss.
    np.testing.assert_allclose(usual, -3.0 * 26.9 / 46.9, rtol=0.02)
    np.testing.assert_allclose(ahead, observed[0, 1_001:1_005] + 3.0)
    np.testing.assert_allclose(change, ahead - observed[0, 977:981])  # the same hours of the day before
    assert features.known.all()


def test_a_lead_past_the_reach_is_unknown():
    observed = seasonal(HOURS)
    series = series_with(outlooks_of(observed, noise=0.0, every=24, reach=24), observed)
    # At hour 5 of a day, the outlook issued that day reaches hour 23, which is lead 18.
    features = OutlookFeatures.of(series, ONE, np.array([24 * 50 + 5]), 24)
    assert features.reach == 18
    assert features.known.all()
    longer = features.up_to(24)
    np.testing.assert_array_equal(longer.known[0, 0], np.arange(1, 25) <= 18)
    np.testing.assert_array_equal(longer.values[0, 0, :18], features.values[0, 0])
    assert not longer.values[0, 0, 18:].any()
    assert features.up_to(3).reach == 3


def test_an_older_issue_fills_only_the_gaps_of_the_newest():
    observed = seasonal(HOURS)
    outlooks = outlooks_of(observed, noise=0.0, every=6, reach=48)
    values = outlooks.values["temperature_c"].copy()
    values[0, 200, 10:20] = np.nan
    gap = replace(outlooks, values={"temperature_c": values})
    origin = outlooks.issued_utc[[200]]
    newest, filled = (some.known_at("temperature_c", origin, 168)[0, 0] for some in (outlooks, gap))
    # The outlooks have no noise, so an older issue says the same.
    np.testing.assert_array_equal(filled, newest)
    assert np.isfinite(filled[:47]).all()
    assert np.isnan(filled[47:]).all()


def test_a_correction_learns_the_leads_that_outlooks_begin_to_reach():
    observed = seasonal(HOURS)
    outlooks = outlooks_of(observed, noise=0.1, bias=3.0, every=6, reach=48)
    short = outlooks.values["temperature_c"].copy()
    short[:, : len(outlooks.issued_utc) // 2, 12:] = np.nan
    series = series_with(replace(outlooks, values={"temperature_c": short}), observed)
    half, whole = (FORECASTERS["ridge"](horizon=72).learn(series, 0, stop) for stop in (HOURS // 2 - 100, HOURS))
    assert [models.correction.reach for models in (*half._models, *whole._models)] == [12, 48]
    origins = np.arange(HOURS - 200, HOURS - 100)
    error = whole.predict(series, origins)[:, 0, :40] - observed[0, origins[:, None] + np.arange(1, 41)]
    assert np.abs(error).mean() < 1.0


def test_without_outlooks_there_are_no_features():
    assert OutlookFeatures.of(series_with(None, seasonal(HOURS)), ONE, ORIGINS, 24) is None


def test_the_usual_miss_is_that_of_the_same_hour_of_day_and_fades():
    miss = np.zeros((1, 24 * 100))
    miss[0, 5 : 24 * 40 : 24] = 2.0
    miss[0, 7::24] = np.nan
    usual = usual_miss(miss)[0].reshape(100, 24)
    assert not usual[:, [4, 6, 7]].any()
    assert 1.0 < usual[39, 5] < 2.0
    # 60 days later, a quarter of the weight is left, so that the mean is below half.
    assert 0 < usual[99, 5] < 0.5 * usual[39, 5]
