"""A climate is fitted to its own weather: what comes out must be what went in."""

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
YEARS = 8
TIME = np.datetime64("2010-01-01T00", "h") + np.arange(YEARS * 8_766)


def seen(time_utc: HourArray = TIME, **changes: np.ndarray) -> Observed:
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


def fit(observed: Observed, like: Climate | None = None) -> Climate:
    """A fit without the simulated years of its last step, which are tested through the packaged tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climate, "corrected", lambda fitted, observed: fitted)
        # A record four times as long as the stations' is compared with as many simulated hours in fewer draws.
        patch.setattr(memory, "_DRAWS", 2)
        return fit_climate(observed, like=like)


@pytest.fixture(scope="module")
def fitted() -> Climate:
    return fit(seen())


@pytest.mark.slow
def test_means_are_those_of_the_record(fitted: Climate) -> None:
    record = seen()
    np.testing.assert_allclose(fitted.temperature.mean, by_calendar_month(TIME, record.temperature_c), atol=0.02)
    np.testing.assert_allclose(fitted.wind.regular.mean, by_calendar_month(TIME, record.wind_speed_m_s), atol=0.02)


@pytest.mark.slow
def test_means_and_spreads_come_back(fitted: Climate) -> None:
    actuals = CLIMATES["phoenix"]
    # A month's mean departs by 1 to 1.8 K from year to year, so by 0.4 to 0.6 K in eight years.
    np.testing.assert_allclose(fitted.temperature.mean, actuals.temperature.mean, atol=1.2)
    np.testing.assert_allclose(fitted.temperature.sine, actuals.temperature.sine, atol=0.6)
    np.testing.assert_allclose(fitted.temperature_anomaly.sd, actuals.temperature_anomaly.sd, rtol=0.25)
    np.testing.assert_allclose(fitted.dew_point_anomaly.sd, actuals.dew_point_anomaly.sd, rtol=0.25)
    np.testing.assert_allclose(fitted.wind.regular.mean, actuals.wind.regular.mean, rtol=0.1)
    assert fitted.wind.shape == pytest.approx(actuals.wind.shape, rel=0.07)
    assert fitted.temperature_anomaly.dusk_sd == pytest.approx(actuals.temperature_anomaly.dusk_sd, abs=0.08)


def test_most_of_the_variance_comes_back_at_its_memory(fitted: Climate) -> None:
    january = np.array(fitted.temperature_anomaly.january.steady)
    assert january[3:6].sum() > 0.6  # a day to ten days
    for season in (fitted.temperature_anomaly.january, fitted.temperature_anomaly.july):
        assert sum(season.steady) + sum(season.swing) == pytest.approx(1)
        assert min(*season.steady, *season.swing) >= 0


@pytest.mark.slow
def test_missing_hours_hardly_change_a_fit(fitted: Climate) -> None:
    whole = seen()
    gaps = np.where(np.random.default_rng(1).random(len(TIME)) < 0.2, np.nan, whole.temperature_c)
    other = fit(replace(whole, temperature_c=gaps))
    np.testing.assert_allclose(other.temperature.mean, fitted.temperature.mean, atol=0.1)
    np.testing.assert_allclose(other.temperature_anomaly.sd, fitted.temperature_anomaly.sd, rtol=0.1)


def test_what_was_not_observed_must_be_lent() -> None:
    two_years = TIME[: 2 * 8_766]
    windless = seen(two_years, wind_speed_m_s=np.full(len(two_years), np.nan))
    with pytest.raises(DataError, match="no wind was observed"):
        fit_climate(windless)
    lent = fit(windless, like=CLIMATES["dublin"])
    assert lent.wind == CLIMATES["dublin"].wind
    assert lent.coupling.wind_temperature == CLIMATES["dublin"].coupling.wind_temperature


def test_observations_need_consecutive_hours_and_a_year_of_them() -> None:
    with pytest.raises(DataError, match="not consecutive"):
        replace(seen(), time_utc=TIME[::-1])
    with pytest.raises(DataError, match="known in 0 h"):
        seen(temperature_c=np.full(len(TIME), np.nan))


def test_memory_noise_has_the_autocorrelation_that_is_stated() -> None:
    for memory_h in (1.0, 27.0):
        rows = memory_noise(np.random.default_rng(0).spawn(200), 2_000, memory_h)
        found = autocovariance(rows)
        assert rows[:, 0].std() == pytest.approx(1, abs=0.15)
        for lag in (0, 1, 6, 24):
            assert found[LAGS_H.index(lag)] == pytest.approx(autocorrelation(memory_h, lag), abs=0.03)


def test_tables_survive_being_written_and_read() -> None:
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
