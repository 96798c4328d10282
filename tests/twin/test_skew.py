import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.twin.skew import skewed, skewness, softly_limited

NORMAL = np.random.default_rng(3).standard_normal(400_000)


@pytest.mark.parametrize("skew", [-0.8, -0.3, 0.0, 0.5])
def test_skewed_scores_keep_mean_and_variance(skew: float) -> None:
    scores = skewed(NORMAL, np.array(skew))
    assert scores.mean() == pytest.approx(0, abs=0.01)
    assert scores.std() == pytest.approx(1, abs=0.01)
    assert np.mean(scores**3) == pytest.approx(skewness(skew), abs=0.05)


@given(st.floats(-0.9, 0.9), st.floats(-8, 8), st.floats(1e-6, 3))
def test_skewed_scores_keep_their_order(skew: float, low: float, step: float) -> None:
    one, other = skewed(np.array([low, low + step]), np.array(skew))
    assert one < other


@given(st.floats(-40, 40))
def test_anomalies_stay_within_the_limits_and_small_ones_are_unchanged(anomaly: float) -> None:
    limited = float(softly_limited(np.array(anomaly), np.array(-10.0), np.array(5.0)))
    assert -10 <= limited <= 5
    if -6 <= anomaly <= 3:
        assert limited == pytest.approx(anomaly)
