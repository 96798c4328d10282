import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.conformal.spread.model import LARGEST_FACTOR, factor, fit, learn

BELOW, ABOVE = 0, 1


def features_of(rows: int, leads: int = 24, regions: int = 1, seed: int = 0) -> np.ndarray:
    """(row, feature, region, lead): a constant, and two that vary."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, (rows, 3, regions, leads))
    drawn[:, 0] = 1
    return drawn


def learnt(features: np.ndarray, error: np.ndarray, *, row_h: int = 5, refit_rows: int = 144) -> np.ndarray:
    """Weights after all rows, (region, feature, side), refitted each month of rows."""
    _, count, regions, _ = features.shape
    gram, moment = np.zeros((regions, count, count)), np.zeros((regions, count, 2))
    weights = np.zeros((regions, count, 2))
    for row in range(len(features)):
        gram, moment = learn(gram, moment, weights, features[row : row + 1], error[row : row + 1], row_h=row_h)
        if row % refit_rows == refit_rows - 1:
            weights = fit(gram, moment, row_h=row_h)
    return weights


@given(st.integers(0, 100), st.floats(0, 50))
def test_a_factor_stays_within_eight_times_up_and_down(seed, size):
    weights = size * np.random.default_rng(seed).normal(size=(2, 3, 2))
    found = factor(features_of(10, regions=2, seed=seed), weights)
    assert found.shape == (10, 2, 2, 24)
    assert found.min() >= 1 / LARGEST_FACTOR - 1e-12
    assert found.max() <= LARGEST_FACTOR + 1e-12


def test_a_factor_is_the_exponential_of_the_sum():
    features = np.array([1.0, 0.5, -2.0]).reshape(1, 3, 1, 1)
    weights = np.array([[0.1, 0.2], [1.0, -1.0], [0.25, 0.5]])[None]
    # Below: 0.1 + 0.5 x 1 - 2 x 0.25 = 0.1. Above: 0.2 - 0.5 - 1 = -1.3.
    np.testing.assert_allclose(factor(features, weights).ravel(), np.exp([0.1, -1.3]), rtol=1e-12)


def test_without_weights_the_factor_is_one():
    assert (factor(features_of(5), np.zeros((1, 3, 2))) == 1).all()


@pytest.mark.parametrize(
    ("error", "below", "above"),
    [
        (3.0, -0.5, 4.0),  # (3^2 - 1) / 2 = 4 above, and (0 - 1) / 2 below
        (-2.0, 1.5, -0.5),  # (2^2 - 1) / 2 = 1.5 below
        (5.0, -0.5, 8.0),  # 12 is too far: 8 at the most
    ],
)
def test_a_row_asks_for_one_damped_step_from_the_weights_of_its_month(error, below, above):
    zeros = np.zeros((1, 1, 1)), np.zeros((1, 1, 2))
    one, missed = np.ones((1, 1, 1, 1)), np.array([[[error]]])
    gram, moment = learn(*zeros, np.zeros((1, 1, 2)), one, missed, row_h=5)
    np.testing.assert_allclose(gram, 1.0)
    np.testing.assert_allclose(moment[0, 0], [below, above])
    # With weights that say a spread of e^w already, an error of e^w times as much asks for the same step from there.
    weights = np.array([[[0.3, 0.7]]])
    scaled = missed * np.exp(0.7 if error > 0 else 0.3)
    _, moment = learn(*zeros, weights, one, scaled, row_h=5)
    np.testing.assert_allclose(moment[0, 0], [below + 0.3, above + 0.7])


def test_it_learns_how_the_spread_of_each_side_depends_on_the_features():
    # Errors above grow with the first feature and those below shrink with the second.
    features = features_of(3_000, regions=3)
    rng = np.random.default_rng(1)
    above = rng.random(features[:, 0].shape) < 0.5
    size = np.where(above, np.exp(0.8 * features[:, 1]), np.exp(-0.6 * features[:, 2]))
    error = np.where(above, 1, -1) * np.abs(rng.normal(size=size.shape)) * size
    weights = learnt(features, error)
    # Second moments of half of a normal error: 1/2 of the variance, so that log spread starts at log(1/2) / 2 = -0.35.
    for weight in weights:
        np.testing.assert_allclose(weight[:, ABOVE], [-0.35, 0.8, 0.0], atol=0.06)
        np.testing.assert_allclose(weight[:, BELOW], [-0.35, 0.0, -0.6], atol=0.06)


def test_each_region_learns_by_itself():
    features = features_of(1_000, regions=2)
    error = np.random.default_rng(2).normal(size=features[:, 0].shape)
    error[:, 1] *= np.exp(features[:, 1, 1])
    together = learnt(features, error)
    alone = learnt(features[:, :, :1], error[:, :1])
    np.testing.assert_array_equal(together[:1], alone)
    assert together[1, 1, ABOVE] > 0.8


def test_unknown_errors_and_features_teach_nothing():
    features = features_of(400)
    error = np.random.default_rng(3).normal(size=features[:, 0].shape)
    holed, spoilt = error.copy(), features.copy()
    holed[:, 0, 3], spoilt[:, 1, 0, 5] = np.nan, np.nan
    kept = [lead for lead in range(24) if lead not in (3, 5)]
    np.testing.assert_allclose(learnt(spoilt, holed), learnt(features[..., kept], error[..., kept]), rtol=1e-9)
    zeros = np.zeros((1, 3, 3)), np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    gram, moment = learn(*zeros, features[:1], np.full((1, 1, 24), np.nan), row_h=5)
    assert not gram.any()
    assert not moment.any()


@pytest.mark.parametrize("row_h", [5, 24])
def test_the_first_thirty_days_fit_nothing(row_h):
    rows = 30 * 24 // row_h
    features = features_of(rows + 20)
    error = 3 * np.random.default_rng(4).normal(size=features[:, 0].shape)
    # What is forgotten meanwhile, less than 6 % of a month at a half-life of a year, is waited for as well.
    for count, enough in ((rows - 1, False), (round(rows * 1.06), True)):
        assert learnt(features[:count], error[:count], row_h=row_h, refit_rows=count).any() == enough


def test_a_year_old_row_counts_by_half():
    features = features_of(2)
    error = np.random.default_rng(5).normal(size=features[:, 0].shape)
    zeros = np.zeros((1, 3, 3)), np.zeros((1, 3, 2))
    weights = np.zeros((1, 3, 2))
    first = learn(*zeros, weights, features[:1], error[:1], row_h=8_760)
    second = learn(*zeros, weights, features[1:], error[1:], row_h=8_760)
    both = learn(*first, weights, features[1:], error[1:], row_h=8_760)
    for old, new, found in zip(first, second, both, strict=True):
        np.testing.assert_allclose(found, old / 2 + new, rtol=1e-9, atol=1e-12)


def test_one_wild_error_moves_a_spread_by_a_few_steps_at_most():
    features = features_of(1_000)
    error = np.random.default_rng(6).normal(size=features[:, 0].shape)
    wild = error.copy()
    wild[500, 0, 0] = 1e9
    difference = np.abs(learnt(features, wild) - learnt(features, error))
    # It counts for a step of 8 among the 144 x 6 x 24 = 20,736 rows of the last fit.
    assert 0 < difference.max() < 8 / 1_000


def test_inputs_are_left_as_they_were():
    gram, moment, weights = np.zeros((1, 3, 3)), np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    features = features_of(1)
    for values in (gram, moment, weights, features):
        values.flags.writeable = False
    learn(gram, moment, weights, features, np.ones((1, 1, 24)), row_h=5)
    fit(gram, moment, row_h=5)
    factor(features, weights)
