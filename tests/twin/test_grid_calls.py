"""Calls of the utility: the agreed number, on the tightest days, within the agreed hours."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.grid_measures import REGIONS, plain_weather

from fleet.domain.region import Curtailment
from fleet.physics.grid_limit import may_be_called
from fleet.twin.grid import GRIDS, make_grid
from fleet.twin.grid.calls import call_hours, limit_mw
from fleet.twin.noise import red_noise
from fleet.twin.weather import TwinWeather
from fleet.units import FloatArray

YEARS = 10
TIME = np.datetime64("2014-01-01T00", "h") + np.arange(YEARS * 8_766)
SUMMER = Curtailment(firm_mw=85, months=(6, 7, 8, 9), from_hour_utc=20, to_hour_utc=2, calls_per_year=12, mean_call_h=3)
WINTER = Curtailment(firm_mw=50, months=(12, 1), from_hour_utc=16, to_hour_utc=19, calls_per_year=6, mean_call_h=2)
WYOMING = REGIONS["wacm"].model_copy(update={"curtailment": SUMMER})


def tightness(seed: int = 0, hours: int = len(TIME)) -> FloatArray:
    """Residual demand with a memory of two days, (hour,)."""
    return 0.9 + 0.1 * red_noise(np.random.default_rng(seed), (hours,), 48.0)


def calls_of(terms: Curtailment, tight: FloatArray | None = None, seed: int = 0) -> np.ndarray:
    score = tightness(seed) if tight is None else tight
    return call_hours(terms, score, TIME[: len(score)], np.random.default_rng(seed))


def starts(calls: np.ndarray) -> np.ndarray:
    return np.flatnonzero(calls & ~np.r_[False, calls[:-1]])


@pytest.mark.parametrize("terms", [SUMMER, WINTER])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_year_has_about_the_agreed_number_of_calls_of_the_agreed_length(terms: Curtailment, seed: int) -> None:
    calls = calls_of(terms, seed=seed)
    count = len(starts(calls))
    assert count / YEARS == pytest.approx(terms.calls_per_year, rel=0.12)
    # Lengths are one hour plus a Poisson count. The mean of 60 lengths has a standard error of a tenth, and the window
    # shortens some calls.
    assert calls.sum() / count == pytest.approx(terms.mean_call_h, rel=0.2)


@settings(max_examples=40, deadline=None)
@given(
    months=st.sets(st.integers(1, 12), min_size=1),
    first=st.integers(0, 23),
    last=st.integers(0, 23),
    a_year=st.floats(0, 400),
    length_h=st.floats(0.1, 40),
)
def test_no_call_lies_outside_the_agreed_months_and_hours(
    months: set[int], first: int, last: int, a_year: float, length_h: float
) -> None:
    terms = Curtailment(
        firm_mw=1,
        months=tuple(months),
        from_hour_utc=first,
        to_hour_utc=last,
        calls_per_year=a_year,
        mean_call_h=length_h,
    )
    time = TIME[:9_000]
    calls = call_hours(terms, tightness(hours=9_000), time, np.random.default_rng(1))
    hour = np.flatnonzero(calls) % 24
    within = (first <= hour) & (hour < last) if first < last else (hour >= first) | (hour < last)
    assert within.all()
    month = time[calls].astype("datetime64[M]").astype(int) % 12 + 1
    assert set(month.tolist()) <= months


def test_calls_are_on_the_tightest_days() -> None:
    tight = tightness()
    calls = calls_of(SUMMER, tight)
    openings = np.flatnonzero(may_be_called(SUMMER, TIME) & (np.arange(len(TIME)) % 24 == 20))
    is_called = np.array([calls[first : first + 6].any() for first in openings])
    assert tight[openings][is_called].mean() > tight[openings].mean() + tight[openings].std()


def test_hot_and_calm_days_are_called_in_wyoming() -> None:
    weather = plain_weather([WYOMING], TIME)
    limit = make_grid([WYOMING], [GRIDS["wacm"]], weather, TIME, 3).limit_mw[0]
    openings = np.flatnonzero(may_be_called(SUMMER, TIME) & (np.arange(len(TIME)) % 24 == 20))
    is_called = np.array([(limit[first : first + 6] < 100).any() for first in openings])
    assert (
        weather.temperature_c[0, openings][is_called].mean() > weather.temperature_c[0, openings][~is_called].mean() + 1
    )
    assert (
        weather.wind_speed_m_s[0, openings][is_called].mean() < weather.wind_speed_m_s[0, openings][~is_called].mean()
    )


def test_the_limit_is_the_firm_power_during_a_call_and_the_grid_limit_else() -> None:
    limit = limit_mw(WYOMING, tightness(), TIME, 3)
    assert set(limit) == {85.0, 100.0}
    without = WYOMING.model_copy(update={"curtailment": None})
    assert set(limit_mw(without, tightness(), TIME, 3)) == {100.0}


def test_a_contract_without_calls_has_none() -> None:
    assert not calls_of(SUMMER.model_copy(update={"calls_per_year": 0.0})).any()


def test_a_call_on_every_day_can_be_agreed() -> None:
    daily = SUMMER.model_copy(update={"calls_per_year": 122.0, "mean_call_h": 1.0})
    calls = calls_of(daily)
    assert len(starts(calls)) == pytest.approx(122 * YEARS, rel=0.03)


def test_unknown_tightness_starts_no_call() -> None:
    assert not calls_of(SUMMER, np.full(20_000, np.nan)).any()


@given(hours=st.integers(1, 9_000))
@settings(max_examples=25, deadline=None)
def test_a_longer_series_begins_with_the_calls_of_the_shorter_one(hours: int) -> None:
    # Most lengths end between two calls, some within a window.
    tight = tightness(hours=9_000)
    long, short = (
        call_hours(SUMMER, series, TIME[: len(series)], np.random.default_rng(4)) for series in (tight, tight[:hours])
    )
    np.testing.assert_array_equal(long[:hours], short)


def test_calls_of_a_region_do_not_change_with_the_fleet() -> None:
    regions = [WYOMING, REGIONS["azps"]]
    weather = plain_weather(regions, TIME[:9_000])
    mixes = [GRIDS["wacm"], GRIDS["azps"]]
    both = make_grid(regions, mixes, weather, TIME[:9_000], 3).limit_mw[0]
    first = TwinWeather(**{f.name: getattr(weather, f.name)[:1] for f in fields(TwinWeather)})
    np.testing.assert_array_equal(both, make_grid(regions[:1], mixes[:1], first, TIME[:9_000], 3).limit_mw[0])
