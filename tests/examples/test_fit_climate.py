"""Fits of a climate to weather made from a known climate: the fit must return this climate."""

from dataclasses import replace

import numpy as np
import pytest
from twin_study.fit import Observed, climate, fit_climate, memory
from twin_study.fit.memory import LAGS_H, autocovariance
from twin_study.likeness import by_calendar_month

from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.physics.psychrometrics import pressure_hpa
from fleet.twin.blended_climate import southern
from fleet.twin.climate import Climate
from fleet.twin.climates import CLIMATES, dump_climate, parse_climate
from fleet.twin.latent import autocorrelation, memory_noise
from fleet.twin.weather import make_weather

ARIZONA = load_fleet().regions[0]
DUBLIN = CLIMATES["dublin"]
YEARS = 8
TIME = np.datetime64("2010-01-01T00", "h") + np.arange(YEARS * 8_766)


def observed_hours(time_utc: HourArray = TIME, **changes: np.ndarray) -> Observed:
    weather = make_weather([ARIZONA], [CLIMATES["phoenix"]], time_utc, 11)
    cover = ((1 - weather.clearness[0]) / 0.75) ** (1 / 3.4)
    columns = {
        "temperature_c": weather.temperature_c[0],
        "dew_point_c": weather.dew_point_c[0],
        "wind_speed_m_s": weather.wind_speed_m_s[0],
        "cloud_cover": cover,
        "pressure_ratio": weather.pressure_hpa[0] / pressure_hpa(ARIZONA.altitude_m),
    }
    return Observed(region=ARIZONA, time_utc=time_utc, **(columns | changes))


def fit(observed: Observed, like: Climate | None = None, *, draws: int = 2) -> Climate:
    """Fit without the last step, whose simulated years take long. Tests of the packaged tables cover that step.

    Fewer draws than usual are made: the long record does not need more, and the short one should be fast.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climate, "corrected", lambda fitted, observed: fitted)
        patch.setattr(memory, "_DRAWS", draws)
        return fit_climate(observed, like=like)


@pytest.fixture(scope="module")
def fitted() -> Climate:
    """A fit to eight years, which takes about a minute."""
    return fit(observed_hours())


@pytest.mark.slow
def test_a_year_with_gaps_and_without_pressure_is_fitted() -> None:
    year = TIME[:8_766]
    whole = observed_hours(year)
    is_known = np.isin(np.arange(len(year)) % 6, (0, 1, 3))
    names = ("temperature_c", "dew_point_c", "wind_speed_m_s", "cloud_cover")
    columns = {name: np.where(is_known, getattr(whole, name), np.nan) for name in names}
    fitted = fit(replace(whole, **columns, pressure_ratio=np.full(len(year), np.nan)), like=DUBLIN, draws=1)
    np.testing.assert_allclose(fitted.temperature.mean, by_calendar_month(year, whole.temperature_c), atol=0.3)
    np.testing.assert_allclose(fitted.wind.regular.mean, by_calendar_month(year, whole.wind_speed_m_s), atol=0.3)
    assert fitted.wind.shape == pytest.approx(CLIMATES["phoenix"].wind.shape, rel=0.1)
    # One year shows the standard deviations of its months to some 30 %.
    np.testing.assert_allclose(fitted.temperature_anomaly.sd, CLIMATES["phoenix"].temperature_anomaly.sd, rtol=0.4)
    for season in (fitted.temperature_anomaly.january, fitted.temperature_anomaly.july):
        assert sum(season.steady) + sum(season.swing) == pytest.approx(1)
        assert min(*season.steady, *season.swing) >= 0
    assert fitted.pressure == DUBLIN.pressure
    assert fitted.coupling.pressure_wind == DUBLIN.coupling.pressure_wind


@pytest.mark.slow
def test_means_are_those_of_the_record(fitted: Climate) -> None:
    record = observed_hours()
    np.testing.assert_allclose(fitted.temperature.mean, by_calendar_month(TIME, record.temperature_c), atol=0.02)
    np.testing.assert_allclose(fitted.wind.regular.mean, by_calendar_month(TIME, record.wind_speed_m_s), atol=0.02)


@pytest.mark.slow
def test_means_and_spreads_are_those_of_the_known_climate(fitted: Climate) -> None:
    actuals = CLIMATES["phoenix"]
    # The mean of a month has a standard deviation of 1 to 1.8 K between years, so 0.4 to 0.6 K over eight years.
    np.testing.assert_allclose(fitted.temperature.mean, actuals.temperature.mean, atol=1.2)
    np.testing.assert_allclose(fitted.temperature.sine, actuals.temperature.sine, atol=0.6)
    np.testing.assert_allclose(fitted.temperature_anomaly.sd, actuals.temperature_anomaly.sd, rtol=0.25)
    np.testing.assert_allclose(fitted.dew_point_anomaly.sd, actuals.dew_point_anomaly.sd, rtol=0.25)
    np.testing.assert_allclose(fitted.wind.regular.mean, actuals.wind.regular.mean, rtol=0.1)
    assert fitted.wind.shape == pytest.approx(actuals.wind.shape, rel=0.07)
    assert fitted.temperature_anomaly.dusk_sd == pytest.approx(actuals.temperature_anomaly.dusk_sd, abs=0.08)


@pytest.mark.slow
def test_most_of_the_variance_is_at_the_memories_of_the_known_climate(fitted: Climate) -> None:
    january = np.array(fitted.temperature_anomaly.january.steady)
    assert january[3:6].sum() > 0.6  # memories of a day to ten days
    for season in (fitted.temperature_anomaly.january, fitted.temperature_anomaly.july):
        assert sum(season.steady) + sum(season.swing) == pytest.approx(1)
        assert min(*season.steady, *season.swing) >= 0


@pytest.mark.slow
def test_missing_hours_hardly_change_a_fit(fitted: Climate) -> None:
    whole = observed_hours()
    gaps = np.where(np.random.default_rng(1).random(len(TIME)) < 0.2, np.nan, whole.temperature_c)
    other = fit(replace(whole, temperature_c=gaps))
    np.testing.assert_allclose(other.temperature.mean, fitted.temperature.mean, atol=0.1)
    np.testing.assert_allclose(other.temperature_anomaly.sd, fitted.temperature_anomaly.sd, rtol=0.1)


@pytest.mark.slow
def test_a_quantity_that_was_not_observed_must_be_supplied() -> None:
    year = TIME[:8_766]
    with pytest.raises(DataError, match="no wind was observed; name a climate that supplies it"):
        fit(observed_hours(year, wind_speed_m_s=np.full(len(year), np.nan)))


@pytest.mark.slow
def test_wind_that_was_not_observed_is_that_of_another_climate() -> None:
    two_years = TIME[: 2 * 8_766]
    fitted = fit(observed_hours(two_years, wind_speed_m_s=np.full(len(two_years), np.nan)), like=DUBLIN)
    assert fitted.wind == DUBLIN.wind
    assert fitted.coupling.wind_temperature == DUBLIN.coupling.wind_temperature


def test_observations_need_consecutive_hours_and_a_year_of_them() -> None:
    with pytest.raises(DataError, match="not consecutive"):
        replace(observed_hours(), time_utc=TIME[::-1])
    with pytest.raises(DataError, match="known in 0 h"):
        observed_hours(temperature_c=np.full(len(TIME), np.nan))


def test_memory_noise_has_the_stated_autocorrelation() -> None:
    for memory_h in (1.0, 27.0):
        rows = memory_noise(np.random.default_rng(0).spawn(200), 2_000, memory_h)
        covariance = autocovariance(rows)
        assert rows[:, 0].std() == pytest.approx(1, abs=0.15)
        for lag in (0, 1, 6, 24):
            assert covariance[LAGS_H.index(lag)] == pytest.approx(autocorrelation(memory_h, lag), abs=0.03)


def test_tables_can_be_written_and_read() -> None:
    for table in CLIMATES.values():
        text = dump_climate(table, source="a place\nand its years")
        assert text.startswith("# a place\n# and its years\n")
        assert parse_climate(text) == table


def test_a_southern_climate_has_its_summer_in_january() -> None:
    north = CLIMATES["cheyenne"]
    south = southern(north)
    assert south.temperature.mean[0] == north.temperature.mean[6]
    assert south.temperature_anomaly.january == north.temperature_anomaly.july
    assert southern(south) == north
