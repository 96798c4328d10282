import math

import numpy as np
import pytest
from support.builders import JANUARY, hours_from

from fleet.domain.bands import Bands
from fleet.evaluation.scores import BLOCK_ORIGINS, score_region

INF, GAP = np.inf, np.nan


def score(**change):
    """Two origins and two leads; the second lead of the first origin was never observed."""
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
        **case,
        bands=bands,
        origin_utc=hours_from(JANUARY, len(case["actual"])),
        climatology=(0.0, 50.0),
        miscoverage=0.1,
        windows={1: (bands.lower, bands.upper)},
        quantiles=quantiles,
    )


def test_every_number_of_a_small_case():
    s = score()
    assert (s.origins, s.scored, s.gaps) == (2, 3, 1)
    # Errors: 12 - 10 = 2, a gap, 27 - 30 = -3, 40 - 40 = 0.
    assert s.mae == pytest.approx((2 + 3 + 0) / 3)
    assert s.mae_by_lead == pytest.approx([(2 + 3) / 2, 0])
    assert s.rmse_by_lead == pytest.approx([math.sqrt((4 + 9) / 2), 0])
    assert s.mape == pytest.approx(100 * (2 / 12 + 3 / 27 + 0) / 3)
    # Naive errors: 1, a gap, -4, -1.
    assert s.naive_mae == pytest.approx((1 + 4 + 1) / 3)
    assert s.naive_mae_by_lead == pytest.approx([(1 + 4) / 2, 1])
    # Targets: the first origin's are hours 1 and 2, the second's 2 and 3.
    assert s.mae_by_hour[1:4] == pytest.approx([2, 3, 0])
    assert s.naive_mae_by_hour[1:4] == pytest.approx([1, 4, 1])
    assert np.isnan(s.mae_by_hour[4])
    # 12 > 11 misses, 27 < 28 misses, the infinite band covers.
    assert s.coverage == pytest.approx(1 / 3)
    assert s.coverage_by_lead == pytest.approx([0, 1])
    # Widths 11 - 8 = 3 and 32 - 28 = 4; the infinite one counts as 50 - 0.
    assert s.mean_width_by_lead == pytest.approx([3.5, 50])
    # Winkler: width + 2 / 0.1 x excess = 3 + 20 x 1, 4 + 20 x 1, 50 + 0.
    assert s.winkler_by_lead == pytest.approx([(23 + 24) / 2, 50])
    assert s.winkler == pytest.approx((23 + 24 + 50) / 3)
    assert s.infinite_share == 1 / 4
    assert s.worst_block_coverage == pytest.approx(1 / 3)
    assert s.path_coverage == 1.0  # of the one whole window: 27 in 20..35, 40 in 30..45


def test_a_path_is_missed_by_one_hour_and_a_window_with_a_gap_is_skipped():
    assert score(path_upper=[[15, 25], [35, 39]]).path_coverage == 0.0
    assert score(path_upper=[[0, 0], [35, 45]]).path_coverage == 1.0
    assert math.isnan(score(actual=[[12, GAP], [GAP, 40]]).path_coverage)


def test_windows_have_bounds_of_their_own_and_the_longest_is_the_path():
    by_window = score().path_reliability.by_window
    # The first lead's band misses 12 > 11 and 27 < 28; of the two windows of two hours one is whole, and it holds.
    assert {window: (found.count, found.share) for window, found in by_window.items()} == {1: (2, 0.0), 2: (1, 1.0)}


def test_the_path_band_is_as_many_times_wider_as_its_widths_say():
    # Where both are finite: paths of 10, 10 and 15 over bands of 3, 4 and 4.
    assert score().path_reliability.width_ratio == pytest.approx((10 + 10 + 15) / (3 + 4 + 4))


def test_quantiles_are_pictured_only_where_they_are_given():
    assert score().pit is None
    # One level, the median: 12 lies above 11, 27 below 30 and 40 below 41.
    pit = score(quantiles=[[[11, 0], [30, 41]]]).pit
    assert [each.share for each in pit] == pytest.approx([2 / 3, 1 / 3])


def test_a_bound_that_is_met_exactly_covers():
    assert score(actual=[[11, 18], [28, 40]]).coverage == 1.0


def test_a_band_infinite_on_one_side_counts_the_range_on_that_side_only():
    s = score(upper=[[INF, INF], [INF, INF]])
    assert s.mean_width_by_lead[0] == pytest.approx(((50 - 8) + (50 - 28)) / 2)
    assert s.infinite_share == 1.0


@pytest.mark.parametrize("actual", [[[0, GAP], [27, 40]], [[-0.0, 20], [27, 40]]])
def test_the_relative_error_is_null_where_an_actual_is_zero(actual):
    s = score(actual=actual)
    assert math.isnan(s.mape)
    assert math.isfinite(s.mae)


def test_negative_actuals_have_a_positive_relative_error():
    # |-20 - 10| / 20, |20 - 20|, |27 - 30| / 27, 0.
    assert score(actual=[[-20, 20], [27, 40]]).mape == pytest.approx(100 * (1.5 + 0 + 3 / 27 + 0) / 4)


def test_nothing_observed_is_scored_as_nothing():
    s = score(actual=np.full((2, 2), GAP))
    assert (s.scored, s.gaps) == (0, 4)
    for value in (s.mae, s.mape, s.coverage, s.winkler, s.worst_block_coverage, s.path_coverage, s.naive_mae):
        assert math.isnan(value)
    assert all(math.isnan(value) for value in s.mae_by_lead + s.rmse_by_lead + s.coverage_by_lead)


def blocks(missed: dict[int, int], origins: int, gaps: slice = slice(0)) -> float:
    """The worst block where `missed[b]` of block b's first origins miss."""
    actual = np.zeros((origins, 2))
    for block, count in missed.items():
        start = block * BLOCK_ORIGINS
        actual[start : start + count] = 9.0
    actual[gaps] = GAP
    one = np.ones((origins, 2))
    bands = Bands(lower=-one, upper=one, path_lower=-one, path_upper=one)
    return score_region(
        forecast=0 * one,
        naive=0 * one,
        actual=actual,
        bands=bands,
        origin_utc=hours_from(JANUARY, origins),
        climatology=(-1, 1),
        miscoverage=0.1,
        windows={},
    ).worst_block_coverage


def test_the_worst_block_is_of_500_origins_from_the_start_with_leads_pooled():
    assert BLOCK_ORIGINS == 500
    assert blocks({0: 50, 1: 100}, 1_000) == pytest.approx(1 - 100 / 500)
    # The last 250 origins are no whole block.
    assert blocks({1: 100, 2: 250}, 1_250) == pytest.approx(1 - 100 / 500)
    # Fewer than one block are one.
    assert blocks({0: 40}, 400) == pytest.approx(1 - 40 / 400)


def test_a_block_of_gaps_is_no_block():
    assert blocks({0: 500, 1: 100}, 1_000, gaps=slice(0, 500)) == pytest.approx(1 - 100 / 500)


def test_as_dict_has_the_contract_keys():
    assert {
        "origins", "mae", "mape", "mae_by_lead", "rmse_by_lead", "coverage", "coverage_by_lead", "mean_width_by_lead",
        "winkler", "winkler_by_lead", "infinite_share", "worst_block_coverage", "path_coverage", "naive_mae",
    } <= set(score().as_dict())  # fmt: skip
