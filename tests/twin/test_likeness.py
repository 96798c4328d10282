import numpy as np
import pytest

from fleet.twin.likeness import by_calendar_month, daily_extremes, year_figures

YEAR = np.datetime64("2023-01-01T00", "h") + np.arange(8_760)


def test_extremes_are_those_of_whole_local_days() -> None:
    hours = np.datetime64("2023-01-01T22", "h") + np.arange(50)
    values = np.arange(50.0)
    start, high, low = daily_extremes(hours, values)
    # Two hours are left of the first day, and two days follow.
    assert start.tolist() == [np.datetime64("2023-01-02T00", "h").item(), np.datetime64("2023-01-03T00", "h").item()]
    assert (low.tolist(), high.tolist()) == ([2, 26], [25, 49])


def test_a_day_with_too_few_hours_has_no_extremes() -> None:
    values = np.where(np.arange(48) < 5, np.nan, 1.0)
    _, high, _ = daily_extremes(YEAR[:48], values)
    assert np.isnan(high[0])
    assert high[1] == 1


def test_months_without_a_value_are_missing() -> None:
    values = np.where(np.datetime64("2023-02-01") > YEAR, 3.0, np.nan)
    means = by_calendar_month(YEAR, values)
    assert means[0] == 3
    assert np.isnan(means[1:]).all()


def test_figures_of_a_wave_are_its_own() -> None:
    wave = 10 + 5 * np.sin(2 * np.pi * np.arange(8_760) / 24)
    figures = year_figures(YEAR, wave + np.random.default_rng(0).normal(0, 0.01, 8_760), 0.0)
    assert figures["mean Jul"] == pytest.approx(10, abs=0.01)
    assert figures["daily high Jul"] == pytest.approx(15, abs=0.05)
    # The mean change of a sine of amplitude A and period 24 h is 4 A / 24.
    assert figures["hourly change, mean"] == pytest.approx(4 * 5 / 24, rel=0.01)
    assert figures["hours above 95 % quantile"] <= 3


def test_a_year_that_is_hardly_known_has_no_figures() -> None:
    values = np.where(np.arange(8_760) < 2_000, np.nan, 1.0)
    assert year_figures(YEAR, values, 0.0) == {}
