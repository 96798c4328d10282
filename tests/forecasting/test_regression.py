import numpy as np
import pytest

from fleet.forecasting.regression import MIN_ROWS, PENALTY, Regression
from fleet.units import HOURS_PER_YEAR

WIDE = {"low": np.array(-np.inf), "high": np.array(np.inf)}


def rows(count, features=3, *, seed=0, noise=1.0, slope=(2.0, -1.0)):
    """(design, target): an intercept of 5 and two slopes, plus normal noise."""
    rng = np.random.default_rng(seed)
    design = np.hstack([np.ones((count, 1)), rng.normal(size=(count, features - 1))])
    return design, design @ np.array([[5.0], *([each] for each in slope)]) + noise * rng.normal(size=(count, 1))


def penalised(design, target, weight):
    """The weighted ridge solution, all rows at once."""
    gram = (design * weight[:, None]).T @ design
    count = weight.sum()
    spread = np.diag(gram) - gram[0] ** 2 / count
    floor = 1e-9 * np.maximum(np.diag(gram), 1.0)
    penalty = PENALTY * max(1.0, HOURS_PER_YEAR / count) ** 3 * spread + floor
    penalty[0] = floor[0]
    return np.linalg.solve(gram + np.diag(penalty), (design * weight[:, None]).T @ target)


def test_blocks_amount_to_one_weighted_solve_on_all_rows():
    # Without noise no residual is cut once the first block is learnt, so blocks and one solve must agree.
    design, target = rows(3 * MIN_ROWS, noise=0.0)
    learnt = Regression.empty((), 3, 1)
    for block in range(3):
        at = slice(block * MIN_ROWS, (block + 1) * MIN_ROWS)
        learnt = learnt.learn(design[at], target[at], weight=0.5, **WIDE)
    weight = np.repeat([0.25, 0.5, 1.0], MIN_ROWS)
    np.testing.assert_allclose(learnt.coefficient, penalised(design, target, weight), atol=0.05)
    np.testing.assert_allclose(learnt.gram, (design * weight[:, None]).T @ design)
    assert learnt.rows == pytest.approx(weight.sum())


def test_it_forecasts_nothing_while_rows_are_too_few():
    design, target = rows(MIN_ROWS)
    few = Regression.empty((), 3, 1).learn(design[1:], target[1:], weight=1.0, **WIDE)
    assert not few.coefficient.any()
    assert few.learn(design[:1], target[:1], weight=1.0, **WIDE).coefficient.any()


def test_the_spread_is_that_of_residuals():
    design, target = rows(40_000, noise=2.0)
    learnt = Regression.empty((), 3, 1).learn(design[:20_000], target[:20_000], weight=1.0, **WIDE)
    learnt = learnt.learn(design[20_000:], target[20_000:], weight=0.01, **WIDE)
    # The first block was forecast as zero; with a hundredth of the weight it hardly counts.
    assert learnt.spread == pytest.approx(2.0, rel=0.1)


def test_a_few_wild_rows_hardly_move_it():
    design, target = rows(20_000)
    calm = Regression.empty((), 3, 1).learn(design[:10_000], target[:10_000], weight=1.0, **WIDE)
    wild = target.copy()
    wild[10_000::100] += 10_000.0
    moved = calm.learn(design[10_000:], wild[10_000:], weight=1.0, **WIDE)
    # Least squares would take a shift of 0.01 x 10,000 = 100 over half of the rows: 50. Cut at 2 spreads it is below
    # 0.01 x 2 x the spread, which is below 6 (the intercept of 5 and unit slopes and noise) before the first block.
    assert np.abs(moved.coefficient - calm.coefficient).max() < 0.15


def test_a_missing_target_counts_as_met():
    design, target = rows(HOURS_PER_YEAR)
    both = np.hstack([target, target])
    learnt = Regression.empty((), 3, 2).learn(design, both, weight=1.0, **WIDE)
    holed = both.copy()
    holed[::2, 1] = np.nan
    again = learnt.learn(design, holed, weight=1.0, **WIDE)
    np.testing.assert_allclose(again.coefficient[:, 1], again.coefficient[:, 0], atol=0.05)
    assert again.rows[1] == pytest.approx(learnt.rows[1] + HOURS_PER_YEAR / 2)


def test_a_row_without_any_target_is_not_learnt_from():
    design, target = rows(2 * MIN_ROWS)
    target[MIN_ROWS:] = np.nan
    whole = Regression.empty((), 3, 1).learn(design, target, weight=1.0, **WIDE)
    known = Regression.empty((), 3, 1).learn(design[:MIN_ROWS], target[:MIN_ROWS], weight=1.0, **WIDE)
    np.testing.assert_allclose(whole.coefficient, known.coefficient, rtol=1e-9)


def test_an_impossible_forecast_is_not_confirmed_by_a_missing_target():
    design, target = rows(4 * MIN_ROWS)
    both = np.hstack([target, target])
    learnt = Regression.empty((), 3, 2).learn(design, both, weight=1.0, **WIDE)
    far = design * np.array([1.0, 1_000.0, 1_000.0])
    silent = np.full((len(far), 2), np.nan)
    silent[:, 0] = 5.0
    bounded = learnt.learn(far, silent, weight=1.0, low=np.array(0.0), high=np.array(10.0))
    assert np.abs(bounded.coefficient[1:, 1]).max() < 0.1


def test_a_row_is_forecast_alike_alone_and_among_many():
    design, target = rows(500)
    learnt = Regression.empty((), 3, 1).learn(design, target, weight=1.0, **WIDE)
    many = learnt.predict(design)
    for row in (0, 250, 499):
        np.testing.assert_array_equal(learnt.predict(design[row : row + 1])[0], many[row])


def test_groups_share_nothing():
    (a, b), (c, d) = rows(1_000, seed=1), rows(1_000, seed=2, slope=(0.0, 3.0))
    together = Regression.empty((2,), 3, 1).learn(np.stack([a, c]), np.stack([b, d]), weight=1.0, **WIDE)
    for index, (design, target) in enumerate(((a, b), (c, d))):
        alone = Regression.empty((1,), 3, 1).learn(design[None], target[None], weight=1.0, **WIDE)
        np.testing.assert_array_equal(together.coefficient[index], alone.coefficient[0])
