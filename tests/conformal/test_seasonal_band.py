"""Tests of the climatological band: bounds and means by month and hour of day."""

from fractions import Fraction

import numpy as np
from support.builders import hours_from, seasonal

from fleet.conformal.seasonal_band import TRAILING_MEAN_H, seasonal_mean, seasonal_upper, trailing_mean

YEAR_H = 24 * 366
TIME = hours_from("2024-01-01T00", YEAR_H)
DAY_OF_YEAR = np.arange(YEAR_H) // 24
HOUR = np.arange(YEAR_H) % 24


def test_the_bound_is_the_rank_among_the_same_hours_of_the_month_and_its_neighbours():
    observed = DAY_OF_YEAR[None, :].astype(float)
    upper = seasonal_upper(observed, TIME, Fraction(1, 10))
    # February to April are days 31..120, which are 90 days. The rank is ceil(91 x 0.9) = 82, so the bound is day
    # 31 + 81 = 112.
    assert upper.shape == (1, 12, 24)
    assert (upper[0, 2] == 112).all()


def test_december_and_january_are_neighbours():
    winter = np.where(TIME.astype("datetime64[M]").astype(int) % 12 == 11, 7.0, 0.0)[None, :]
    mean = seasonal_mean(winter, TIME)
    # For January, 31 days of December count among 31 + 31 + 29 days.
    assert mean[0, 0, 5] == np.mean([7.0] * 31 + [0.0] * 60)
    assert mean[0, 6, 5] == 0


def test_each_hour_of_day_has_its_own_mean():
    mean = seasonal_mean(HOUR[None, :].astype(float), TIME)
    np.testing.assert_array_equal(mean[0, 5], np.arange(24.0))


def test_too_few_days_of_a_season_give_an_infinite_bound():
    # With January alone, 31 days, rank ceil(32 x 0.98) = 32 is too high: even January has no bound at 2 %.
    january = slice(0, 31 * 24)
    upper = seasonal_upper(seasonal(YEAR_H)[:, january], TIME[january], Fraction(1, 50))
    assert np.isposinf(upper).all()
    # At 10 %, January and its neighbours have a bound. July has no values.
    upper = seasonal_upper(seasonal(YEAR_H)[:, january], TIME[january], Fraction(1, 10))
    assert np.isfinite(upper[0, [11, 0, 1]]).all()
    assert np.isposinf(upper[0, 6]).all()


def test_a_smaller_miscoverage_never_lowers_the_bound():
    observed = seasonal(YEAR_H, regions=2)
    bounds = [seasonal_upper(observed, TIME, Fraction(1, share)) for share in (5, 20, 80)]
    assert (bounds[0] <= bounds[1]).all()
    assert (bounds[1] <= bounds[2]).all()


def test_gaps_are_left_out_of_bound_and_mean():
    observed = np.full((1, YEAR_H), 3.0)
    observed[0, ::2] = np.nan
    mean = seasonal_mean(observed, TIME)
    # Even hours have no values. Their mean is that of all known values, and their bound is infinite.
    assert (mean == 3.0).all()
    upper = seasonal_upper(observed, TIME, Fraction(1, 10))
    assert np.isposinf(upper[0, :, ::2]).all()
    assert (upper[0, :, 1::2] == 3.0).all()


def test_a_mean_without_known_values_is_missing():
    assert np.isnan(seasonal_mean(np.full((1, 48), np.nan), TIME[:48])).all()


def test_a_trailing_mean_looks_back_four_weeks_and_never_ahead():
    observed = seasonal(24 * 60, regions=2)
    observed[0, 100:140] = np.nan
    trailing = trailing_mean(observed, TRAILING_MEAN_H)
    for hour in (0, 5, 120, TRAILING_MEAN_H - 1, TRAILING_MEAN_H, 24 * 60 - 1):
        window = observed[:, max(hour - TRAILING_MEAN_H + 1, 0) : hour + 1]
        np.testing.assert_allclose(trailing[:, hour], np.nanmean(window, axis=1), rtol=1e-9)
    np.testing.assert_array_equal(trailing_mean(observed[:, :1_000], TRAILING_MEAN_H), trailing[:, :1_000])


def test_a_trailing_mean_over_four_weeks_without_values_is_missing():
    observed = np.ones((1, 3 * TRAILING_MEAN_H))
    observed[0, TRAILING_MEAN_H : 2 * TRAILING_MEAN_H] = np.nan
    trailing = trailing_mean(observed, TRAILING_MEAN_H)[0]
    assert np.isnan(trailing[2 * TRAILING_MEAN_H - 1])
    assert trailing[2 * TRAILING_MEAN_H - 2] == 1
    assert trailing[2 * TRAILING_MEAN_H] == 1


def test_inputs_are_left_as_they_were():
    observed = seasonal(YEAR_H)
    observed.flags.writeable = False
    seasonal_upper(observed, TIME, Fraction(1, 10))
    seasonal_mean(observed, TIME)
    trailing_mean(observed, TRAILING_MEAN_H)
