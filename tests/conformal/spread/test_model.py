import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.conformal.spread.model import LARGEST_FACTOR, factor, fit, learn

BELOW, ABOVE = 0, 1


def features_of(rows: int, leads: int = 24, regions: int = 1, seed: int = 0) -> np.ndarray:
    """Returns (row, feature, region, lead) features: a constant and two that vary."""
    features = np.random.default_rng(seed).uniform(-1, 1, (rows, 3, regions, leads))
    features[:, 0] = 1
    return features


def weights_after(features: np.ndarray, residual: np.ndarray, *, row_h: int = 5, refit_rows: int = 144) -> np.ndarray:
    """Returns the (region, feature, side) weights after all rows, with a fit after every `refit_rows` rows."""
    _, count, regions, _ = features.shape
    gram, moment = np.zeros((regions, count, count)), np.zeros((regions, count, 2))
    weights = np.zeros((regions, count, 2))
    for row in range(len(features)):
        gram, moment = learn(gram, moment, weights, features[row : row + 1], residual[row : row + 1], row_h=row_h)
        if row % refit_rows == refit_rows - 1:
            weights = fit(gram, moment, row_h=row_h)
    return weights


@given(st.integers(0, 100), st.floats(0, 50))
def test_a_factor_is_between_one_eighth_and_eight(seed, size):
    weights = size * np.random.default_rng(seed).normal(size=(2, 3, 2))
    factors = factor(features_of(10, regions=2, seed=seed), weights)
    assert factors.shape == (10, 2, 2, 24)
    assert factors.min() >= 1 / LARGEST_FACTOR - 1e-12
    assert factors.max() <= LARGEST_FACTOR + 1e-12


def test_a_factor_is_the_exponential_of_the_sum():
    features = np.array([1.0, 0.5, -2.0]).reshape(1, 3, 1, 1)
    weights = np.array([[0.1, 0.2], [1.0, -1.0], [0.25, 0.5]])[None]
    # Below: 0.1 + 0.5 x 1 - 2 x 0.25 = 0.1. Above: 0.2 - 0.5 - 1 = -1.3.
    np.testing.assert_allclose(factor(features, weights).ravel(), np.exp([0.1, -1.3]), rtol=1e-12)


def test_without_weights_the_factor_is_one():
    assert (factor(features_of(5), np.zeros((1, 3, 2))) == 1).all()


@pytest.mark.parametrize(
    ("residual", "below", "above"),
    [
        (3.0, -0.5, 4.0),  # (3^2 - 1) / 2 = 4 above, and (0 - 1) / 2 below
        (-2.0, 1.5, -0.5),  # (2^2 - 1) / 2 = 1.5 below
        (5.0, -0.5, 8.0),  # (5^2 - 1) / 2 = 12 exceeds the largest step of 8
    ],
)
def test_a_row_adds_one_damped_step_from_the_weights_of_its_month(residual, below, above):
    zeros = np.zeros((1, 1, 1)), np.zeros((1, 1, 2))
    one, residuals = np.ones((1, 1, 1, 1)), np.array([[[residual]]])
    gram, moment = learn(*zeros, np.zeros((1, 1, 2)), one, residuals, row_h=5)
    np.testing.assert_allclose(gram, 1.0)
    np.testing.assert_allclose(moment[0, 0], [below, above])
    # With weights for a factor of e^w, a residual that is e^w times as large gives the same step from there.
    weights = np.array([[[0.3, 0.7]]])
    scaled = residuals * np.exp(0.7 if residual > 0 else 0.3)
    _, moment = learn(*zeros, weights, one, scaled, row_h=5)
    np.testing.assert_allclose(moment[0, 0], [below + 0.3, above + 0.7])


def test_the_model_learns_how_each_side_depends_on_the_features():
    # Residuals above grow with the first varying feature. Those below shrink with the second.
    features = features_of(3_000, regions=3)
    rng = np.random.default_rng(1)
    above = rng.random(features[:, 0].shape) < 0.5
    size = np.where(above, np.exp(0.8 * features[:, 1]), np.exp(-0.6 * features[:, 2]))
    residual = np.where(above, 1, -1) * np.abs(rng.normal(size=size.shape)) * size
    weights = weights_after(features, residual)
    # The second moment of one side of a normal residual is half of the variance. So the constant is
    # log(1/2) / 2 = -0.35.
    for weight in weights:
        np.testing.assert_allclose(weight[:, ABOVE], [-0.35, 0.8, 0.0], atol=0.06)
        np.testing.assert_allclose(weight[:, BELOW], [-0.35, 0.0, -0.6], atol=0.06)


def test_regions_share_nothing():
    features = features_of(1_000, regions=2)
    residual = np.random.default_rng(2).normal(size=features[:, 0].shape)
    residual[:, 1] *= np.exp(features[:, 1, 1])
    together = weights_after(features, residual)
    alone = weights_after(features[:, :, :1], residual[:, :1])
    np.testing.assert_array_equal(together[:1], alone)
    assert together[1, 1, ABOVE] > 0.8


def test_rows_with_unknown_values_are_left_out():
    features = features_of(400)
    residual = np.random.default_rng(3).normal(size=features[:, 0].shape)
    residual_with_gap, features_with_gap = residual.copy(), features.copy()
    residual_with_gap[:, 0, 3], features_with_gap[:, 1, 0, 5] = np.nan, np.nan
    kept = [lead for lead in range(24) if lead not in (3, 5)]
    weights = weights_after(features_with_gap, residual_with_gap)
    np.testing.assert_allclose(weights, weights_after(features[..., kept], residual[..., kept]), rtol=1e-9)
    zeros = np.zeros((1, 3, 3)), np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    gram, moment = learn(*zeros, features[:1], np.full((1, 1, 24), np.nan), row_h=5)
    assert not gram.any()
    assert not moment.any()


@pytest.mark.parametrize("row_h", [5, 24])
def test_weights_are_zero_in_the_first_thirty_days(row_h):
    rows = 30 * 24 // row_h
    features = features_of(rows + 20)
    residual = 3 * np.random.default_rng(4).normal(size=features[:, 0].shape)
    # Rows age while the month passes. At a half-life of a year, this takes less than 6 % more rows.
    for count, enough in ((rows - 1, False), (round(rows * 1.06), True)):
        assert weights_after(features[:count], residual[:count], row_h=row_h, refit_rows=count).any() == enough


def test_a_year_old_row_counts_by_half():
    features = features_of(2)
    residual = np.random.default_rng(5).normal(size=features[:, 0].shape)
    zeros = np.zeros((1, 3, 3)), np.zeros((1, 3, 2))
    weights = np.zeros((1, 3, 2))
    first = learn(*zeros, weights, features[:1], residual[:1], row_h=8_760)
    second = learn(*zeros, weights, features[1:], residual[1:], row_h=8_760)
    both = learn(*first, weights, features[1:], residual[1:], row_h=8_760)
    for old, new, total in zip(first, second, both, strict=True):
        np.testing.assert_allclose(total, old / 2 + new, rtol=1e-9, atol=1e-12)


def test_one_extreme_residual_hardly_moves_the_weights():
    features = features_of(1_000)
    residual = np.random.default_rng(6).normal(size=features[:, 0].shape)
    extreme = residual.copy()
    extreme[500, 0, 0] = 1e9
    difference = np.abs(weights_after(features, extreme) - weights_after(features, residual))
    # The extreme residual counts as a step of 8 among the 144 x 6 x 24 = 20,736 rows of the last fit.
    assert 0 < difference.max() < 8 / 1_000


def test_inputs_are_left_as_they_were():
    gram, moment, weights = np.zeros((1, 3, 3)), np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    features = features_of(1)
    for values in (gram, moment, weights, features):
        values.flags.writeable = False
    learn(gram, moment, weights, features, np.ones((1, 1, 24)), row_h=5)
    fit(gram, moment, row_h=5)
    factor(features, weights)
