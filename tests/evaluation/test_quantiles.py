import numpy as np
import pytest
from support.builders import hours_from

from fleet.evaluation.quantiles import pit

ORIGINS = hours_from("2024-02-20T00", 480)


def test_actual_values_are_counted_in_the_bins_between_the_quantiles():
    actual = np.array([[0.5, 1.5, 1.6, 9.0, np.nan, 2.5]])
    quantiles = np.stack([np.full((1, 6), 1.0), np.full((1, 6), 2.0)])
    quantiles[1, 0, 5] = np.inf
    bins = pit(actual, quantiles, ORIGINS[:1])
    # The gap and the hour with an infinite quantile are left out.
    assert [rate.count for rate in bins] == [4, 4, 4]
    assert [rate.share for rate in bins] == pytest.approx([1 / 4, 2 / 4, 1 / 4])


def test_calibrated_quantiles_fill_their_bins_evenly():
    rng = np.random.default_rng(0)
    levels = np.quantile(rng.normal(size=100_000), np.arange(1, 10) / 10)
    actual = rng.normal(size=(480, 24))
    bins = pit(actual, np.broadcast_to(levels[:, None, None], (9, 480, 24)), ORIGINS)
    assert [rate.share for rate in bins] == pytest.approx([0.1] * 10, abs=0.015)
