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


def test_the_latest_day_stands_in_for_days_before_the_series():
    series = series_of(seasonal(400))
    early = design_matrix(series, np.array([23]))
    assert np.isfinite(early).all()
    np.testing.assert_array_equal(early[0, 25:49], early[0, LATEST])  # the day before the latest is unknown


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_feature_uses_nothing_past_its_origin(how):
    observed = seasonal(500)
    origins = np.arange(23, 300)
    changed = series_of(corrupted(observed, 299, how))
    np.testing.assert_array_equal(design_matrix(changed, origins), design_matrix(series_of(observed), origins))


def test_each_origin_has_one_hour_of_one_kind_of_day():
    series = series_of(seasonal(24 * 400))
    matrix = design_matrix(series, np.arange(200, 24 * 390))
    kinds = matrix[:, 97:193]
    np.testing.assert_array_equal(kinds.sum(axis=1), 1.0)


def test_a_region_has_the_same_features_alone_and_together():
    observed = seasonal(400, regions=3)
    origins = np.arange(200, 300)
    together = origin_features(series_of(observed), slice(1, 3), origins)
    for region in (1, 2):
        alone = design_matrix(series_of(observed[region : region + 1]), origins)
        np.testing.assert_array_equal(together[region - 1], alone)


def test_every_column_but_the_intercept_belongs_to_one_group():
    columns = design_matrix(series_of(seasonal(400)), np.array([301])).shape[1]
    groups_of_column = np.zeros(columns, dtype=int)
    for group in group_columns().values():
        groups_of_column[group] += 1
    np.testing.assert_array_equal(groups_of_column, np.arange(columns) > 0)


def test_a_covariate_gives_its_level_and_its_changes():
    pressure = np.full((1, 400), 1_000.0)
    pressure[0, 300:] = 990.0  # falls by 10 an hour before the origin
    series = Series(observed=seasonal(400), time_utc=series_of(seasonal(400)).time_utc, covariates={"p": pressure})
    level, hour, _, _, day, week, *_ = covariate_features(series, ONLY, np.array([300]))[0, 0]
    # The 301 values have a mean of 1000 - 10 / 301 and a spread of 10 sqrt(300) / 301 = 0.575. The level is clipped at
    # 5 spreads.
    assert level == pytest.approx(-5 * 10 * np.sqrt(300) / 301)
    assert (hour, day) == (pytest.approx(level), pytest.approx(level))
    assert week == pytest.approx(-level * 6 / 7)


def test_an_unknown_covariate_has_features_of_zero():
    unknown = np.full((1, 400), np.nan)
    series = Series(observed=seasonal(400), time_utc=series_of(seasonal(400)).time_utc, covariates={"p": unknown})
    assert not covariate_features(series, ONLY, np.arange(100, 300)).any()


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_covariate_is_not_read_past_the_origin(how):
    values, time = seasonal(500, seed=4), series_of(seasonal(500)).time_utc
    features = [
        covariate_features(
            Series(observed=seasonal(500), time_utc=time, covariates={"p": covariate}), ONLY, np.arange(23, 300)
        )
        for covariate in (values, corrupted(values, 299, how))
    ]
    np.testing.assert_array_equal(*features)
