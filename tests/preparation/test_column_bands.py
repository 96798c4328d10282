"""Two-sided bands of columns: learnt in any number of calls, and never from values that the fleet file states."""

import numpy as np
import pytest
from support.builders import hours_from

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, make_bands
from fleet.preparation.column_bands import advance_bands
from fleet.preparation.settings import Settings

SETTINGS = Settings(confidence=0.9)
ORIGINS, REGIONS, LEADS = 100 * 24, 2, 24
TIME_UTC = hours_from("2024-01-01", ORIGINS)
NEVER = np.full(REGIONS, np.datetime64("NaT", "h"))
LOAD, PRICE = "it_load_mw", "price_usd_per_mwh"


def residuals_of(actual_by_hour: np.ndarray, expected: float = 100.0) -> Residuals:
    """Return the residuals of one constant forecast of (region, hour) values that reach LEADS past the last origin."""
    hours = np.arange(ORIGINS)[:, None] + np.arange(1, LEADS + 1)
    actual = actual_by_hour[:, hours].swapaxes(0, 1)
    # Values after the last origin are not known yet.
    actual = np.where((hours < ORIGINS)[:, None], actual, np.nan)
    return Residuals(
        forecast=np.full((ORIGINS, REGIONS, LEADS), expected),
        actual=actual,
        origin_utc=TIME_UTC,
        age_h=np.zeros((ORIGINS, REGIONS), dtype=np.int64),
    )


def noisy(seed: int = 0) -> Residuals:
    return residuals_of(100 + np.random.default_rng(seed).normal(size=(REGIONS, ORIGINS + LEADS)))


def up_to(whole: Residuals, first: int, stop: int) -> Residuals:
    """Return the residuals of some origins as they were known at the last of them."""
    hours = np.arange(first, stop)[:, None] + np.arange(1, LEADS + 1)
    return Residuals(
        forecast=whole.forecast[first:stop],
        actual=np.where((hours < stop)[:, None], whole.actual[first:stop], np.nan),
        origin_utc=whole.origin_utc[first:stop],
        age_h=whole.age_h[first:stop],
    )


def band_of(residuals: Residuals, observed_since=None, name: str = LOAD):
    _, bands = advance_bands({}, {name: residuals}, SETTINGS, observed_since or {})
    return bands[name]


def test_the_band_is_that_of_the_last_origin():
    residuals = noisy()
    band = band_of(residuals)
    whole = make_bands(BANDS[SETTINGS.bands](), residuals, miscoverage_of(0.9))
    np.testing.assert_array_equal(band.lower, whole.lower[-1])
    np.testing.assert_array_equal(band.upper, whole.upper[-1])
    assert (band.lower < band.forecast).all()
    assert (band.forecast < band.upper).all()


@pytest.mark.slow
@pytest.mark.parametrize("stops", [(ORIGINS - 1,), (70 * 24, 70 * 24 + 1, 80 * 24 + 5), (30 * 24, 95 * 24)])
@pytest.mark.parametrize("observed_since", [{}, {LOAD: TIME_UTC[[500, 10]]}])
def test_a_history_in_several_calls_gives_the_same_band_to_the_last_bit(stops, observed_since):
    residuals, state, begin = noisy(1), {}, 0
    for stop in (*stops, ORIGINS):
        known = up_to(residuals, max(begin - LEADS, 0), stop)
        state, bands = advance_bands(state, {LOAD: known}, SETTINGS, observed_since)
        begin = stop
    at_once = band_of(residuals, observed_since)
    np.testing.assert_array_equal(bands[LOAD].lower, at_once.lower)
    np.testing.assert_array_equal(bands[LOAD].upper, at_once.upper)


def test_a_value_that_the_fleet_file_states_has_no_band():
    # The forecast of a stated value is the value itself. Its errors of zero would give a band of no width.
    stated = residuals_of(np.full((REGIONS, ORIGINS + LEADS), 42.0), expected=42.0)
    band = band_of(stated, {PRICE: NEVER}, PRICE)
    np.testing.assert_array_equal(band.forecast, 42.0)
    assert np.isposinf(band.upper).all()
    assert np.isneginf(band.lower).all()


def test_stated_hours_do_not_narrow_the_band_of_later_observed_hours():
    since = 30 * 24
    values = 100 + np.random.default_rng(2).normal(size=(REGIONS, ORIGINS + LEADS))
    values[:, :since] = 100.0
    band = band_of(residuals_of(values), {PRICE: TIME_UTC[[since, since]]}, PRICE)
    unknown = values.copy()
    unknown[:, :since] = np.nan
    expected = band_of(residuals_of(unknown), {}, PRICE)
    np.testing.assert_array_equal(band.lower, expected.lower)
    np.testing.assert_array_equal(band.upper, expected.upper)
    assert np.isfinite(band.upper).all()


def test_a_column_without_forecast_stays_missing():
    nothing = residuals_of(np.full((REGIONS, ORIGINS + LEADS), np.nan), expected=np.nan)
    band = band_of(nothing)
    assert np.isnan(band.forecast).all()
    assert not np.isfinite(band.lower).any()
    assert not np.isfinite(band.upper).any()
