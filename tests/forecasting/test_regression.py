import numpy as np
import pytest

from fleet.forecasting.regression import MIN_ROWS, PENALTY, Regression
from fleet.units import HOURS_PER_YEAR

NO_LIMITS = {"low": np.array(-np.inf), "high": np.array(np.inf)}


def rows(count, features=3, *, seed=0, noise=1.0, slope=(2.0, -1.0)):
    """Returns design and target: an intercept of 5 and two slopes, plus normal noise."""
    rng = np.random.default_rng(seed)
    design = np.hstack([np.ones((count, 1)), rng.normal(size=(count, features - 1))])
    return design, design @ np.array([[5.0], *([value] for value in slope)]) + noise * rng.normal(size=(count, 1))


def penalised(design, target, weight):
    """Returns the weighted ridge solution of all rows at once."""
    gram = (design * weight[:, None]).T @ design
    count = weight.sum()
    spread = np.diag(gram) - gram[0] ** 2 / count
    floor = 1e-9 * np.maximum(np.diag(gram), 1.0)
    penalty = PENALTY * max(1.0, HOURS_PER_YEAR / count) ** 3 * spread + floor
    penalty[0] = floor[0]
    return np.linalg.solve(gram + np.diag(penalty), (design * weight[:, None]).T @ target)


def test_blocks_give_the_weighted_solution_of_all_rows():
    # Without noise, no residual reaches Huber's limit after the first block. So blocks and one solution must agree.
    design, target = rows(3 * MIN_ROWS, noise=0.0)
    learnt = Regression.empty((), 3, 1)
    for block in range(3):
        of_block = slice(block * MIN_ROWS, (block + 1) * MIN_ROWS)
        learnt = learnt.learn(design[of_block], target[of_block], weight=0.5, **NO_LIMITS)
    weight = np.repeat([0.25, 0.5, 1.0], MIN_ROWS)
    np.testing.assert_allclose(learnt.coefficient, penalised(design, target, weight), atol=0.05)
    np.testing.assert_allclose(learnt.gram, (design * weight[:, None]).T @ design)
    assert learnt.rows == pytest.approx(weight.sum())


def test_coefficients_are_zero_while_there_are_too_few_rows():
    design, target = rows(MIN_ROWS)
    few = Regression.empty((), 3, 1).learn(design[1:], target[1:], weight=1.0, **NO_LIMITS)
    assert not few.coefficient.any()
    assert few.learn(design[:1], target[:1], weight=1.0, **NO_LIMITS).coefficient.any()


def test_the_spread_is_that_of_the_residuals():
    design, target = rows(40_000, noise=2.0)
    learnt = Regression.empty((), 3, 1).learn(design[:20_000], target[:20_000], weight=1.0, **NO_LIMITS)
    learnt = learnt.learn(design[20_000:], target[20_000:], weight=0.01, **NO_LIMITS)
    # The first block was predicted as zero. At a hundredth of the weight, its residuals hardly count.
    assert learnt.spread == pytest.approx(2.0, rel=0.1)


def test_a_few_extreme_rows_hardly_move_the_coefficients():
    design, target = rows(20_000)
    before = Regression.empty((), 3, 1).learn(design[:10_000], target[:10_000], weight=1.0, **NO_LIMITS)
    extreme = target.copy()
    extreme[10_000::100] += 10_000.0
    after = before.learn(design[10_000:], extreme[10_000:], weight=1.0, **NO_LIMITS)
    # Least squares would shift by 0.01 x 10,000 = 100 on half of the rows, that is by 50. With a limit of 2 spreads the
    # shift is below 0.01 x 2 x the spread. The spread of the first block is below 6: an intercept of 5, slopes, noise.
    assert np.abs(after.coefficient - before.coefficient).max() < 0.15


def test_a_missing_target_counts_as_its_prediction():
    design, target = rows(HOURS_PER_YEAR)
    both = np.hstack([target, target])
    learnt = Regression.empty((), 3, 2).learn(design, both, weight=1.0, **NO_LIMITS)
    with_gap = both.copy()
    with_gap[::2, 1] = np.nan
    after = learnt.learn(design, with_gap, weight=1.0, **NO_LIMITS)
    np.testing.assert_allclose(after.coefficient[:, 1], after.coefficient[:, 0], atol=0.05)
    assert after.rows[1] == pytest.approx(learnt.rows[1] + HOURS_PER_YEAR / 2)


def test_a_row_without_any_target_is_not_learnt_from():
    design, target = rows(2 * MIN_ROWS)
    target[MIN_ROWS:] = np.nan
    all_rows = Regression.empty((), 3, 1).learn(design, target, weight=1.0, **NO_LIMITS)
    known_rows = Regression.empty((), 3, 1).learn(design[:MIN_ROWS], target[:MIN_ROWS], weight=1.0, **NO_LIMITS)
    np.testing.assert_allclose(all_rows.coefficient, known_rows.coefficient, rtol=1e-9)


def test_a_missing_target_does_not_confirm_an_impossible_prediction():
    design, target = rows(4 * MIN_ROWS)
    both = np.hstack([target, target])
    learnt = Regression.empty((), 3, 2).learn(design, both, weight=1.0, **NO_LIMITS)
    extreme = design * np.array([1.0, 1_000.0, 1_000.0])
    missing = np.full((len(extreme), 2), np.nan)
    missing[:, 0] = 5.0
    after = learnt.learn(extreme, missing, weight=1.0, low=np.array(0.0), high=np.array(10.0))
    assert np.abs(after.coefficient[1:, 1]).max() < 0.1


def test_a_row_has_the_same_prediction_alone_and_among_many():
    design, target = rows(500)
    learnt = Regression.empty((), 3, 1).learn(design, target, weight=1.0, **NO_LIMITS)
    many = learnt.predict(design)
    for row in (0, 250, 499):
        np.testing.assert_array_equal(learnt.predict(design[row : row + 1])[0], many[row])


def test_groups_share_nothing():
    groups = rows(1_000, seed=1), rows(1_000, seed=2, slope=(0.0, 3.0))
    designs, targets = (np.stack(arrays) for arrays in zip(*groups, strict=True))
    together = Regression.empty((2,), 3, 1).learn(designs, targets, weight=1.0, **NO_LIMITS)
    for index, (design, target) in enumerate(groups):
        alone = Regression.empty((1,), 3, 1).learn(design[None], target[None], weight=1.0, **NO_LIMITS)
        np.testing.assert_array_equal(together.coefficient[index], alone.coefficient[0])
