import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.forecasting.last_known import last_same_hour, levels

GAP = np.nan


def values_with(seed: int, share_missing: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2, 150)) * 10 ** rng.uniform(-3, 5) + rng.integers(-1, 2) * 10 ** rng.uniform(-2, 6)
    values[rng.random(values.shape) < share_missing] = GAP
    return values


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.9, 1.0]))
def test_a_level_is_the_distance_from_the_mean_so_far_within_five_spreads(seed, share_missing):
    values = values_with(seed, share_missing)
    found, scale = levels(values), np.nanmax(np.abs(values)) if np.isfinite(values).any() else 1.0
    latest = np.zeros((2, 24))
    for region, hour in np.ndindex(values.shape):
        known = values[region, : hour + 1][np.isfinite(values[region, : hour + 1])]
        if np.isfinite(values[region, hour]):
            furthest = 5 * known.std()
            latest[region, hour % 24] = np.clip(known[-1] - known.mean(), -furthest, furthest)
        assert found[region, hour] == pytest.approx(latest[region, hour % 24], abs=1e-7 * scale)


def test_a_far_value_is_clipped_and_a_series_without_spread_has_level_zero():
    values = np.zeros((1, 200))
    values[0, 150] = 1e6
    found = levels(values)
    assert not found[0, :150].any()
    assert found[0, 150] == pytest.approx(5 * values[0, :151].std())
    assert not np.signbit(levels(np.full((1, 50), 0.1))).any()


def test_a_value_that_is_not_finite_counts_as_missing():
    values = np.array([[1.0, *[2.0] * 23, np.inf, -np.inf, 3.0]])
    np.testing.assert_array_equal(last_same_hour(values)[0, 24:], [1.0, 2.0, 3.0])
    without = np.where(np.isfinite(values), values, GAP)
    np.testing.assert_array_equal(levels(values), levels(without))
