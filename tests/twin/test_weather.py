import numpy as np
import polars as pl
import pytest
from shared import DATA, needs_data

from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.physics.psychrometrics import relative_humidity_pct, wet_bulb_c
from fleet.twin.almanac import local_hours
from fleet.twin.climates import CLIMATES
from fleet.twin.likeness import by_calendar_month, daily_extremes, year_figures
from fleet.twin.weather import Weather, make_weather

SITES = {region.twin.climate: region for region in load_fleet().regions}
START = np.datetime64("2000-01-01T00", "h")
YEARS = 50
TIME = START + np.arange(YEARS * 8_766)
SEEDS = (1, 2, 3)
FILES = {
    "phoenix": "isd_us-az-phoenix_2017-2018.parquet",
    "cheyenne": "isd_us-wy-cheyenne_2017-2018.parquet",
    "dublin": "metie_ie-dublin-phoenix-park_2007-2014.parquet",
}


def site(climate: str) -> Region:
    return SITES[climate]


def weather_of(climate: str, hours: int, seed: int, start: np.datetime64 = START) -> Weather:
    return make_weather([site(climate)], [CLIMATES[climate]], start + np.arange(hours), seed)


@pytest.fixture(scope="module", params=[(name, seed) for name in FILES for seed in SEEDS], ids=str)
def fifty_years(request: pytest.FixtureRequest) -> tuple[str, Weather]:
    climate, seed = request.param
    return climate, weather_of(climate, len(TIME), seed)


def observed(climate: str) -> tuple[np.ndarray, np.ndarray]:
    table = pl.read_parquet(DATA / "weather" / FILES[climate])
    stamped = table["time_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]")
    time_utc = np.arange(stamped[0], stamped[-1] + 1)
    values = np.full(len(time_utc), np.nan)
    values[(stamped - stamped[0]).astype(int)] = table["temp_c"].cast(pl.Float64).to_numpy()
    return time_utc, values


def extremes_by_month(climate: str, time_utc: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start, high, low = daily_extremes(local_hours(time_utc, site(climate).longitude_deg), values)
    return by_calendar_month(start, high), by_calendar_month(start, low)


@needs_data
def test_mean_highs_and_lows_of_fifty_years_are_within_a_degree_of_the_real_ones(
    fifty_years: tuple[str, Weather],
) -> None:
    climate, weather = fifty_years
    made = extremes_by_month(climate, TIME, weather.temperature_c[0])
    seen = extremes_by_month(climate, *observed(climate))
    for ours, real in zip(made, seen, strict=True):
        np.testing.assert_allclose(ours, real, atol=1.0)


@needs_data
def test_years_remember_change_and_spread_as_real_ones_do(fifty_years: tuple[str, Weather]) -> None:
    climate, weather = fifty_years
    longitude = site(climate).longitude_deg
    made = {name: values.mean() for name, values in year_figures(TIME, weather.temperature_c[0], longitude).items()}
    seen = {name: values.mean() for name, values in year_figures(*observed(climate), longitude).items()}
    for lag, tolerance in ((1, 0.01), (3, 0.03), (24, 0.06)):
        assert made[f"autocorrelation {lag} h"] == pytest.approx(seen[f"autocorrelation {lag} h"], abs=tolerance)
    assert made["hourly change, mean"] == pytest.approx(seen["hourly change, mean"], rel=0.15)
    assert made["hourly change, rms"] == pytest.approx(seen["hourly change, rms"], rel=0.08)
    assert made["anomaly, sd"] == pytest.approx(seen["anomaly, sd"], rel=0.1)
    assert made["quantile 1 %"] == pytest.approx(seen["quantile 1 %"], abs=1.5)
    assert made["quantile 99 %"] == pytest.approx(seen["quantile 99 %"], abs=1.0)


def test_hourly_changes_have_fat_tails(fifty_years: tuple[str, Weather]) -> None:
    change = np.diff(fifty_years[1].temperature_anomaly[0])
    # A normal distribution has 3.
    assert np.mean(change**4) / np.mean(change**2) ** 2 > 5


def test_extremes_stay_near_the_records_of_the_place(fifty_years: tuple[str, Weather]) -> None:
    climate, weather = fifty_years
    record_c = {"phoenix": 50.0, "cheyenne": 37.8, "dublin": 33.0}[climate]
    assert weather.temperature_c.max() < record_c + 2
    assert weather.temperature_c.max() > record_c - 7


def test_air_obeys_the_laws_of_moist_air(fifty_years: tuple[str, Weather]) -> None:
    _, weather = fifty_years
    wet_bulb = wet_bulb_c(weather.temperature_c, weather.dew_point_c, weather.pressure_hpa)
    assert (weather.dew_point_c <= wet_bulb + 1e-6).all()
    assert (wet_bulb <= weather.temperature_c + 1e-6).all()
    humidity = relative_humidity_pct(weather.temperature_c, weather.dew_point_c)
    assert ((humidity >= 0) & (humidity <= 100 + 1e-9)).all()
    assert (weather.wind_speed_m_s >= 0).all()
    assert ((weather.clearness > 0) & (weather.clearness <= 1)).all()


def test_phoenix_is_dry_when_it_is_hottest_and_muggy_in_the_monsoon() -> None:
    hours = 10 * 8_766
    weather = weather_of("phoenix", hours, 5)
    wet_bulb = wet_bulb_c(weather.temperature_c, weather.dew_point_c, weather.pressure_hpa)
    hottest = np.argsort(weather.temperature_c[0])[-1_000:]
    dry = relative_humidity_pct(weather.temperature_c, weather.dew_point_c)[0, hottest]
    assert dry.mean() == pytest.approx(11, abs=4)  # the 100 hottest hours of real years average 11 to 14 %
    assert 23.6 <= np.quantile(wet_bulb, 0.99) <= 25.8
    month = TIME[:hours].astype("datetime64[M]").astype(int) % 12
    june, august = (weather.dew_point_c[0, month == m].mean() for m in (5, 7))
    assert june < 5
    assert august > 12


def test_cold_comes_faster_to_cheyenne_than_warmth() -> None:
    temperature = weather_of("cheyenne", 20 * 8_766, 4).temperature_anomaly[0]
    change = temperature[3:] - temperature[:-3]
    assert np.mean(change**3) < 0


def test_wind_has_the_mean_of_its_table() -> None:
    for climate, mean_m_s in (("phoenix", 2.9), ("cheyenne", 5.1), ("dublin", 5.2)):
        wind = weather_of(climate, 10 * 8_766, 2).wind_speed_m_s
        assert wind.mean() == pytest.approx(mean_m_s, abs=0.4)
        assert np.median(wind) < wind.mean()


def test_pressure_is_that_of_the_altitude() -> None:
    for climate, hpa in (("phoenix", 973), ("cheyenne", 809), ("dublin", 1_005)):
        pressure = weather_of(climate, 8_766, 2).pressure_hpa
        assert pressure.mean() == pytest.approx(hpa, rel=0.003)
        assert 0.001 < pressure.std() / pressure.mean() < 0.02


def test_a_longer_series_begins_with_the_shorter_one_bit_for_bit() -> None:
    short, long = weather_of("phoenix", 500, 7), weather_of("phoenix", 5_000, 7)
    for name in Weather.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(long, name)[:, :500], getattr(short, name))


def test_another_region_changes_no_bit() -> None:
    names = list(FILES)
    together = make_weather([site(n) for n in names], [CLIMATES[n] for n in names], TIME[:3_000], 7)
    for row, climate in enumerate(names):
        alone = weather_of(climate, 3_000, 7)
        for name in Weather.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(together, name)[row], getattr(alone, name)[0])


def test_seeds_differ() -> None:
    one, other = (weather_of("dublin", 100, seed).temperature_c for seed in (1, 2))
    assert (one != other).all()
