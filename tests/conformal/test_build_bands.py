from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.builders import hours_from

from fleet.conformal.build_bands import STALE_H, Residuals, block_of, make_bands, margins_for, widen_stale
from fleet.conformal.margins import MarginTarget
from fleet.conformal.split import Split
from fleet.conformal.tracker import Tracker

TENTH = Fraction(1, 10)


def residuals_of(residual: np.ndarray, *, step: int = 24, since: int = 0) -> Residuals:
    """Returns (origin, region, lead) residuals around a forecast of 100."""
    forecast = np.full(residual.shape, 100.0)
    return Residuals(
        forecast=forecast,
        actual=forecast + residual,
        origin_utc=hours_from("2020-01-01", len(residual) * step)[::step],
        age_h=np.zeros(residual.shape[:2], dtype=np.int64),
        since=since,
    )


def windows(origins: int, leads: int = 24, seed: int = 0, regions: int = 1) -> np.ndarray:
    """Returns (origin, region, lead) independent random walks: exchangeable, and wider at later leads."""
    return np.random.default_rng(seed).normal(size=(origins, regions, leads)).cumsum(axis=2)


def covers(lower, upper, actual):
    return (actual >= lower) & (actual <= upper)


def test_each_side_takes_half_of_the_miscoverage():
    residuals = residuals_of(windows(400))
    bands = make_bands(Split(), residuals, TENTH)
    twentieth = Fraction(1, 20)
    alone = margins_for(
        Split(),
        residuals,
        {
            "above": MarginTarget(side="above", miscoverage=twentieth),
            "below": MarginTarget(side="below", miscoverage=twentieth),
        },
    )
    np.testing.assert_array_equal(bands.upper, 100 + alone["above"][:, 0])
    np.testing.assert_array_equal(bands.lower, 100 - alone["below"][:, 0])


def test_sides_are_bounded_apart():
    # Residuals of 1..100. At 90 %, each side takes 5 %. Of n = 100 scores, the rank is ceil(101 x 0.95) = 96.
    residual = np.random.default_rng(0).permutation(np.arange(1.0, 101.0)).reshape(-1, 1, 1)
    unknown = np.full((10, 1, 1), np.nan)
    origin_utc = np.concatenate([hours_from("2020-01-01", 100), hours_from("2020-02-01", 10)])
    residuals = replace(residuals_of(np.concatenate([residual, unknown])), origin_utc=origin_utc, since=100)
    bands = make_bands(Split(), residuals, TENTH)
    np.testing.assert_array_equal(bands.upper, 196.0)  # 100 + the 96th of 1..100
    np.testing.assert_array_equal(bands.lower, 105.0)  # the 96th of -100..-1 is -5: 100 + 5


def test_the_path_band_covers_whole_windows_where_the_hourly_band_does_not():
    residuals = residuals_of(windows(3_000), since=1_500)
    bands = make_bands(Split(), residuals, TENTH)
    actuals = residuals.actual[1_500:]
    path = covers(bands.path_lower, bands.path_upper, actuals).all(axis=2).mean()
    hourly = covers(bands.lower, bands.upper, actuals)
    # 1,500 independent windows have a standard error of sqrt(0.9 x 0.1 / 1500) = 0.008. With that of the calibration,
    # the total is 0.011. Both sides share one score at the whole miscoverage, so that the path is not over-covered.
    assert path == pytest.approx(0.9, abs=4 * 0.011)
    assert hourly.mean() == pytest.approx(0.9, abs=0.02)
    assert hourly.all(axis=2).mean() < 0.8
    assert (bands.path_upper >= bands.upper).mean() > 0.95
    assert (bands.path_lower <= bands.lower).mean() > 0.95


def test_a_path_is_as_wide_at_each_lead_as_past_residuals():
    bands = make_bands(Split(), residuals_of(windows(1_000)), TENTH)
    width = (bands.path_upper - 100)[-1, 0]
    # Residuals of a random walk grow with the root of the lead: at lead 16 they are four times those at lead 1.
    assert width[15] / width[0] == pytest.approx(4, rel=0.2)
    np.testing.assert_allclose(100 - bands.path_lower, bands.path_upper - 100)  # both sides share one spread


def test_a_path_of_one_lead_is_covered_like_an_hour():
    residuals = residuals_of(windows(2_000, leads=1), since=1_000)
    bands = make_bands(Split(), residuals, TENTH)
    for lower, upper in ((bands.lower, bands.upper), (bands.path_lower, bands.path_upper)):
        assert covers(lower, upper, residuals.actual[1_000:]).mean() == pytest.approx(0.9, abs=0.04)


def test_a_path_is_scaled_by_the_spread_known_at_each_origin():
    # Residuals double in size after half of the origins. The spread grows, and the tracker's path follows within weeks.
    residual = windows(800, regions=20)
    residual[400:] *= 2
    residuals = residuals_of(residual)
    bands = make_bands(Tracker(), residuals, TENTH)
    covered = covers(bands.path_lower, bands.path_upper, residuals.actual).all(axis=2)
    # 20 regions x 200 origins per phase have a standard error of 0.005. The gain, 2 / root(400) = 0.1, adds a bias of
    # 0.005. Besides, the quantile still has to rise again, because the spread has overshot.
    assert covered[200:400].mean() == pytest.approx(0.9, abs=0.02)
    assert covered[400:410].mean() < 0.8
    assert covered[600:].mean() == pytest.approx(0.9, abs=0.03)


def test_a_window_with_a_gap_does_not_count_and_its_known_hours_do():
    residual = windows(600)
    residual[100:200, 0, 7] = np.nan
    changed = residual.copy()
    changed[100:200, 0, 8] = 1e6
    bands = make_bands(Split(), residuals_of(changed), TENTH)
    # More than 5 % of the residuals at lead 9 are 1e6. Their windows have gaps and change the path by the spread alone.
    assert bands.upper[-1, 0, 8] == 100 + 1e6
    assert np.isfinite(bands.path_upper[-1]).all()
    np.testing.assert_array_equal(
        np.delete(bands.upper, 8, axis=2),
        np.delete(make_bands(Split(), residuals_of(residual), TENTH).upper, 8, axis=2),
    )


@pytest.mark.parametrize("residual", [0.0, 3.0])
def test_bounds_of_constant_residuals_are_finite(residual):
    bands = make_bands(Split(), residuals_of(np.full((400, 1, 24), residual)), TENTH)
    for bound in (bands.lower, bands.upper, bands.path_upper):
        assert not np.isnan(bound).any()
        np.testing.assert_allclose(bound[-1], 100 + residual, rtol=1e-12)
    # The path's margin is the same on both sides.
    np.testing.assert_allclose(bands.path_lower[-1], 100 - residual, rtol=1e-12)


def test_without_actual_values_every_bound_is_infinite():
    bands = make_bands(Split(), residuals_of(np.full((400, 2, 24), np.nan)), TENTH)
    assert np.isneginf(bands.lower).all()
    assert np.isneginf(bands.path_lower).all()
    assert np.isposinf(bands.upper).all()
    assert np.isposinf(bands.path_upper).all()


@given(st.integers(0, 1_000), st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(99, 100)]))
def test_a_lower_bound_never_exceeds_its_upper_bound(seed, miscoverage):
    residual = windows(150, leads=4, seed=seed) + seed % 7
    bands = make_bands(Split(), residuals_of(residual), miscoverage)
    assert (bands.lower <= bands.upper + 1e-9).all()
    assert (bands.path_lower <= bands.path_upper + 1e-9).all()


@pytest.mark.parametrize(("step", "delay"), [(1, [1, 2, 3, 4, 5, 6, 7]), (3, [1, 1, 1, 2, 2, 2, 3]), (24, [1] * 7)])
def test_a_residual_becomes_known_at_the_first_tick_after_its_hour(step, delay):
    residuals = residuals_of(windows(50, leads=7), step=step)
    block, position = block_of(residuals)
    assert block.step_h == step
    np.testing.assert_array_equal(block.delay, delay)
    np.testing.assert_array_equal(position, np.arange(50))
    residual = residuals.actual - residuals.forecast
    for lead, ticks in enumerate(delay):
        assert np.isnan(block.due[:ticks, :, lead]).all()
        np.testing.assert_array_equal(block.due[ticks:, :, lead], residual[:-ticks, :, lead])


def test_margins_of_a_stale_origin_are_widened():
    residuals = residuals_of(windows(200))
    stale = replace(residuals, age_h=np.where(np.arange(200) == 150, 5, 0)[:, None], since=100)
    target = {"above": MarginTarget(side="above", miscoverage=TENTH)}
    fresh = margins_for(Split(), residuals, target)["above"][100:]
    widened = margins_for(Split(), stale, target)["above"]
    np.testing.assert_array_equal(np.delete(widened, 50, axis=0), np.delete(fresh, 50, axis=0))
    np.testing.assert_array_equal(widened[50], widen_stale(fresh[50], np.array([[5]])))
    assert (widened[50] >= fresh[50]).all()


@pytest.mark.parametrize("age", range(1, STALE_H + 1))
def test_a_stale_origin_takes_the_margin_of_a_later_lead(age):
    margin = np.arange(1.0, 25.0).reshape(1, 1, 24)  # lead h has margin h
    widened = widen_stale(margin, np.array([[age]]))[0, 0]
    np.testing.assert_array_equal(widened, np.minimum(np.arange(1, 25) + age, 24))


def test_a_stale_origin_takes_no_margin_beyond_the_window():
    margin = np.array([1.0, 2.0, 3.0, np.inf, np.inf])
    widened = widen_stale(margin, np.array(1), leads=3)
    np.testing.assert_array_equal(widened, [2.0, 3.0, 3.0, np.inf, np.inf])


def test_a_margin_is_infinite_after_a_day_without_an_observation():
    margin = np.ones((3, 1, 24))
    widened = widen_stale(margin, np.array([[0], [STALE_H], [STALE_H + 1]]))
    np.testing.assert_array_equal(widened[:2], 1.0)
    assert np.isposinf(widened[2]).all()


@given(
    hnp.arrays(np.float64, (4, 2, 6), elements=st.floats(-10, 10) | st.just(np.inf)),
    hnp.arrays(np.int64, (4, 2), elements=st.integers(0, 30)),
)
def test_staleness_only_ever_widens(margin, age):
    before = margin.copy()
    widened = widen_stale(margin, age)
    assert (widened >= margin).all()
    np.testing.assert_array_equal(widened[age == 0], margin[age == 0])
    np.testing.assert_array_equal(margin, before)
    assert (widen_stale(margin, age + 25) == np.inf).all()
