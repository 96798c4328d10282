import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, series_of

from fleet.forecasting import Series
from fleet.forecasting.design import covariate_features, group_columns, origin_features

LATEST = slice(1, 25)
ONLY = slice(0, 1)


def design_matrix(series, origins):
    return origin_features(series, ONLY, origins)[0]


def test_the_first_columns_are_the_intercept_and_the_last_day():
    series = series_of(seasonal(400))
    matrix = design_matrix(series, np.array([200, 301]))
    np.testing.assert_array_equal(matrix[:, 0], 1.0)
    np.testing.assert_array_equal(matrix[1, LATEST], series.observed[0, 278:302])  # 301 - 23 .. 301


def test_the_last_column_counts_imputed_hours_of_the_last_day():
    observed = seasonal(400)
    observed[0, [280, 300, 277, 302]] = np.nan  # only the first two lie in 278..301
    assert design_matrix(series_of(observed), np.array([301]))[0, -1] == 2


def test_history_before_the_series_is_the_latest_day():
    series = series_of(seasonal(400))
    early = design_matrix(series, np.array([23]))
    assert np.isfinite(early).all()
    np.testing.assert_array_equal(early[0, 25:49], early[0, LATEST])  # two days ago is unknown


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_feature_knows_nothing_past_its_origin(how):
    observed = seasonal(500)
    origins = np.arange(23, 300)
    spoilt = series_of(corrupted(observed, 299, how))
    np.testing.assert_array_equal(design_matrix(spoilt, origins), design_matrix(series_of(observed), origins))


def test_features_are_independent_of_one_another_but_for_the_intercept():
    series = series_of(seasonal(24 * 400))
    matrix = design_matrix(series, np.arange(200, 24 * 390))
    kinds = matrix[:, 97:193]
    np.testing.assert_array_equal(kinds.sum(axis=1), 1.0)  # one hour of one kind of day


def test_regions_have_the_features_that_each_has_alone():
    observed = seasonal(400, regions=3)
    origins = np.arange(200, 300)
    together = origin_features(series_of(observed), slice(1, 3), origins)
    for region in (1, 2):
        alone = design_matrix(series_of(observed[region : region + 1]), origins)
        np.testing.assert_array_equal(together[region - 1], alone)


def test_every_column_but_the_intercept_belongs_to_one_group():
    columns = design_matrix(series_of(seasonal(400)), np.array([301])).shape[1]
    claimed = np.zeros(columns, dtype=int)
    for group in group_columns().values():
        claimed[group] += 1
    np.testing.assert_array_equal(claimed, np.arange(columns) > 0)


def test_a_covariate_is_told_by_its_level_and_its_changes():
    pressure = np.full((1, 400), 1_000.0)
    pressure[0, 300:] = 990.0  # falls by 10 an hour before the origin
    series = Series(observed=seasonal(400), time_utc=series_of(seasonal(400)).time_utc, covariates={"p": pressure})
    level, hour, _, _, day, week, *_ = covariate_features(series, ONLY, np.array([300]))[0, 0]
    # The 301 values have a mean of 1000 - 10 / 301 and a spread of 10 sqrt(300) / 301 = 0.575: held at 5 of them.
    assert level == pytest.approx(-5 * 10 * np.sqrt(300) / 301)
    assert (hour, day) == (pytest.approx(level), pytest.approx(level))
    assert week == pytest.approx(-level * 6 / 7)


def test_an_unknown_covariate_tells_nothing():
    silent = np.full((1, 400), np.nan)
    series = Series(observed=seasonal(400), time_utc=series_of(seasonal(400)).time_utc, covariates={"p": silent})
    assert not covariate_features(series, ONLY, np.arange(100, 300)).any()


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_covariate_is_not_looked_at_past_the_origin(how):
    values, time = seasonal(500, seed=4), series_of(seasonal(500)).time_utc
    features = [
        covariate_features(
            Series(observed=seasonal(500), time_utc=time, covariates={"p": each}), ONLY, np.arange(23, 300)
        )
        for each in (values, corrupted(values, 299, how))
    ]
    np.testing.assert_array_equal(*features)
