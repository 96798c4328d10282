from fractions import Fraction

import numpy as np
import pytest
from builders import hours_from
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fleet.conformal.bands import STALE_H, Residuals, hour_margin, make_bands, path_margin, widen_stale
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)


def residuals_of(residual: np.ndarray, *, step: int = 24, since: int = 0, scale_origins: int = 50) -> Residuals:
    """residual: (origin, region, lead) around a forecast of 100."""
    origins = len(residual)
    forecast = np.full(residual.shape, 100.0)
    return Residuals(
        forecast=forecast,
        actual=forecast + residual,
        origin_utc=hours_from("2020-01-01", origins * step)[::step],
        age_h=np.zeros(residual.shape[:2], dtype=np.int64),
        since=since,
        scale_origins=scale_origins,
    )


def windows(origins: int, leads: int = 24, seed: int = 0) -> np.ndarray:
    """Independent windows of a random walk: exchangeable, and wider with the lead."""
    return np.random.default_rng(seed).normal(size=(origins, 1, leads)).cumsum(axis=2)


def covers(lower, upper, actual):
    return (actual >= lower) & (actual <= upper)


def test_each_side_takes_half_of_the_miscoverage():
    residuals = residuals_of(windows(400))
    bands = make_bands(Split(), residuals, TENTH)
    above = hour_margin(Split(), residuals, Fraction(1, 20), side=1)
    below = hour_margin(Split(), residuals, Fraction(1, 20), side=-1)
    np.testing.assert_array_equal(bands.upper, 100 + above)
    np.testing.assert_array_equal(bands.lower, 100 - below)


def test_sides_are_bounded_apart():
    # Residuals of 1..100: at 90 %, each side at 5 %. Of n = 100 scores the rank is ceil(101 x 0.95) = 96.
    residual = np.random.default_rng(0).permutation(np.arange(1.0, 101.0)).reshape(-1, 1, 1)
    after = np.full((10, 1, 1), np.nan)
    residuals = residuals_of(np.concatenate([residual, after]), since=100)
    residuals = Residuals(
        forecast=residuals.forecast,
        actual=residuals.actual,
        origin_utc=np.concatenate([hours_from("2020-01-01", 100), hours_from("2020-02-01", 10)]),
        age_h=residuals.age_h,
        since=100,
    )
    bands = make_bands(Split(), residuals, TENTH)
    np.testing.assert_array_equal(bands.upper, 196.0)  # 100 + the 96th of 1..100
    np.testing.assert_array_equal(bands.lower, 105.0)  # the 96th of -100..-1 is -5: 100 + 5


def test_the_path_band_covers_whole_windows_where_the_hourly_band_does_not():
    residuals = residuals_of(windows(3_000), since=1_500, scale_origins=200)
    bands = make_bands(Split(), residuals, TENTH)
    truth = residuals.actual[1_500:]
    path = covers(bands.path_lower, bands.path_upper, truth).all(axis=2).mean()
    hourly = covers(bands.lower, bands.upper, truth)
    # 1,500 independent windows: standard error sqrt(0.9 x 0.1 / 1500) = 0.008; calibration adds about as much again.
    # Two sides at 5 % each overlap, so whole windows may be covered more often than 90 %, never markedly less.
    assert path >= 0.9 - 4 * 0.011
    assert path <= 0.96
    assert hourly.mean() == pytest.approx(0.9, abs=0.02)
    assert hourly.all(axis=2).mean() < 0.8
    assert (bands.path_upper >= bands.upper).mean() > 0.95
    assert (bands.path_lower <= bands.lower).mean() > 0.95


def test_a_path_of_one_lead_is_calibrated_like_an_hour():
    residuals = residuals_of(windows(2_000, leads=1), since=1_000, scale_origins=100)
    bands = make_bands(Split(), residuals, TENTH)
    covered = covers(bands.path_lower, bands.path_upper, residuals.actual[1_000:]).mean()
    assert covered == pytest.approx(0.9, abs=0.04)


def test_windows_that_gave_the_scale_do_not_calibrate():
    residual = windows(300)
    residuals = residuals_of(residual, scale_origins=300)
    assert np.isinf(path_margin(Split(), residuals, TENTH, side=1)).all()


def test_a_window_with_a_gap_has_no_path_score_but_its_hours_count():
    residual = windows(600)
    spoilt = residual.copy()
    spoilt[100:200, 0, 7] = np.nan
    spoilt[100:200, 0, 8] = 1e6
    dropped = residual.copy()
    dropped[100:200] = np.nan
    margins = [path_margin(Split(), residuals_of(each), TENTH, side=1) for each in (spoilt, dropped)]
    np.testing.assert_array_equal(*margins)
    assert hour_margin(Split(), residuals_of(spoilt), TENTH, side=1)[-1, 0, 8] == 1e6


@pytest.mark.parametrize("level", [0.0, 3.0])
def test_constant_residuals_give_bounds_that_are_numbers(level):
    bands = make_bands(Split(), residuals_of(np.full((400, 1, 24), level)), TENTH)
    for bound in (bands.lower, bands.upper, bands.path_lower, bands.path_upper):
        assert not np.isnan(bound).any()
        np.testing.assert_allclose(bound[-1], 100 + level, rtol=1e-12)


def test_without_any_truth_every_bound_is_infinite():
    bands = make_bands(Split(), residuals_of(np.full((400, 2, 24), np.nan)), TENTH)
    assert np.isneginf(bands.lower).all()
    assert np.isneginf(bands.path_lower).all()
    assert np.isposinf(bands.upper).all()
    assert np.isposinf(bands.path_upper).all()


@given(st.integers(0, 1_000), st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(99, 100)]))
def test_a_lower_bound_never_exceeds_its_upper_bound(seed, miscoverage):
    residual = windows(150, leads=4, seed=seed) + seed % 7
    bands = make_bands(Split(), residuals_of(residual, scale_origins=20), miscoverage)
    assert (bands.lower <= bands.upper + 1e-9).all()
    assert (bands.path_lower <= bands.path_upper + 1e-9).all()


@pytest.mark.parametrize("age", range(1, STALE_H + 1))
def test_a_stale_origin_takes_the_margin_of_a_later_lead(age):
    margin = np.arange(1.0, 25.0).reshape(1, 1, 24)  # lead h has margin h
    widened = widen_stale(margin, np.array([[age]]))[0, 0]
    np.testing.assert_array_equal(widened, np.minimum(np.arange(1, 25) + age, 24))


def test_nothing_is_promised_after_a_day_of_silence():
    margin = np.ones((3, 1, 24))
    widened = widen_stale(margin, np.array([[0], [STALE_H], [STALE_H + 1]]))
    np.testing.assert_array_equal(widened[:2], 1.0)
    assert np.isposinf(widened[2]).all()


@given(
    hnp.arrays(np.float64, (4, 2, 6), elements=st.floats(-10, 10) | st.just(np.inf)),
    hnp.arrays(np.int64, (4, 2), elements=st.integers(0, 30)),
)
def test_staleness_only_ever_widens(margin, age):
    kept = margin.copy()
    widened = widen_stale(margin, age)
    assert (widened >= margin).all()
    np.testing.assert_array_equal(widened[age == 0], margin[age == 0])
    np.testing.assert_array_equal(margin, kept)
    assert (widen_stale(margin, age + 25) == np.inf).all()
