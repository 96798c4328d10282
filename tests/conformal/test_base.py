import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from crepes import ConformalRegressor
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mapie.conformity_scores import AbsoluteConformityScore
from mapie.regression import SplitConformalRegressor
from scipy import stats
from sklearn.dummy import DummyRegressor

from fleet.conformal.base import conformal_quantile, conformal_rank, delayed, least_scores, miscoverage_of
from fleet.errors import ConfigError


def rank_of(count: int, miscoverage: Fraction) -> int:
    return int(conformal_rank(np.array([count]), miscoverage)[0])


def test_the_ninety_per_cent_rank_of_99_is_90():
    # (99 + 1) x 0.9 = 90 exactly; in floats 100 * (1 - 0.1) is also 90, but 100 * (1 - (1 - 0.9)) is above it.
    assert rank_of(99, miscoverage_of(0.9)) == 90


@pytest.mark.parametrize("confidence", ["0.5", "0.8", "0.9", "0.95", "0.99", "0.999", "0.975", "0.3"])
def test_ranks_agree_with_exact_arithmetic(confidence):
    counts = np.arange(3_000)
    exact = [math.ceil((int(n) + 1) * Fraction(confidence)) for n in counts]
    np.testing.assert_array_equal(conformal_rank(counts, miscoverage_of(float(confidence))), exact)


@given(st.integers(0, 1_000_000), st.integers(1, 10**9 - 1))
def test_a_rank_neither_overflows_nor_rounds(count, billionths):
    alpha = Fraction(billionths, 10**9)
    assert rank_of(count, alpha) == math.ceil((count + 1) * (1 - alpha))


@given(st.integers(1, 10**6 - 1))
def test_miscoverage_is_what_a_person_wrote(millionths):
    assert miscoverage_of(millionths / 10**6) == 1 - Fraction(millionths, 10**6)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, -0.1, math.nan, math.inf, 1e-12, 0.999999999999])
def test_a_confidence_outside_zero_to_one_is_refused(confidence):
    with pytest.raises(ConfigError, match="confidence"):
        miscoverage_of(confidence)


@pytest.mark.parametrize(("count", "infinite"), [(0, True), (1, True), (8, True), (9, False), (10, False)])
def test_bound_is_infinite_when_calibration_is_short(count, infinite):
    # Of 8 scores, rank ceil(9 x 0.9) = 9 is too high. Of 9, rank ceil(10 x 0.9) = 9 is the last. Of 10, rank
    # ceil(11 x 0.9) = 10 is the last.
    bound = conformal_quantile(np.arange(float(count)), Fraction(1, 10))
    assert bool(np.isinf(bound)) is infinite
    if not infinite:
        assert bound == count - 1.0  # the largest of 0, 1, 2, ...


@given(hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e6, 1e6)), st.integers(0, 20), st.randoms())
def test_missing_scores_never_count(score, gaps, random):
    with_gaps = [*score.tolist(), *[math.nan] * gaps]
    random.shuffle(with_gaps)
    alpha = Fraction(1, 5)
    np.testing.assert_equal(conformal_quantile(np.array(with_gaps), alpha), conformal_quantile(score, alpha))


@given(hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-100, 100)))
def test_more_confidence_never_narrows(score):
    bounds = [conformal_quantile(score, Fraction(alpha, 100)) for alpha in (50, 20, 10, 5, 1)]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize(("count", "confidence"), [(99, 0.9), (200, 0.95), (500, 0.8)])
def test_coverage_of_independent_scores_follows_the_beta_law(count, confidence):
    # A uniform score lies below q with probability q, so the bound equals its coverage. The bound is the k-th order
    # statistic of n uniform scores, which follows Beta(k, n + 1 - k).
    draws = 4_000
    score = np.random.default_rng(5).random((count, draws))
    coverage = conformal_quantile(score, miscoverage_of(confidence))
    k = rank_of(count, miscoverage_of(confidence))
    law = stats.beta(k, count + 1 - k)
    assert law.mean() >= confidence
    assert coverage.mean() == pytest.approx(law.mean(), abs=4 * law.std() / math.sqrt(draws))
    assert coverage.std() == pytest.approx(law.std(), rel=4 / math.sqrt(2 * draws))
    assert stats.kstest(coverage, law.cdf).pvalue > 1e-3


def test_delayed_scores_are_at_the_tick_at_which_they_become_known():
    scores = np.arange(1.0, 6.0)[:, None, None] * np.array([1.0, 10.0, 100.0])  # (tick, region, lead)
    late = delayed(scores, np.array([1, 3, 9]))
    np.testing.assert_array_equal(late[:, 0, 0], [np.nan, 1, 2, 3, 4])
    np.testing.assert_array_equal(late[:, 0, 1], [np.nan, np.nan, np.nan, 10, 20])
    assert np.isnan(late[:, 0, 2]).all()  # no score of the third lead is known within five ticks


@pytest.mark.parametrize(("one_in", "least"), [(2, 1), (10, 9), (20, 19), (1_000, 999)])
def test_the_least_number_of_scores_is_enough(one_in, least):
    # The rank ceil((n + 1)(1 - 1/m)) of n scores is at most n if n >= m - 1.
    alpha = Fraction(1, one_in)
    assert least_scores(alpha) == least
    assert rank_of(least, alpha) == least
    assert rank_of(least - 1, alpha) == least


@given(st.integers(1, 10**4), st.integers(1, 10**4))
def test_one_score_less_than_the_least_number_is_too_few(misses, hits):
    alpha = Fraction(misses, misses + hits)
    least = least_scores(alpha)
    assert rank_of(least, alpha) <= least
    assert least == 0 or rank_of(least - 1, alpha) > least - 1


# MAPIE and crepes as independent references. Scores are 1..n, shuffled, so that the bound equals its rank.
COUNTS = (1, 3, 4, 5, 8, 9, 10, 18, 19, 20, 38, 39, 40, 98, 99, 100, 198, 199, 200, 499, 998, 999, 1_000, 1_999)
CONFIDENCES = (0.5, 0.75, 0.8, 0.875, 0.9, 0.95, 0.975, 0.99, 0.999)


def shuffled(count: int) -> np.ndarray:
    return np.random.default_rng(count).permutation(np.arange(1.0, count + 1))


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize("count", COUNTS)
def test_ranks_are_those_of_mapie(count, confidence):
    score, point = shuffled(count), np.zeros((1, 1))
    regressor = SplitConformalRegressor(
        DummyRegressor(strategy="constant", constant=0.0).fit(point, [0.0]),
        confidence_level=confidence,
        conformity_score=AbsoluteConformityScore(),
        prefit=True,
    ).conformalize(np.zeros((count, 1)), score)
    ours = conformal_quantile(score, miscoverage_of(confidence))
    if count < 1 / miscoverage_of(confidence):
        # MAPIE refuses if no finite bound exists. It also refuses one more score, for which the largest is a bound.
        assert ours in (np.inf, count)
        with pytest.raises(ValueError, match="samples of the score is too low"):
            regressor.predict_interval(point)
    else:
        assert regressor.predict_interval(point)[1][0, 1, 0] == ours


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_ranks_are_those_of_crepes_except_for_its_rounding(confidence):
    # crepes takes the floor of (1 - confidence)(n + 1) in floats, in which 1 - 0.9 is a little less than a tenth. At
    # n = 99 this gives 9 instead of 10, and a rank one too high. If the share is exact in binary, the rank is right.
    exact = confidence in {0.5, 0.75, 0.875}
    alpha = miscoverage_of(confidence)
    for count in range(1, 400):
        score = shuffled(count)
        regressor = ConformalRegressor()
        regressor.fit(score)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="the no. of calibration examples is too small")
            crepes_bound = regressor.predict_int(np.zeros(1), confidence=confidence)[0, 1]
        ours = conformal_quantile(score, alpha)
        is_whole = ((count + 1) * alpha).denominator == 1
        if exact or not is_whole:
            assert crepes_bound == ours
        else:
            assert crepes_bound in (ours, ours + 1, np.inf)


def test_the_rank_of_crepes_is_one_too_high_at_ninety_per_cent_of_99():
    regressor = ConformalRegressor()
    regressor.fit(shuffled(99))
    assert regressor.predict_int(np.zeros(1), confidence=0.9)[0, 1] == 91
    assert conformal_quantile(shuffled(99), Fraction(1, 10)) == 90
