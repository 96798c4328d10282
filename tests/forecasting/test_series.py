import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import CORRUPTIONS, corrupted, hours_from, seasonal, series_of

from fleet.errors import DataError
from fleet.forecasting.series import UNREPORTED_H, Series, actual, refit_blocks, target_position

GAP = np.nan


def with_gaps(seed: int, hours: int = 200) -> np.ndarray:
    observed = seasonal(hours, regions=2, seed=seed)
    observed[np.random.default_rng(seed).random(observed.shape) < 0.4] = GAP
    return observed


@given(st.integers(0, 10_000))
def test_a_filled_hour_is_the_latest_known_value_of_that_hour_of_day(seed):
    observed = with_gaps(seed)
    filled = series_of(observed).filled
    for region in range(2):
        for hour in range(0, UNREPORTED_H, 7):
            same_hour = observed[region, hour % 24 : hour + 1 : 24]
            known = same_hour[np.isfinite(same_hour)]
            expected = known[-1] if known.size else GAP
            np.testing.assert_equal(filled[region, hour], expected)


def test_an_hour_of_day_that_is_not_reported_for_a_week_takes_the_latest_value():
    observed = with_gaps(1)
    observed[0, 3::24] = GAP
    observed[0, 2::24] = 7.0
    series = series_of(observed)
    assert np.isnan(series.filled[0, 3:UNREPORTED_H:24]).all()
    first = int(np.isfinite(observed[0]).argmax())
    later = np.arange(3, observed.shape[1], 24)
    np.testing.assert_array_equal(series.filled[0, later[later >= first + UNREPORTED_H]], 7.0)
    assert UNREPORTED_H < series.first_known[0] < UNREPORTED_H + 48


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_the_fill_looks_backward_only(how):
    observed = with_gaps(3)
    for after in (30, 100, 150):
        changed = series_of(corrupted(observed, after, how))
        np.testing.assert_array_equal(changed.filled[:, : after + 1], series_of(observed).filled[:, : after + 1])
        np.testing.assert_array_equal(changed.age_h[:, : after + 1], series_of(observed).age_h[:, : after + 1])


def test_the_age_counts_hours_since_the_latest_observation():
    observed = np.array([[GAP, GAP, 1.0, 2.0, GAP, GAP, 3.0]])
    # Before the first value, the age counts from the start of the series.
    np.testing.assert_array_equal(series_of(observed).age_h, [[1, 2, 0, 0, 1, 2, 0]])


def test_a_region_is_known_after_its_first_full_day():
    observed = np.ones((4, 60))
    observed[1, :10] = GAP  # known from hour 10, so a day later at 10 + 23
    observed[2, 5::24] = GAP  # hour 5 of the day is never known
    observed[3, 30] = GAP  # filled from hour 6: no delay
    # Never known is 60 + 23, after the end.
    np.testing.assert_array_equal(series_of(observed).first_known, [23, 33, 83, 23])


@pytest.mark.parametrize("hours", [1, 23])
def test_less_than_a_day_is_never_known(hours):
    assert series_of(np.ones((2, hours))).first_known.min() >= hours


def test_a_series_of_the_wrong_shape_is_refused():
    with pytest.raises(DataError, match="shape"):
        Series(observed=np.ones((2, 5)), time_utc=hours_from("2024-01-01", 4))
    with pytest.raises(DataError, match="shape"):
        Series(observed=np.ones(4), time_utc=hours_from("2024-01-01", 4))


def test_actuals_are_at_origin_plus_lead_and_missing_after_the_end():
    observed = np.arange(10.0)[None]
    observed[0, 5] = GAP
    origins = np.array([3, 7])
    np.testing.assert_array_equal(target_position(origins, 3), [[4, 5, 6], [8, 9, 10]])
    np.testing.assert_array_equal(actual(series_of(observed), origins, 3)[:, 0], [[4, GAP, 6], [8, 9, GAP]])


def test_blocks_are_cut_where_a_month_begins():
    time = hours_from("2024-01-30", 24 * 35)
    origins = np.arange(5, 24 * 35, 10)
    blocks = refit_blocks(time, origins)
    np.testing.assert_array_equal(np.concatenate(blocks), origins)
    months = [set(time[block].astype("datetime64[M]").astype(str)) for block in blocks]
    assert months == [{"2024-01"}, {"2024-02"}, {"2024-03"}]
    assert refit_blocks(time, origins[:0]) == []
