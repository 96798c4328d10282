import numpy as np
import polars as pl
import pytest

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.physics.psychrometrics import pressure_hpa
from fleet.twin import ALL_PARTS, Twin, draw_world_fleet, make_twin
from fleet.twin.blended_climate import table_of
from fleet.twin.climates import CLIMATES
from fleet.twin.jobs import no_jobs
from fleet.twin.weather import make_weather

START = np.datetime64("2024-03-01T00", "h")
HOURS = 24 * 30


def twin(fleet: Fleet, *parts: str, seed: int = 7) -> Twin:
    return make_twin(fleet, start=START, hours=HOURS, seed=seed, only=frozenset(parts) or ALL_PARTS)


def with_site(fleet: Fleet, **site: object) -> Fleet:
    region = fleet.regions[0]
    changed = region.model_copy(update={"twin": region.twin.model_copy(update=site)})
    return fleet.model_copy(update={"regions": (changed, *fleet.regions[1:])})


def test_the_whole_twin_has_every_column_in_plausible_units() -> None:
    whole = twin(load_fleet())
    frame = whole.telemetry.to_frame()
    # `from_frame` makes every check of magnitude and time that real telemetry must pass.
    again = type(whole.telemetry).from_frame(frame, table="twin")
    assert set(again.values) == {
        "temperature_c",
        "dew_point_c",
        "wind_speed_m_s",
        "pressure_hpa",
        "carbon_g_per_kwh",
        "it_load_mw",
        "price_usd_per_mwh",
        "grid_limit_mw",
        "grid_wind_mw",
        "grid_solar_mw",
    }
    assert again.regions == ("arizona", "ireland", "wyoming")
    assert frame.null_count().sum_horizontal()[0] == 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, second, other = twin(load_fleet()), twin(load_fleet()), twin(load_fleet(), seed=8)
    for name, values in first.telemetry.values.items():
        assert values.tobytes() == second.telemetry.values[name].tobytes()
        # Without a curtailment contract the grid limit is that of the fleet file, for every seed.
        assert name == "grid_limit_mw" or (values != other.telemetry.values[name]).any()
    assert first.jobs.equals(second.jobs)
    assert not first.jobs.equals(other.jobs)
    assert first.outlooks.equals(second.outlooks)


@pytest.mark.parametrize("part", sorted(ALL_PARTS))
def test_a_part_made_alone_is_the_same_as_in_the_whole_twin(part: str) -> None:
    whole, alone = twin(load_fleet()), twin(load_fleet(), part)
    for name, values in alone.telemetry.values.items():
        np.testing.assert_array_equal(values, whole.telemetry.values[name])
    assert alone.jobs.equals(whole.jobs if part == "jobs" else no_jobs())
    assert alone.outlooks.height == (whole.outlooks.height if part == "weather" else 0)
    assert alone.outlooks.equals(whole.outlooks.select(alone.outlooks.columns).head(alone.outlooks.height))


def test_each_part_has_only_its_own_columns() -> None:
    columns = {part: set(twin(load_fleet(), part).telemetry.values) for part in ALL_PARTS}
    assert columns == {
        "weather": {"temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa"},
        "grid": {"carbon_g_per_kwh", "price_usd_per_mwh", "grid_limit_mw", "grid_wind_mw", "grid_solar_mw"},
        "load": {"it_load_mw"},
        "jobs": set(),
    }


def test_a_region_does_not_depend_on_other_regions() -> None:
    fleet = load_fleet()
    alone = twin(fleet.model_copy(update={"regions": fleet.regions[1:2]}))
    whole = twin(fleet)
    for name, values in alone.telemetry.values.items():
        np.testing.assert_array_equal(values[0], whole.telemetry.values[name][1])
    assert alone.jobs.equals(whole.jobs.filter(pl.col("home_region") == "ireland"))
    assert alone.outlooks.equals(whole.outlooks.filter(pl.col("region") == "ireland"))


def test_load_and_jobs_need_no_climate_and_no_grid() -> None:
    bare = with_site(load_fleet(), climate=None, grid=None)
    load_and_jobs = twin(bare, "load", "jobs")
    assert set(load_and_jobs.telemetry.values) == {"it_load_mw"}
    assert load_and_jobs.jobs.height


@pytest.mark.parametrize("climate", [None, "atlantis"])
def test_weather_without_a_known_climate_is_refused(climate: str | None) -> None:
    with pytest.raises(ConfigError, match=r"region arizona: .*(missing|atlantis).*cheyenne, dublin, phoenix"):
        twin(with_site(load_fleet(), climate=climate), "weather")


@pytest.mark.parametrize("grid", [None, "atlantis"])
def test_an_unknown_grid_is_refused_only_if_it_is_needed(grid: str | None) -> None:
    fleet = with_site(load_fleet(), grid=grid)
    assert twin(fleet, "weather").outlooks.height
    with pytest.raises(ConfigError, match=r"region arizona: .*(missing|atlantis).*azps, ie, wacm"):
        twin(fleet, "grid")


def test_unknown_parts_and_impossible_arguments_are_refused() -> None:
    fleet = load_fleet()
    with pytest.raises(ConfigError, match="'wether'"):
        twin(fleet, "wether")
    with pytest.raises(ConfigError, match="no part"):
        make_twin(fleet, start=START, hours=24, seed=7, only=frozenset())
    with pytest.raises(ConfigError, match="0 hours"):
        make_twin(fleet, start=START, hours=0, seed=7)
    with pytest.raises(ConfigError, match="876601 hours, expected 1 to 876600, a century"):
        make_twin(fleet, start=START, hours=876_601, seed=7)
    with pytest.raises(ConfigError, match="seed is -1"):
        make_twin(fleet, start=START, hours=24, seed=-1)


def test_one_hour_is_enough() -> None:
    hour = make_twin(load_fleet(), start=START, hours=1, seed=7)
    assert hour.outlooks.height == 3
    assert hour.jobs.height == 0


@pytest.fixture(scope="module")
def world() -> tuple[Fleet, Twin]:
    """A fleet in both hemispheres with more regions than are made at once."""
    fleet = draw_world_fleet(20, seed=3)
    return fleet, twin(fleet)


def test_a_longer_twin_begins_with_the_shorter_one_to_the_bit() -> None:
    short, long = (make_twin(load_fleet(), start=START, hours=hours, seed=7) for hours in (HOURS, HOURS + 500))
    for name, values in short.telemetry.values.items():
        np.testing.assert_array_equal(values, long.telemetry.values[name][:, :HOURS])
    ours = long.outlooks.filter(pl.col("time_utc") <= short.outlooks["time_utc"].max())
    assert ours.equals(short.outlooks)
    assert long.jobs.filter(pl.col("id").is_in(short.jobs["id"].to_list())).equals(short.jobs)


def test_a_region_of_a_large_fleet_is_the_same_as_alone(world: tuple[Fleet, Twin]) -> None:
    fleet, whole = world
    for index in (0, 7, 8, 19):
        region = fleet.regions[index]
        alone = twin(fleet.model_copy(update={"regions": (region,)}))
        for name, values in alone.telemetry.values.items():
            np.testing.assert_array_equal(values[0], whole.telemetry.values[name][index])
        assert alone.outlooks.equals(whole.outlooks.filter(pl.col("region") == region.id))
        assert alone.jobs.equals(whole.jobs.filter(pl.col("home_region") == region.id))


def test_a_world_fleet_has_no_missing_and_no_impossible_value(world: tuple[Fleet, Twin]) -> None:
    fleet, whole = world
    values = whole.telemetry.values
    assert all(np.isfinite(series).all() for series in values.values())
    assert (values["dew_point_c"] <= values["temperature_c"]).all()
    assert (values["wind_speed_m_s"] >= 0).all()
    standard = np.array([pressure_hpa(region.altitude_m) for region in fleet.regions])[:, None]
    # The deepest lows and highest highs at sea level, 930 and 1,060 hPa, depart by some 8 % from the standard 1,013.
    assert (np.abs(values["pressure_hpa"] / standard - 1) < 0.08).all()
    capacity = np.array([region.it_capacity_mw for region in fleet.regions])[:, None]
    assert ((values["it_load_mw"] >= 0) & (values["it_load_mw"] <= capacity)).all()
    assert whole.outlooks.null_count().sum_horizontal()[0] == 0
    assert whole.outlooks.select(pl.selectors.float().is_finite().all()).row(0) == (True,) * 5


def test_clearness_is_a_share_of_the_sunlight_above_zero(world: tuple[Fleet, Twin]) -> None:
    fleet, _ = world
    climates = [table_of(CLIMATES, region.twin.climate, region=region.id, key="climate") for region in fleet.regions]
    clearness = make_weather(fleet.regions, climates, START + np.arange(HOURS), 7).clearness
    assert ((clearness > 0) & (clearness <= 1)).all()


def test_a_site_south_of_the_equator_has_its_seasons_half_a_year_later() -> None:
    fleet = load_fleet()
    region = fleet.regions[0]
    south = fleet.model_copy(update={"regions": (region.model_copy(update={"latitude_deg": -region.latitude_deg}),)})
    january, july = (np.datetime64(day, "h") for day in ("2024-01-01", "2024-07-01"))
    for start, warmer in ((january, True), (july, False)):
        here, there = (
            make_twin(side, start=start, hours=HOURS, seed=7, only=frozenset({"weather"})) for side in (fleet, south)
        )
        difference = (
            there.telemetry.column("temperature_c")[0].mean() - here.telemetry.column("temperature_c")[0].mean()
        )
        # Phoenix is 12.5 degC in January and 35.5 in July (means of the daily highs and lows).
        assert difference == pytest.approx(23 if warmer else -23, abs=6)
        # The outlooks are forecasts of the southern weather.
        errors = there.outlooks.join(there.telemetry.to_frame(), on=["region", "time_utc"], suffix="_actual")
        assert abs((errors["temperature_c"] - errors["temperature_c_actual"]).mean()) < 2
