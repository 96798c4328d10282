import numpy as np
import pytest
from builders import CORRUPTIONS, corrupted, seasonal, series_of

from fleet.forecasting.design import design_matrix

LATEST = slice(1, 25)


def test_the_first_columns_are_the_intercept_and_the_last_day():
    series = series_of(seasonal(400))
    matrix = design_matrix(series, 0, np.array([200, 301]))
    np.testing.assert_array_equal(matrix[:, 0], 1.0)
    np.testing.assert_array_equal(matrix[1, LATEST], series.observed[0, 278:302])  # 301 - 23 .. 301


def test_the_last_column_counts_imputed_hours_of_the_last_day():
    observed = seasonal(400)
    observed[0, [280, 300, 277, 302]] = np.nan  # only the first two lie in 278..301
    assert design_matrix(series_of(observed), 0, np.array([301]))[0, -1] == 2


def test_history_before_the_series_is_the_latest_day():
    series = series_of(seasonal(400))
    early = design_matrix(series, 0, np.array([23]))
    assert np.isfinite(early).all()
    np.testing.assert_array_equal(early[0, 25:49], early[0, LATEST])  # two days ago is unknown


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_feature_knows_nothing_past_its_origin(how):
    observed = seasonal(500)
    origins = np.arange(23, 300)
    spoilt = series_of(corrupted(observed, 299, how))
    np.testing.assert_array_equal(design_matrix(spoilt, 0, origins), design_matrix(series_of(observed), 0, origins))


def test_features_are_independent_of_one_another_but_for_the_intercept():
    series = series_of(seasonal(24 * 400))
    matrix = design_matrix(series, 0, np.arange(200, 24 * 390))
    kinds = matrix[:, 97:193]
    np.testing.assert_array_equal(kinds.sum(axis=1), 1.0)  # one hour of one kind of day
