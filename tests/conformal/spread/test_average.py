import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scores import blocks, independent, through_a_file

from fleet.conformal.spread.average import forgetful_mean


def mean_of(values: np.ndarray, half_life: float = 5.0) -> np.ndarray:
    return forgetful_mean({}, "mean", values, half_life)


def test_the_weight_of_a_value_halves_each_half_life():
    # At a half-life of one tick: (1/4 x 8 + 1/2 x 2 + 5) / (1/4 + 1/2 + 1) = 8 / 1.75
    np.testing.assert_allclose(mean_of(np.array([8.0, 2.0, 5.0]), 1.0), [8, (4 + 2) / 1.5, 8 / 1.75], rtol=1e-12)


@pytest.mark.parametrize("half_life", [0.5, 3.0, 720.0])
def test_a_mean_is_the_weighted_mean_of_all_known_values(half_life):
    values = independent(60, 2, 3)
    values[10:30, 0] = np.nan
    values[0, 1, 2] = np.nan
    mean = mean_of(values, half_life)
    for tick in (0, 5, 15, 31, 59):
        weight = 0.5 ** (np.arange(tick, -1, -1) / half_life)[:, None, None] * np.isfinite(values[: tick + 1])
        total = np.nansum(values[: tick + 1] * weight, axis=0)
        is_known = weight.sum(axis=0) > 0
        expected = total[is_known] / weight.sum(axis=0)[is_known]
        np.testing.assert_allclose(mean[tick][is_known], expected, rtol=1e-9)
        assert np.isnan(mean[tick][~is_known]).all()


def test_missing_values_do_not_change_the_mean():
    values = np.array([4.0, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(mean_of(values), 4.0, rtol=1e-12)
    assert np.isnan(mean_of(np.full(4, np.nan))).all()


def test_a_mean_survives_a_long_gap():
    # After a gap of 200 half-lives, the weight is 1e-60 and the mean is unchanged.
    values = np.r_[7.0, np.full(1_000, np.nan)]
    np.testing.assert_allclose(mean_of(values), 7.0, rtol=1e-9)


@given(st.lists(st.integers(1, 49), max_size=6, unique=True))
def test_cutting_a_history_into_blocks_changes_no_mean(cuts):
    values = independent(50, 2)
    values[20:25, 0] = np.nan
    state, parts = {}, []
    for run in blocks(50, cuts):
        parts.append(forgetful_mean(state, "mean", values[run], 5.0))
        state = through_a_file(state)
    np.testing.assert_array_equal(np.concatenate(parts), mean_of(values))


def test_means_of_one_state_are_separate_by_name():
    state = {}
    forgetful_mean(state, "one", np.ones(3), 5.0)
    forgetful_mean(state, "other", np.zeros(3), 5.0)
    assert forgetful_mean(state, "one", np.ones(1), 5.0) == 1
    assert forgetful_mean(state, "other", np.zeros(1), 5.0) == 0
