import math

import numpy as np
import pytest
from support.builders import JANUARY, hours_from

from fleet.domain.bands import Bands
from fleet.evaluation.scores import BLOCK_ORIGINS, RegionForecasts, score_region

INF, GAP = np.inf, np.nan


def score(**change):
    """Score two origins and two leads. The actual value of the second lead of the first origin is missing."""
    case = {
        "forecast": [[10, 20], [30, 40]],
        "naive": [[11, 21], [31, 41]],
        "actual": [[12, GAP], [27, 40]],
        "lower": [[8, 18], [28, -INF]],
        "upper": [[11, 22], [32, INF]],
        "path_lower": [[5, 15], [20, 30]],
        "path_upper": [[15, 25], [35, 45]],
        **change,
    }
    case = {name: np.array(values, dtype=float) for name, values in case.items()}
    bands = Bands(**{name: case.pop(name) for name in ("lower", "upper", "path_lower", "path_upper")})
    quantiles = case.pop("quantiles", None)
    return score_region(
        RegionForecasts(
            **case,
            bands=bands,
            origin_utc=hours_from(JANUARY, len(case["actual"])),
            climatology=(0.0, 50.0),
            miscoverage=0.1,
            windows={1: (bands.lower, bands.upper)},
            quantiles=quantiles,
        )
    )


def test_all_scores_of_a_small_case():
    scores = score()
    assert (scores.origins, scores.scored, scores.gaps) == (2, 3, 1)
    # Errors: 12 - 10 = 2, a gap, 27 - 30 = -3, 40 - 40 = 0.
    assert scores.mae == pytest.approx((2 + 3 + 0) / 3)
    assert scores.mae_by_lead == pytest.approx([(2 + 3) / 2, 0])
    assert scores.rmse_by_lead == pytest.approx([math.sqrt((4 + 9) / 2), 0])
    assert scores.mape == pytest.approx(100 * (2 / 12 + 3 / 27 + 0) / 3)
    # Naive errors: 1, a gap, -4, -1.
    assert scores.naive_mae == pytest.approx((1 + 4 + 1) / 3)
    assert scores.naive_mae_by_lead == pytest.approx([(1 + 4) / 2, 1])
    # The targets of the first origin are hours 1 and 2; those of the second are hours 2 and 3.
    assert scores.mae_by_hour[1:4] == pytest.approx([2, 3, 0])
    assert scores.naive_mae_by_hour[1:4] == pytest.approx([1, 4, 1])
    assert np.isnan(scores.mae_by_hour[4])
    # 12 > 11 misses, 27 < 28 misses, the infinite band covers.
    assert scores.coverage == pytest.approx(1 / 3)
    assert scores.coverage_by_lead == pytest.approx([0, 1])
    # Widths 11 - 8 = 3 and 32 - 28 = 4; the infinite one counts as 50 - 0.
    assert scores.mean_width_by_lead == pytest.approx([3.5, 50])
    # Winkler: width + 2 / 0.1 x excess = 3 + 20 x 1, 4 + 20 x 1, 50 + 0.
    assert scores.winkler_by_lead == pytest.approx([(23 + 24) / 2, 50])
    assert scores.winkler == pytest.approx((23 + 24 + 50) / 3)
    assert scores.infinite_share == 1 / 4
    assert scores.worst_block_coverage == pytest.approx(1 / 3)
    assert scores.path_coverage == 1.0  # of the one window without a gap: 27 is in 20 to 35, 40 is in 30 to 45


def test_one_missed_hour_misses_the_path_and_a_window_with_a_gap_is_skipped():
    assert score(path_upper=[[15, 25], [35, 39]]).path_coverage == 0.0
    assert score(path_upper=[[0, 0], [35, 45]]).path_coverage == 1.0
    assert math.isnan(score(actual=[[12, GAP], [GAP, 40]]).path_coverage)


def test_each_window_has_its_own_bounds_and_the_longest_window_is_the_path():
    by_window = score().path_reliability.by_window
    # The band of the first lead misses 12 > 11 and 27 < 28. One of the two windows of two hours has no gap: a hit.
    assert {window: (coverage.count, coverage.share) for window, coverage in by_window.items()} == {
        1: (2, 0.0),
        2: (1, 1.0),
    }


def test_the_width_ratio_compares_path_band_and_hourly_band():
    # Both are finite three times: paths of 10, 10 and 15 over bands of 3, 4 and 4.
    assert score().path_reliability.width_ratio == pytest.approx((10 + 10 + 15) / (3 + 4 + 4))


def test_quantiles_are_scored_only_if_they_are_given():
    assert score().pit is None
    # One level, the median: 12 is above 11, 27 is below 30 and 40 is below 41.
    pit = score(quantiles=[[[11, 0], [30, 41]]]).pit
    assert [rate.share for rate in pit] == pytest.approx([2 / 3, 1 / 3])


def test_a_value_equal_to_the_bound_is_covered():
    assert score(actual=[[11, 18], [28, 40]]).coverage == 1.0


def test_a_band_infinite_on_one_side_uses_the_climatological_range_on_that_side():
    scores = score(upper=[[INF, INF], [INF, INF]])
    assert scores.mean_width_by_lead[0] == pytest.approx(((50 - 8) + (50 - 28)) / 2)
    assert scores.infinite_share == 1.0


@pytest.mark.parametrize("actual", [[[0, GAP], [27, 40]], [[-0.0, 20], [27, 40]]])
def test_the_relative_error_is_nan_if_an_actual_value_is_zero(actual):
    scores = score(actual=actual)
    assert math.isnan(scores.mape)
    assert math.isfinite(scores.mae)


def test_negative_actual_values_have_a_positive_relative_error():
    # |-20 - 10| / 20, |20 - 20|, |27 - 30| / 27, 0.
    assert score(actual=[[-20, 20], [27, 40]]).mape == pytest.approx(100 * (1.5 + 0 + 3 / 27 + 0) / 4)


def test_scores_without_actual_values_are_nan():
    scores = score(actual=np.full((2, 2), GAP))
    assert (scores.scored, scores.gaps) == (0, 4)
    for value in (
        scores.mae,
        scores.mape,
        scores.coverage,
        scores.winkler,
        scores.worst_block_coverage,
        scores.path_coverage,
        scores.naive_mae,
    ):
        assert math.isnan(value)
    assert all(math.isnan(value) for value in scores.mae_by_lead + scores.rmse_by_lead + scores.coverage_by_lead)


def worst_block(misses: dict[int, int], origins: int, gaps: slice = slice(0)) -> float:
    """Return the worst block coverage if the first misses[b] origins of block b miss."""
    actual = np.zeros((origins, 2))
    for block, count in misses.items():
        start = block * BLOCK_ORIGINS
        actual[start : start + count] = 9.0
    actual[gaps] = GAP
    one = np.ones((origins, 2))
    bands = Bands(lower=-one, upper=one, path_lower=-one, path_upper=one)
    test = RegionForecasts(
        forecast=0 * one,
        naive=0 * one,
        actual=actual,
        bands=bands,
        origin_utc=hours_from(JANUARY, origins),
        climatology=(-1, 1),
        miscoverage=0.1,
        windows={},
    )
    return score_region(test).worst_block_coverage


def test_the_worst_block_has_500_origins_from_the_start_with_all_leads():
    assert BLOCK_ORIGINS == 500
    assert worst_block({0: 50, 1: 100}, 1_000) == pytest.approx(1 - 100 / 500)
    # The last 250 origins are not a whole block.
    assert worst_block({1: 100, 2: 250}, 1_250) == pytest.approx(1 - 100 / 500)
    # Fewer origins than one block count as one block.
    assert worst_block({0: 40}, 400) == pytest.approx(1 - 40 / 400)


def test_a_block_of_gaps_is_not_scored():
    assert worst_block({0: 500, 1: 100}, 1_000, gaps=slice(0, 500)) == pytest.approx(1 - 100 / 500)


def test_as_dict_has_the_contract_keys():
    assert {
        "origins", "mae", "mape", "mae_by_lead", "rmse_by_lead", "coverage", "coverage_by_lead", "mean_width_by_lead",
        "winkler", "winkler_by_lead", "infinite_share", "worst_block_coverage", "path_coverage", "naive_mae",
    } <= set(score().as_dict())  # fmt: skip
