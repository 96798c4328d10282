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


def test_a_month_uses_what_was_known_when_it_began():
    origin_utc = hours_from("2024-01-01", 24 * 70)
    score = scores(len(origin_utc))
    delay = np.array([1, 5, 48])
    margin = Split().margin(score, origin_utc, delay, TENTH)
    february = 24 * 31
    for lead, late in enumerate(delay):
        # Known at the first origin of February: origins up to 744 - delay, that is 745 - delay of them.
        known = score[: february - late + 1, :, lead]
        expected = conformal_quantile(known, TENTH)
        for origin in (february, february + 100, february + 24 * 29 - 1):
            np.testing.assert_array_equal(margin[origin, :, lead], expected)
    assert np.isinf(margin[:february]).all()


def test_the_month_before_1970_is_a_month_too():
    origin_utc = hours_from("1969-11-01", 24 * 61)
    margin = Split().margin(scores(len(origin_utc)), origin_utc, np.array([1, 2, 3]), TENTH)
    assert np.isfinite(margin[24 * 30 :]).all()


def test_origins_before_since_only_calibrate():
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 2, 3])
    whole = Split().margin(score, origin_utc, delay, TENTH)
    for since in (0, 1, 24 * 31, 24 * 80 + 7):
        np.testing.assert_array_equal(Split().margin(score, origin_utc, delay, TENTH, since=since), whole[since:])


@pytest.mark.parametrize("origin", [24 * 31 - 1, 24 * 31, 24 * 45, 24 * 60])
def test_a_score_unknown_at_the_start_of_the_month_changes_nothing(origin):
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 24, 48])
    start = int(np.flatnonzero(origin_utc.astype("datetime64[M]") == origin_utc[origin].astype("datetime64[M]"))[0])
    wrong = score.copy()
    for lead, late in enumerate(delay):
        wrong[start - late + 1 :, :, lead] = 1e9
    margins = [Split().margin(each, origin_utc, delay, TENTH)[origin] for each in (score, wrong)]
    np.testing.assert_array_equal(*margins)


def in_february(count: int, series: int, *, after: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(tick, series, 1) uniform scores of which `count` are known when February begins, and their origins."""
    score = np.random.default_rng(seed).random((count + after, series, 1))
    return score, np.datetime64("2024-02-01T00", "h") + np.arange(-count, after)


@pytest.mark.parametrize(("count", "confidence"), [(99, 0.9), (150, 0.95), (60, 0.5), (399, 0.995)])
def test_a_month_covers_by_the_beta_law_of_its_calibration(count, confidence):
    # A uniform score lies below the k-th of n others with probability Beta(k, n + 1 - k), k = ceil((n + 1) confidence).
    series = 3_000
    score, origin_utc = in_february(count, series, after=1, seed=count)
    margin = Split().margin(score, origin_utc, np.array([1]), miscoverage_of(confidence))
    k = math.ceil((count + 1) * Fraction(str(confidence)))
    law = stats.beta(k, count + 1 - k)
    assert stats.kstest(margin[-1, :, 0], law.cdf).pvalue > 1e-3
    # A rank that floats had put one higher or lower would be seen.
    for wrong in (k - 1, k + 1):
        assert wrong > count or stats.kstest(margin[-1, :, 0], stats.beta(wrong, count + 1 - wrong).cdf).pvalue < 1e-6


def test_misses_of_a_month_follow_the_beta_binomial_law():
    # With n = 99 scores at 90 %: misses among the next 50, given the bound, are binomial with a Beta(10, 90) rate.
    hours, series = 50, 4_000
    score, origin_utc = in_february(99, series, after=hours, seed=3)
    margin = Split().margin(score, origin_utc, np.array([1]), TENTH)[99:]
    missed = (score[99:] > margin).sum(axis=0)[:, 0]
    law = stats.betabinom(hours, 10, 90)
    # Classes of 0, 1, ..., 12 misses and of more, each of which expects at least 4,000 x 0.004 = 16.
    expected = series * np.append(law.pmf(np.arange(13)), law.sf(12))
    assert expected.min() > 15
    counted = np.bincount(np.minimum(missed, 13), minlength=14)
    assert stats.chisquare(counted, expected).pvalue > 1e-3


def test_memory_in_the_scores_widens_the_beta_law():
    # AR(1) of 0.95: the margins are the same, so the mean coverage hardly moves, but 700 hours tell as much as 700 x
    # (1 - 0.95) / (1 + 0.95) = 18 independent ones do of a mean: coverage varies far more than the law says.
    count, series = 700, 400
    score = ar1(count + 1, series, 1, memory=0.95, seed=4)
    origin_utc = np.datetime64("2024-02-01T00", "h") + np.arange(-count, 1)
    coverage = stats.norm.cdf(Split().margin(score, origin_utc, np.array([1]), TENTH)[-1, :, 0])
    k = math.ceil(701 * 0.9)
    law = stats.beta(k, count + 1 - k)
    assert coverage.mean() == pytest.approx(0.9, abs=0.03)
    assert coverage.std() > 2 * law.std()
    assert stats.kstest(coverage, law.cdf).pvalue < 1e-6


def test_a_calm_season_before_a_rough_one_is_not_covered():
    # Half a year in which the spread rises from 0.2 to 1.8: at the end, everything before was calmer.
    hours, series = 24 * 181, 50
    spread = np.linspace(0.2, 1.8, hours)[:, None, None]
    score = independent(hours, series, 1, seed=5) * spread
    margin = Split().margin(score, hours_from("2024-01-01", hours), np.array([1]), TENTH)
    missed = (score > margin)[24 * 152 :].mean()
    # June is calibrated on spreads of 0.2 to 1.54, whose 90 % quantile is that of 0.98 or so, while its own is 1.67:
    # 1 - Phi(1.28 x 0.98 / 1.67) = 0.23.
    assert missed == pytest.approx(0.23, abs=0.03)


def test_the_best_looking_of_several_regions_misses_more_than_was_promised():
    # Eight exchangeable regions, each with its own bound from 99 scores at 90 %. Whoever takes the one with the lowest
    # bound takes the one whose calibration was luckiest: its miss rate is the largest of eight Beta(10, 90) draws.
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
    # 400 choices: the standard error of a mean of rates with deviation sqrt(0.1 x 0.9 / 40 + 0.03^2) = 0.056 is 0.003.
    assert unselected.mean() == pytest.approx(0.1, abs=4 * 0.003)
    assert selected.mean() == pytest.approx(largest, abs=4 * 0.003)
    assert selected.mean() > 0.1 + 8 * 0.003
