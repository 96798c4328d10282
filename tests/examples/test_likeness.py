import numpy as np
import psychrolib
import pytest
from twin_study.likeness import (
    MONTH_NAMES,
    by_calendar_month,
    daily_extremes,
    day_to_day,
    monthly_correlation,
    year_figures,
)

from fleet.fleets import load_fleet

YEAR = np.datetime64("2023-01-01T00", "h") + np.arange(8_760)
IRELAND = load_fleet().regions[1]  # its local clock is UTC


def test_extremes_are_those_of_whole_local_days() -> None:
    hours = np.datetime64("2023-01-01T22", "h") + np.arange(50)
    values = np.arange(50.0)
    start, high, low = daily_extremes(hours, values)
    # The first day has only two hours, and two whole days follow.
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


def test_figures_of_a_wave_are_those_of_its_formula() -> None:
    wave = 10 + 5 * np.sin(2 * np.pi * np.arange(8_760) / 24)
    figures = year_figures(YEAR, wave + np.random.default_rng(0).normal(0, 0.01, 8_760), wave - 8, IRELAND)
    assert figures["mean Jul"] == pytest.approx(10, abs=0.01)
    assert figures["daily high Jul"] == pytest.approx(15, abs=0.05)
    # The mean change of a sine of amplitude A and period 24 h is 4 A / 24.
    assert figures["hourly change, mean"] == pytest.approx(4 * 5 / 24, rel=0.01)
    assert figures["hours above 95 % quantile"] <= 3
    assert figures["dew point Jul"] == pytest.approx(2, abs=0.01)
    assert figures["July's correlation"] == pytest.approx(1, abs=0.001)
    # The hottest 100 h are at the crest of the wave, at 15 degC, where the dew point is 15 - 8 = 7 degC.
    assert figures["hottest hours' dew point"] == pytest.approx(7, abs=0.05)


@pytest.mark.slow
def test_the_wet_bulb_of_a_year_is_that_at_the_pressure_of_the_altitude() -> None:
    steady = np.full(8_760, 30.0)
    steady[::2] = 30.001  # a constant year has no correlation
    high = IRELAND.model_copy(update={"altitude_m": 1_860})
    psychrolib.SetUnitSystem(psychrolib.SI)
    for region, pressure_pa in ((IRELAND, 100_490), (high, 80_890)):
        wet_bulb_c = psychrolib.GetTWetBulbFromTDewPoint(30.0, 10.0, pressure_pa)
        figures = year_figures(YEAR, steady, np.full(8_760, 10.0), region)
        assert figures["wet bulb, 99 %"] == pytest.approx(wet_bulb_c, abs=0.02)


def test_the_correlation_from_day_to_day_leaves_out_the_season() -> None:
    days = np.datetime64("2001-01-01T00", "h") + 24 * np.arange(20 * 365)
    season = 10 * np.cos(2 * np.pi * np.arange(len(days)) / 365.25)
    innovations = np.random.default_rng(1).normal(size=len(days) + 1)
    # A moving average of two values: neighbours have one value in common, so their correlation is 1 / (1 + 1) = 0.5.
    values = season + innovations[1:] + innovations[:-1]
    values[::50] = np.nan
    assert day_to_day(days, values) == pytest.approx(0.5, abs=0.03)


def test_the_correlation_of_a_month_is_that_of_its_known_hours() -> None:
    first = np.arange(8_760.0)
    second = np.where(np.datetime64("2023-07-01") > YEAR, -first, first)
    second[100] = np.nan
    figures = dict(zip(MONTH_NAMES, monthly_correlation(YEAR, first, second), strict=True))
    assert figures["Jan"] == pytest.approx(-1)
    assert figures["Jul"] == pytest.approx(1)
    assert np.isnan(monthly_correlation(YEAR, np.zeros(8_760), second)).all()


def test_a_year_with_too_many_gaps_has_no_figures() -> None:
    values = np.where(np.arange(8_760) < 2_000, np.nan, 1.0)
    assert year_figures(YEAR, values, values, IRELAND) == {}
