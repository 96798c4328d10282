import numpy as np
import pytest
from support.scores import independent

from fleet.conformal.base import delayed
from fleet.conformal.spread import features

# In the order of the features.
ONE, QUICK, BELOW, ABOVE, LEVEL, LEVEL_SQUARE, RISE, FALL, RISE_AHEAD, FALL_AHEAD = range(features.COUNT)


def features_of(forecast: np.ndarray, error: np.ndarray, *, slow: float = 1.0, step_h: int = 1):
    """(tick, feature, region, lead) of (tick, region, lead) forecasts and what they missed by."""
    ticks, regions, leads = forecast.shape
    delay = -(-np.arange(1, leads + 1) // step_h)
    found = features.of(
        features.beginning(regions, leads, step_h, forecast.dtype),
        np.full((1, regions, leads), np.nan),
        forecast,
        np.full(forecast.shape, slow),
        delayed(error, delay),
        step_h,
        delay,
    )
    assert found.shape == (ticks, features.COUNT, regions, leads)
    return found


def wave(ticks: int, leads: int = 24, step_h: int = 1) -> np.ndarray:
    """(tick, region, lead) a true wave of a day, 10 high."""
    target = np.arange(ticks)[:, None] * step_h + np.arange(1, leads + 1)
    return 10 * np.sin(2 * np.pi * target / 24)[:, None]


def test_nothing_known_is_nothing_said():
    found = features_of(np.full((5, 1, 3), 7.0), np.full((5, 1, 3), np.nan))
    assert (found[:, ONE] == 1).all()
    # The forecast's own past is known: among it, a forecast that never changes is an ordinary one.
    np.testing.assert_allclose(found[:, ONE + 1 :], 0, atol=1e-4)


@pytest.mark.parametrize("forecast", [0.0, 0.1, 21.3, -7e6])
def test_a_forecast_that_never_changes_stands_in_the_middle_of_its_past(forecast):
    found = features_of(np.full((24 * 60, 1, 2), forecast), np.zeros((24 * 60, 1, 2)))
    np.testing.assert_allclose(found[:, LEVEL], 0, atol=1e-4)


def test_the_first_is_always_one_and_all_are_always_numbers():
    error = independent(24 * 10, 2, 24)
    error[30:90, 0] = np.nan
    forecast = wave(24 * 10) + independent(24 * 10, 2, 24, seed=1)
    forecast[100:130, 1] = np.nan
    found = features_of(forecast, error)
    assert (found[:, ONE] == 1).all()
    made = np.isfinite(forecast)
    for number in range(features.COUNT):
        assert np.isfinite(found[:, number][made]).all()


def test_quick_errors_are_measured_against_slow_ones():
    # Errors of 1 for twenty days, then of 4: after a day, its half-life, the quick mean is half way, 2.5.
    error = np.where(np.arange(24 * 30) < 24 * 20, 1.0, 4.0)[:, None, None]
    quick = features_of(np.zeros(error.shape), error, slow=2.0)[:, QUICK, 0, 0]
    assert quick[24 * 20] == pytest.approx(np.log(1 / 2), rel=1e-3)
    assert quick[24 * 21] == pytest.approx(np.log(2.5 / 2), rel=1e-3)
    assert quick[-1] == pytest.approx(np.log(4 / 2), rel=2e-3)


def test_a_share_is_never_less_than_a_twentieth():
    found = features_of(np.zeros((50, 1, 2)), np.zeros((50, 1, 2)), slow=3.0)
    np.testing.assert_allclose(found[30:, [QUICK, BELOW, ABOVE]], np.log(0.05), rtol=1e-12)


@pytest.mark.parametrize("step_h", [1, 3])
@pytest.mark.parametrize("first", [0, 7])
def test_errors_of_either_side_are_remembered_by_the_hour_of_day_of_their_target(step_h, first):
    # From 12 to 18 h the forecast is 3 too low, from 0 to 6 h it is 2 too high, and else exact.
    ticks = 24 * 20 // step_h
    target = (first + np.arange(ticks)[:, None] * step_h + np.arange(1, 25)) % 24
    error = np.select([(target >= 12) & (target < 18), target < 6], [3.0, -2.0], 0.0)[:, None]
    found = features_of(np.zeros(error.shape), error, slow=2.0, step_h=step_h)[-1, :, 0]
    hour = target[-1]
    # Means count the other side as zero, and are doubled, as half of the errors lie on either side.
    above = np.where((hour >= 12) & (hour < 18), 2 * 3 / 2, 0.05)
    below = np.where(hour < 6, 2 * 2 / 2, 0.05)
    np.testing.assert_allclose(found[ABOVE], np.log(above), rtol=1e-9)
    np.testing.assert_allclose(found[BELOW], np.log(below), rtol=1e-9, atol=1e-12)


def test_days_without_errors_age_no_hour_of_day():
    # Ten days of errors of 1 and ten of 3, with or without forty days of silence between them.
    error = np.repeat([1.0, 3.0], 240)[:, None, None]
    silent = np.concatenate([error[:240], np.full((24 * 40, 1, 1), np.nan), error[240:]])
    last = [features_of(np.zeros(each.shape), each, slow=2.0)[-1, ABOVE, 0, 0] for each in (error, silent)]
    assert last[1] == pytest.approx(last[0], rel=1e-9)
    # The next hour is the first of a day; of its errors ten were 1 and nine are known that were 3. With k = 0.5^(1/30):
    # (k^9 (1 - k^10) + 3 (1 - k^9)) / (1 - k^19) = (0.8123 x 0.2063 + 3 x 0.1877) / 0.3553 = 2.057, doubled and of a
    # slow mean of 2.
    assert last[0] == pytest.approx(np.log(2.057), abs=1e-3)


def test_a_level_is_where_the_forecast_stands_among_those_of_the_past():
    forecast = independent(24 * 200, 1, 2, seed=3) * 2 + 50
    forecast[-1, 0] = [54.0, 46.0]
    found = features_of(forecast, np.zeros(forecast.shape))[-1, :, 0]
    # Two standard deviations of 2 above and below 50.
    np.testing.assert_allclose(found[LEVEL], [2, -2], atol=0.15)
    np.testing.assert_array_equal(found[LEVEL_SQUARE], found[LEVEL] ** 2)


def test_no_forecast_stands_further_out_than_three():
    forecast = independent(500, 1, 2)
    forecast[-1, 0] = [1e6, -1e6]
    np.testing.assert_array_equal(features_of(forecast, np.zeros(forecast.shape))[-1, LEVEL, 0, 1], -3)


def test_a_change_from_the_last_day_grows_slowly_on_its_own_side():
    # A day's wave that came true as forecast, and then a forecast 6 above it, or 6 below it, in units of 2.
    forecast = np.repeat(wave(24 * 3), 2, axis=1)
    error = np.zeros(forecast.shape)
    forecast[-1, 0] += 6.0
    forecast[-1, 1] -= 6.0
    found = features_of(forecast, error, slow=2.0)[-1]
    np.testing.assert_allclose(found[RISE], [[np.log(1 + 3)] * 24, [0] * 24], atol=1e-9)
    np.testing.assert_allclose(found[FALL], [[0] * 24, [np.log(1 + 3)] * 24], atol=1e-9)
    np.testing.assert_allclose(features_of(wave(24 * 3), np.zeros((24 * 3, 1, 24)))[-1, [RISE, FALL]], 0, atol=1e-9)


@pytest.mark.parametrize("step_h", [1, 3, 24])
def test_the_last_day_is_what_came_true_and_not_what_was_forecast(step_h):
    # Truth is the wave. Forecasts are wrong at random, as long as their errors are known.
    ticks = 24 * 6 // step_h
    truth = wave(ticks, step_h=step_h)
    forecast = truth + independent(ticks, 1, 24)
    forecast[-1] = truth[-1]
    found = features_of(forecast, truth - forecast, step_h=step_h)[-1]
    np.testing.assert_allclose(found[[RISE, FALL]], 0, atol=1e-9)


def test_changes_within_a_forecast_are_seen_from_its_first_hour():
    forecast = np.array([5.0, 8.0, 1.0])[None, None] + np.zeros((30, 1, 1))
    found = features_of(forecast, np.zeros(forecast.shape), slow=2.0)[-1, :, 0]
    np.testing.assert_allclose(found[RISE_AHEAD], np.log1p([0, 1.5, 0]), rtol=1e-12)
    np.testing.assert_allclose(found[FALL_AHEAD], np.log1p([0, 0, 2]), rtol=1e-12)


def test_no_change_counts_for_more_than_twenty_spreads():
    forecast = np.array([0.0, 1e9])[None, None] + np.zeros((30, 1, 1))
    assert features_of(forecast, np.zeros(forecast.shape))[-1, RISE_AHEAD, 0, 1] == pytest.approx(np.log(21))


@pytest.mark.parametrize("step_h", [1, 3])
def test_what_is_not_known_yet_changes_no_feature(step_h):
    ticks, at = 24 * 8, 24 * 5
    forecast, error = wave(ticks, step_h=step_h) + independent(ticks, 1, 24), independent(ticks, 1, 24, seed=2)
    later, unknown = forecast.copy(), error.copy()
    later[at + 1 :] = 1e9
    for lead, late in enumerate(-(-np.arange(1, 25) // step_h)):
        unknown[at - late + 1 :, :, lead] = 1e9
    np.testing.assert_array_equal(
        features_of(later, unknown, step_h=step_h)[: at + 1], features_of(forecast, error, step_h=step_h)[: at + 1]
    )
