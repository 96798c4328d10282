import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from support.builders import hours_from
from support.scores import ar1, independent

from fleet.conformal.base import conformal_quantile, miscoverage_of
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)


def scores(origins: int, leads: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(origins, 2, leads))


def test_a_month_uses_the_scores_known_when_the_month_began():
    origin_utc = hours_from("2024-01-01", 24 * 70)
    score = scores(len(origin_utc))
    delay = np.array([1, 5, 48])
    margin = Split().margin(score, origin_utc, delay, TENTH)
    february = 24 * 31
    for lead, ticks in enumerate(delay):
        # At the first origin of February, the scores of origins 0 to 744 - delay are known.
        known = score[: february - ticks + 1, :, lead]
        expected = conformal_quantile(known, TENTH)
        for origin in (february, february + 100, february + 24 * 29 - 1):
            np.testing.assert_array_equal(margin[origin, :, lead], expected)
    assert np.isinf(margin[:february]).all()


def test_months_before_1970_work():
    origin_utc = hours_from("1969-11-01", 24 * 61)
    margin = Split().margin(scores(len(origin_utc)), origin_utc, np.array([1, 2, 3]), TENTH)
    assert np.isfinite(margin[24 * 30 :]).all()


def test_origins_before_since_only_calibrate():
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 2, 3])
    margin = Split().margin(score, origin_utc, delay, TENTH)
    for since in (0, 1, 24 * 31, 24 * 80 + 7):
        np.testing.assert_array_equal(Split().margin(score, origin_utc, delay, TENTH, since=since), margin[since:])


@pytest.mark.parametrize("origin", [24 * 31 - 1, 24 * 31, 24 * 45, 24 * 60])
def test_a_score_unknown_at_the_start_of_the_month_changes_nothing(origin):
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 24, 48])
    start = int(np.flatnonzero(origin_utc.astype("datetime64[M]") == origin_utc[origin].astype("datetime64[M]"))[0])
    changed = score.copy()
    for lead, ticks in enumerate(delay):
        changed[start - ticks + 1 :, :, lead] = 1e9
    margin = Split().margin(score, origin_utc, delay, TENTH)
    np.testing.assert_array_equal(Split().margin(changed, origin_utc, delay, TENTH)[origin], margin[origin])


def in_february(count: int, series: int, *, after: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns (tick, series, 1) uniform scores, of which `count` are known when February begins, and their origins."""
    score = np.random.default_rng(seed).random((count + after, series, 1))
    return score, np.datetime64("2024-02-01T00", "h") + np.arange(-count, after)


@pytest.mark.parametrize(("count", "confidence"), [(99, 0.9), (150, 0.95), (60, 0.5), (399, 0.995)])
def test_coverage_of_a_month_follows_the_beta_law(count, confidence):
    # The probability that a uniform score lies below the k-th of n others follows Beta(k, n + 1 - k), with
    # k = ceil((n + 1) confidence).
    series = 3_000
    score, origin_utc = in_february(count, series, after=1, seed=count)
    margin = Split().margin(score, origin_utc, np.array([1]), miscoverage_of(confidence))
    k = math.ceil((count + 1) * Fraction(str(confidence)))
    law = stats.beta(k, count + 1 - k)
    assert stats.kstest(margin[-1, :, 0], law.cdf).pvalue > 1e-3
    # The test would detect a rank that is one too high or one too low.
    for wrong in (k - 1, k + 1):
        assert wrong > count or stats.kstest(margin[-1, :, 0], stats.beta(wrong, count + 1 - wrong).cdf).pvalue < 1e-6


def test_misses_of_a_month_follow_the_beta_binomial_law():
    # With n = 99 scores at 90 %, the misses among the next 50 are binomial, with a rate that follows Beta(10, 90).
    hours, series = 50, 4_000
    score, origin_utc = in_february(99, series, after=hours, seed=3)
    margin = Split().margin(score, origin_utc, np.array([1]), TENTH)[99:]
    missed = (score[99:] > margin).sum(axis=0)[:, 0]
    law = stats.betabinom(hours, 10, 90)
    # Classes of 0, 1, ..., 12 and more misses. Each class expects at least 4,000 x 0.004 = 16.
    expected = series * np.append(law.pmf(np.arange(13)), law.sf(12))
    assert expected.min() > 15
    counted = np.bincount(np.minimum(missed, 13), minlength=14)
    assert stats.chisquare(counted, expected).pvalue > 1e-3


def test_coverage_varies_more_if_scores_have_memory():
    # AR(1) scores with 0.95 have the same distribution, so that the mean coverage hardly changes. But for a mean, 700
    # hours count as 700 x (1 - 0.95) / (1 + 0.95) = 18 independent ones. So coverage varies far more than the beta law.
    count, series = 700, 400
    score = ar1(count + 1, series, 1, memory=0.95, seed=4)
    origin_utc = np.datetime64("2024-02-01T00", "h") + np.arange(-count, 1)
    coverage = stats.norm.cdf(Split().margin(score, origin_utc, np.array([1]), TENTH)[-1, :, 0])
    k = math.ceil(701 * 0.9)
    law = stats.beta(k, count + 1 - k)
    assert coverage.mean() == pytest.approx(0.9, abs=0.03)
    assert coverage.std() > 2 * law.std()
    assert stats.kstest(coverage, law.cdf).pvalue < 1e-6


def test_a_rough_season_after_a_calm_one_is_under_covered():
    # The spread rises from 0.2 to 1.8 within half a year. At the end, all earlier scores are calmer.
    hours, series = 24 * 181, 50
    spread = np.linspace(0.2, 1.8, hours)[:, None, None]
    score = independent(hours, series, 1, seed=5) * spread
    margin = Split().margin(score, hours_from("2024-01-01", hours), np.array([1]), TENTH)
    missed = (score > margin)[24 * 152 :].mean()
    # June is calibrated on spreads of 0.2 to 1.54. Their 90 % quantile is that of a spread of about 0.98, and the
    # spread of June is 1.67. The miss rate is 1 - Phi(1.28 x 0.98 / 1.67) = 0.23.
    assert missed == pytest.approx(0.23, abs=0.03)


def test_the_best_looking_of_several_regions_misses_more_than_the_miscoverage():
    # Eight exchangeable regions, each with a bound from 99 scores at 90 %. The region with the lowest bound had the
    # luckiest calibration. Its miss rate is the largest of eight Beta(10, 90) draws.
    choices, regions, hours = 400, 8, 40
    score, origin_utc = in_february(99, choices * regions, after=hours, seed=6)
    margin = Split().margin(score, origin_utc, np.array([1]), TENTH)[99:]
    missed = (score[99:] > margin).reshape(hours, choices, regions)
    best = margin[0].reshape(choices, regions).argmin(axis=1)
    selected = missed[:, np.arange(choices), best].mean(axis=0)
    unselected = missed[:, :, 0].mean(axis=0)
    rate = np.linspace(0, 1, 20_001)
    largest = np.trapezoid(1 - stats.beta(10, 90).cdf(rate) ** regions, rate)
    assert largest > 0.14
    # A rate has a deviation of sqrt(0.1 x 0.9 / 40 + 0.03^2) = 0.056. The mean of 400 has a standard error of 0.003.
    assert unselected.mean() == pytest.approx(0.1, abs=4 * 0.003)
    assert selected.mean() == pytest.approx(largest, abs=4 * 0.003)
    assert selected.mean() > 0.1 + 8 * 0.003
