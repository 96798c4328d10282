"""Against the observations that the climates were fitted to; tolerances allow for the scatter of the years made."""

from functools import cache

import numpy as np
import pytest

from fleet.domain.clock import month_index
from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.physics.psychrometrics import wet_bulb_c
from fleet.twin.almanac import solar_hour
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import Weather, make_weather
from fleet.units import FloatArray

YEARS = 30
START = np.datetime64("1990-01-01T00", "h")
TIME = START + np.arange(YEARS * 8_766)
REGIONS = {region.id: region for region in load_fleet().regions}


@cache
def years(region_id: str) -> tuple[Region, Weather]:
    region = REGIONS[region_id]
    assert region.twin.climate is not None
    return region, make_weather(region, CLIMATES[region.twin.climate], TIME, seed=3)


def by_local_day(region: Region, series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(day, 24) and (day,) month 0..11."""
    first = -round(region.longitude_deg / 15) % 24
    days = (len(series) - first) // 24
    month = month_index(TIME[first : first + days * 24 : 24] + np.timedelta64(12, "h")) % 12
    return series[first : first + days * 24].reshape(days, 24), month


def autocorrelation(series: FloatArray, lag: int) -> float:
    return float(np.corrcoef(series[:-lag], series[lag:])[0, 1])


@pytest.mark.parametrize("region_id", REGIONS)
def test_monthly_means_of_highs_and_lows_are_within_one_degree(region_id: str) -> None:
    region, weather = years(region_id)
    climate = CLIMATES[str(region.twin.climate)]
    days, month = by_local_day(region, weather.temperature_c)
    for index in range(12):
        assert days[month == index].max(axis=1).mean() == pytest.approx(climate.daily_high_c[index], abs=1.0)
        assert days[month == index].min(axis=1).mean() == pytest.approx(climate.daily_low_c[index], abs=1.0)


@pytest.mark.parametrize(
    ("region_id", "observed"),
    [
        ("arizona", {1: 0.965, 3: 0.912, 24: 0.70}),
        ("wyoming", {1: 0.972, 3: 0.901, 24: 0.487}),
        ("ireland", {1: 0.972, 3: 0.893, 24: 0.514}),
    ],
)
def test_temperature_anomalies_last_as_long_as_observed(region_id: str, observed: dict[int, float]) -> None:
    anomaly = years(region_id)[1].temperature_anomaly
    assert anomaly.std() == pytest.approx(1, abs=0.05)
    for lag, value in observed.items():
        assert autocorrelation(anomaly, lag) == pytest.approx(value, abs=0.03 if lag == 1 else 0.09)


def test_hot_hours_are_as_many_as_observed() -> None:
    # Observed a year: Phoenix above 40 degC for 310 to 370 h, above 35 degC for 1,230 to 1,470 h; Dublin above 22 degC
    # for 40 h.
    phoenix, cheyenne, dublin = (years(region)[1].temperature_c for region in ("arizona", "wyoming", "ireland"))
    assert 280 < (phoenix > 40).sum() / YEARS < 440
    assert 1_150 < (phoenix > 35).sum() / YEARS < 1_550
    assert phoenix.max() < 52
    assert 15 < (dublin > 22).sum() / YEARS < 90
    assert dublin.max() < 31
    assert (cheyenne > 35).sum() / YEARS < 12
    assert cheyenne.max() < 41


def test_afternoons_are_warmest_by_the_local_sun() -> None:
    for region_id in REGIONS:
        region, weather = years(region_id)
        hour = np.floor(solar_hour(TIME, region.longitude_deg)).astype(int)
        mean = [weather.temperature_c[hour == value].mean() for value in range(24)]
        assert np.argmax(mean) in {13, 14, 15}
        assert np.argmin(mean) in {4, 5, 6}


def test_dew_point_never_passes_temperature_nor_what_the_monsoon_can_supply() -> None:
    for region_id in REGIONS:
        weather = years(region_id)[1]
        assert (weather.dew_point_c <= weather.temperature_c).all()
    phoenix = years("arizona")[1]
    july = month_index(TIME) % 12 == 6
    assert phoenix.dew_point_c[july].mean() == pytest.approx(14.6, abs=1.5)
    wet = wet_bulb_c(phoenix.temperature_c, phoenix.dew_point_c, phoenix.pressure_hpa)
    # Observed 23.6 to 25.5 degC.
    assert 23 < np.quantile(wet, 0.99) < 25.6


@pytest.mark.parametrize(("region_id", "mean"), [("arizona", 2.9), ("wyoming", 5.1), ("ireland", 5.2)])
def test_wind_is_positive_skewed_and_of_the_observed_mean(region_id: str, mean: float) -> None:
    wind = years(region_id)[1].wind_speed_m_s
    assert wind.min() >= 0
    assert wind.mean() == pytest.approx(mean, abs=0.2)
    assert np.median(wind) < wind.mean()


def test_pressure_follows_the_altitude() -> None:
    # 1013.25 (1 - 2.25577e-5 x 1860)^5.2559 = 808.7 hPa
    assert years("wyoming")[1].pressure_hpa.mean() == pytest.approx(808.7, abs=1)
