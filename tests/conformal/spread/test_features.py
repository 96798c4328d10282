import numpy as np
import pytest
from support.scores import independent

from fleet.conformal.base import delayed
from fleet.conformal.spread import features

# In the order of the features.
ONE, QUICK, BELOW, ABOVE, POSITION, POSITION_SQUARE, RISE, FALL, RISE_AHEAD, FALL_AHEAD = range(features.COUNT)


def features_of(forecast: np.ndarray, residual: np.ndarray, *, slow: float = 1.0, step_h: int = 1):
    """Returns the (tick, feature, region, lead) features of (tick, region, lead) forecasts and their residuals."""
    ticks, regions, leads = forecast.shape
    delay = -(-np.arange(1, leads + 1) // step_h)
    feature = features.spread_features(
        features.initial_state(regions, leads, step_h, forecast.dtype),
        np.full((1, regions, leads), np.nan),
        forecast,
        np.full(forecast.shape, slow),
        delayed(residual, delay),
        step_h,
        delay,
    )
    assert feature.shape == (ticks, features.COUNT, regions, leads)
    return feature


def wave(ticks: int, leads: int = 24, step_h: int = 1) -> np.ndarray:
    """Returns (tick, region, lead) actual values: a daily wave of amplitude 10."""
    target = np.arange(ticks)[:, None] * step_h + np.arange(1, leads + 1)
    return 10 * np.sin(2 * np.pi * target / 24)[:, None]


def test_features_are_zero_before_any_residual_is_known():
    feature = features_of(np.full((5, 1, 3), 7.0), np.full((5, 1, 3), np.nan))
    assert (feature[:, ONE] == 1).all()
    # Past forecasts are known, and a constant forecast is in the middle of them.
    np.testing.assert_allclose(feature[:, ONE + 1 :], 0, atol=1e-4)


@pytest.mark.parametrize("forecast", [0.0, 0.1, 21.3, -7e6])
def test_a_constant_forecast_has_position_zero(forecast):
    feature = features_of(np.full((24 * 60, 1, 2), forecast), np.zeros((24 * 60, 1, 2)))
    np.testing.assert_allclose(feature[:, POSITION], 0, atol=1e-4)


def test_the_first_feature_is_one_and_all_features_are_finite():
    residual = independent(24 * 10, 2, 24)
    residual[30:90, 0] = np.nan
    forecast = wave(24 * 10) + independent(24 * 10, 2, 24, seed=1)
    forecast[100:130, 1] = np.nan
    feature = features_of(forecast, residual)
    assert (feature[:, ONE] == 1).all()
    is_forecast = np.isfinite(forecast)
    for index in range(features.COUNT):
        assert np.isfinite(feature[:, index][is_forecast]).all()


def test_the_quick_mean_is_relative_to_the_slow_spread():
    # Residuals of 1 for twenty days, then of 4. After one half-life, which is a day, the quick mean is half way: 2.5.
    residual = np.where(np.arange(24 * 30) < 24 * 20, 1.0, 4.0)[:, None, None]
    quick = features_of(np.zeros(residual.shape), residual, slow=2.0)[:, QUICK, 0, 0]
    assert quick[24 * 20] == pytest.approx(np.log(1 / 2), rel=1e-3)
    assert quick[24 * 21] == pytest.approx(np.log(2.5 / 2), rel=1e-3)
    assert quick[-1] == pytest.approx(np.log(4 / 2), rel=2e-3)


def test_a_share_is_never_less_than_a_twentieth():
    feature = features_of(np.zeros((50, 1, 2)), np.zeros((50, 1, 2)), slow=3.0)
    np.testing.assert_allclose(feature[30:, [QUICK, BELOW, ABOVE]], np.log(0.05), rtol=1e-12)


@pytest.mark.parametrize("step_h", [1, 3])
@pytest.mark.parametrize("first", [0, 7])
def test_residuals_of_each_side_are_averaged_by_hour_of_day_of_the_target(step_h, first):
    # The forecast is 3 too low from 12 to 18 h, 2 too high from 0 to 6 h, and exact at other hours.
    ticks = 24 * 20 // step_h
    target = (first + np.arange(ticks)[:, None] * step_h + np.arange(1, 25)) % 24
    residual = np.select([(target >= 12) & (target < 18), target < 6], [3.0, -2.0], 0.0)[:, None]
    feature = features_of(np.zeros(residual.shape), residual, slow=2.0, step_h=step_h)[-1, :, 0]
    hour = target[-1]
    # The mean of a side counts residuals of the other side as zero. It is doubled, because half are on each side.
    above = np.where((hour >= 12) & (hour < 18), 2 * 3 / 2, 0.05)
    below = np.where(hour < 6, 2 * 2 / 2, 0.05)
    np.testing.assert_allclose(feature[ABOVE], np.log(above), rtol=1e-9)
    np.testing.assert_allclose(feature[BELOW], np.log(below), rtol=1e-9, atol=1e-12)


def test_days_without_residuals_do_not_age_the_mean_by_hour():
    # Ten days of residuals of 1 and ten of 3, with or without a gap of forty days between them.
    residual = np.repeat([1.0, 3.0], 240)[:, None, None]
    with_gap = np.concatenate([residual[:240], np.full((24 * 40, 1, 1), np.nan), residual[240:]])
    last, last_with_gap = (
        features_of(np.zeros(values.shape), values, slow=2.0)[-1, ABOVE, 0, 0] for values in (residual, with_gap)
    )
    assert last_with_gap == pytest.approx(last, rel=1e-9)
    # The next hour is the first of a day. Ten of its known residuals are 1 and nine are 3. With k = 0.5^(1/30), their
    # mean is (k^9 (1 - k^10) + 3 (1 - k^9)) / (1 - k^19) = (0.8123 x 0.2063 + 3 x 0.1877) / 0.3553 = 2.057. The mean is
    # doubled and divided by the slow spread of 2.
    assert last == pytest.approx(np.log(2.057), abs=1e-3)


def test_the_position_counts_standard_deviations_of_past_forecasts():
    forecast = independent(24 * 200, 1, 2, seed=3) * 2 + 50
    forecast[-1, 0] = [54.0, 46.0]
    feature = features_of(forecast, np.zeros(forecast.shape))[-1, :, 0]
    # Two standard deviations of 2 above and below 50.
    np.testing.assert_allclose(feature[POSITION], [2, -2], atol=0.15)
    np.testing.assert_array_equal(feature[POSITION_SQUARE], feature[POSITION] ** 2)


def test_the_position_is_clipped_at_three():
    forecast = independent(500, 1, 2)
    forecast[-1, 0] = [1e6, -1e6]
    np.testing.assert_array_equal(features_of(forecast, np.zeros(forecast.shape))[-1, POSITION, 0, 1], -3)


def test_a_change_from_yesterday_is_logarithmic_on_its_own_side():
    # Exact forecasts of a daily wave, and then a forecast 6 above or 6 below the wave, with a slow spread of 2.
    forecast = np.repeat(wave(24 * 3), 2, axis=1)
    residual = np.zeros(forecast.shape)
    forecast[-1, 0] += 6.0
    forecast[-1, 1] -= 6.0
    feature = features_of(forecast, residual, slow=2.0)[-1]
    np.testing.assert_allclose(feature[RISE], [[np.log(1 + 3)] * 24, [0] * 24], atol=1e-9)
    np.testing.assert_allclose(feature[FALL], [[0] * 24, [np.log(1 + 3)] * 24], atol=1e-9)
    np.testing.assert_allclose(features_of(wave(24 * 3), np.zeros((24 * 3, 1, 24)))[-1, [RISE, FALL]], 0, atol=1e-9)


@pytest.mark.parametrize("step_h", [1, 3, 24])
def test_yesterday_is_the_actual_value_and_not_the_forecast(step_h):
    # The actual values are the wave. All forecasts but the last have random residuals.
    ticks = 24 * 6 // step_h
    actual = wave(ticks, step_h=step_h)
    forecast = actual + independent(ticks, 1, 24)
    forecast[-1] = actual[-1]
    feature = features_of(forecast, actual - forecast, step_h=step_h)[-1]
    np.testing.assert_allclose(feature[[RISE, FALL]], 0, atol=1e-9)


def test_changes_within_a_forecast_are_relative_to_its_first_lead():
    forecast = np.array([5.0, 8.0, 1.0])[None, None] + np.zeros((30, 1, 1))
    feature = features_of(forecast, np.zeros(forecast.shape), slow=2.0)[-1, :, 0]
    np.testing.assert_allclose(feature[RISE_AHEAD], np.log1p([0, 1.5, 0]), rtol=1e-12)
    np.testing.assert_allclose(feature[FALL_AHEAD], np.log1p([0, 0, 2]), rtol=1e-12)


def test_a_change_is_clipped_at_twenty_spreads():
    forecast = np.array([0.0, 1e9])[None, None] + np.zeros((30, 1, 1))
    assert features_of(forecast, np.zeros(forecast.shape))[-1, RISE_AHEAD, 0, 1] == pytest.approx(np.log(21))


@pytest.mark.parametrize("step_h", [1, 3])
def test_values_that_are_not_yet_known_change_no_feature(step_h):
    ticks, last = 24 * 8, 24 * 5
    forecast, residual = wave(ticks, step_h=step_h) + independent(ticks, 1, 24), independent(ticks, 1, 24, seed=2)
    changed_forecast, changed_residual = forecast.copy(), residual.copy()
    changed_forecast[last + 1 :] = 1e9
    for lead, delay in enumerate(-(-np.arange(1, 25) // step_h)):
        changed_residual[last - delay + 1 :, :, lead] = 1e9
    feature = features_of(changed_forecast, changed_residual, step_h=step_h)
    expected = features_of(forecast, residual, step_h=step_h)
    np.testing.assert_array_equal(feature[: last + 1], expected[: last + 1])
