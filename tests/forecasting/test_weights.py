import numpy as np
import pytest

from fleet.forecasting.weights import HALF_LIFE_D, Weights

LEAD = slice(0, 1)


def weighed(errors, *, days=200, truth=0.0):
    """Shares after days on which each expert missed by its own error, drawn anew: (expert,)."""
    rng = np.random.default_rng(0)
    weights = Weights.equal(len(errors), 1, 1)
    for _ in range(days):
        weights = weights.aged()
        own = truth + np.array([error * rng.normal() if np.isscalar(error) else error[0] for error in errors])
        share = weights.share[:, 0, 0]
        weights = weights.taught(LEAD, own[:, None, None], np.array([[share @ own]]), np.array([[truth]]))
    return weights.share[:, 0, 0]


def test_shares_begin_equal_and_add_up_to_one():
    np.testing.assert_allclose(Weights.equal(4, 2, 3).share, 0.25)
    assert weighed([1.0, 2.0, 3.0]).sum() == pytest.approx(1.0)


def test_the_better_forecaster_earns_more():
    close, far = weighed([1.0, 10.0])
    assert close > 0.8 > far


def test_two_that_err_on_opposite_sides_are_mixed():
    # +1 and -1 cancel at equal shares, which a choice of the best single one would never find.
    np.testing.assert_allclose(weighed([(1.0,), (-1.0,)]), 0.5, atol=0.15)


def test_the_unit_does_not_matter():
    np.testing.assert_allclose(weighed([1.0, 3.0]), weighed([1_000.0, 3_000.0]), rtol=1e-9)


def test_a_missing_actual_teaches_nothing():
    before = Weights.equal(2, 1, 1)
    after = before.taught(LEAD, np.ones((2, 1, 1)), np.zeros((1, 1)), np.full((1, 1), np.nan))
    np.testing.assert_array_equal(after.share, before.share)


def test_half_is_forgotten_after_the_half_life():
    taught = Weights.equal(2, 1, 1).taught(LEAD, np.array([[[1.0]], [[3.0]]]), np.full((1, 1), 2.0), np.zeros((1, 1)))
    aged = taught
    for _ in range(int(HALF_LIFE_D)):
        aged = aged.aged()
    np.testing.assert_allclose(aged.regret, taught.regret / 2)
