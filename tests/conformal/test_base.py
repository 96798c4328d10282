import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from fleet.conformal.base import conformal_quantile, conformal_rank, miscoverage_of
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
def test_a_confidence_that_is_none_is_refused(confidence):
    with pytest.raises(ConfigError, match="confidence"):
        miscoverage_of(confidence)


@pytest.mark.parametrize(("count", "infinite"), [(0, True), (1, True), (8, True), (9, False), (10, False)])
def test_bound_is_infinite_when_calibration_is_short(count, infinite):
    # Of 8, ceil(9 x 0.9) = 9 is too high; of 9, ceil(10 x 0.9) = 9 is the last; of 10, ceil(11 x 0.9) = 10 too.
    bound = conformal_quantile(np.arange(float(count)), Fraction(1, 10))
    assert bool(np.isinf(bound)) is infinite
    if not infinite:
        assert bound == count - 1.0  # the last of 0, 1, 2, ...


@given(hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e6, 1e6)), st.integers(0, 20), st.randoms())
def test_missing_scores_never_count(score, gaps, random):
    holed = [*score.tolist(), *[math.nan] * gaps]
    random.shuffle(holed)
    alpha = Fraction(1, 5)
    np.testing.assert_equal(conformal_quantile(np.array(holed), alpha), conformal_quantile(score, alpha))


@given(hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-100, 100)))
def test_more_confidence_never_narrows(score):
    bounds = [conformal_quantile(score, Fraction(alpha, 100)) for alpha in (50, 20, 10, 5, 1)]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize(("count", "confidence"), [(99, 0.9), (200, 0.95), (500, 0.8)])
def test_coverage_of_independent_scores_follows_the_beta_law(count, confidence):
    # A uniform score lies below q with probability q: the bound is its own coverage, and that is the k-th order
    # statistic of n uniforms, Beta(k, n + 1 - k).
    draws = 4_000
    score = np.random.default_rng(5).random((count, draws))
    coverage = conformal_quantile(score, miscoverage_of(confidence))
    k = rank_of(count, miscoverage_of(confidence))
    law = stats.beta(k, count + 1 - k)
    assert law.mean() >= confidence
    assert coverage.mean() == pytest.approx(law.mean(), abs=4 * law.std() / math.sqrt(draws))
    assert coverage.std() == pytest.approx(law.std(), rel=4 / math.sqrt(2 * draws))
    assert stats.kstest(coverage, law.cdf).pvalue > 1e-3
