import numpy as np
import pytest

from fleet.forecasting.weights import HALF_LIFE_D, Weights

LEAD = slice(0, 1)


def shares_after(errors, *, days=200, actual=0.0):
    """Returns the (expert,) shares after days on which each expert missed by a random or constant error.

    Args:
        errors: for each expert the standard deviation of its error, or a tuple with its constant error.
    """
    rng = np.random.default_rng(0)
    weights = Weights.equal(len(errors), 1, 1)
    for _ in range(days):
        weights = weights.aged()
        expert = actual + np.array([error * rng.normal() if np.isscalar(error) else error[0] for error in errors])
        share = weights.share[:, 0, 0]
        weights = weights.updated(LEAD, expert[:, None, None], np.array([[share @ expert]]), np.array([[actual]]))
    return weights.share[:, 0, 0]


def test_shares_begin_equal_and_add_up_to_one():
    np.testing.assert_allclose(Weights.equal(4, 2, 3).share, 0.25)
    assert shares_after([1.0, 2.0, 3.0]).sum() == pytest.approx(1.0)


def test_the_better_forecaster_gets_the_larger_share():
    better, worse = shares_after([1.0, 10.0])
    assert better > 0.8 > worse


def test_two_experts_with_opposite_errors_are_mixed():
    # Errors of +1 and -1 cancel at equal shares. No single expert is as good.
    np.testing.assert_allclose(shares_after([(1.0,), (-1.0,)]), 0.5, atol=0.15)


def test_the_unit_does_not_matter():
    np.testing.assert_allclose(shares_after([1.0, 3.0]), shares_after([1_000.0, 3_000.0]), rtol=1e-9)


def test_a_missing_actual_changes_nothing():
    before = Weights.equal(2, 1, 1)
    after = before.updated(LEAD, np.ones((2, 1, 1)), np.zeros((1, 1)), np.full((1, 1), np.nan))
    np.testing.assert_array_equal(after.share, before.share)


def test_half_is_forgotten_after_the_half_life():
    updated = Weights.equal(2, 1, 1).updated(LEAD, np.array([[[1.0]], [[3.0]]]), np.full((1, 1), 2.0), np.zeros((1, 1)))
    aged = updated
    for _ in range(int(HALF_LIFE_D)):
        aged = aged.aged()
    np.testing.assert_allclose(aged.regret, updated.regret / 2)
