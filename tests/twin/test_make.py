import numpy as np
import polars as pl
import pytest

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.twin import ALL_PARTS, Twin, make_twin

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
    # Reading it back applies every check of magnitude and time that real telemetry has to pass.
    again = type(whole.telemetry).from_frame(frame, table="twin")
    assert set(again.values) == {
        "temperature_c",
        "dew_point_c",
        "wind_speed_m_s",
        "pressure_hpa",
        "carbon_g_per_kwh",
        "it_load_mw",
        "price_usd_per_mwh",
    }
    assert again.regions == ("arizona", "ireland", "wyoming")
    assert frame.null_count().sum_horizontal()[0] == 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, second, other = twin(load_fleet()), twin(load_fleet()), twin(load_fleet(), seed=8)
    for name, values in first.telemetry.values.items():
        assert values.tobytes() == second.telemetry.values[name].tobytes()
        assert (values != other.telemetry.values[name]).any()
    assert first.jobs == second.jobs != other.jobs
    assert first.outlooks.equals(second.outlooks)


@pytest.mark.parametrize("part", sorted(ALL_PARTS))
def test_a_part_alone_is_what_it_is_within_the_whole(part: str) -> None:
    whole, alone = twin(load_fleet()), twin(load_fleet(), part)
    for name, values in alone.telemetry.values.items():
        np.testing.assert_array_equal(values, whole.telemetry.values[name])
    assert alone.jobs == (whole.jobs if part == "jobs" else [])
    assert alone.outlooks.height == (whole.outlooks.height if part == "weather" else 0)
    assert alone.outlooks.schema == whole.outlooks.schema


def test_each_part_brings_its_own_columns_only() -> None:
    columns = {part: set(twin(load_fleet(), part).telemetry.values) for part in ALL_PARTS}
    assert columns == {
        "weather": {"temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa"},
        "grid": {"carbon_g_per_kwh", "price_usd_per_mwh"},
        "load": {"it_load_mw"},
        "jobs": set(),
    }


def test_a_region_is_the_same_whatever_other_regions_there_are() -> None:
    fleet = load_fleet()
    alone = twin(fleet.model_copy(update={"regions": fleet.regions[1:2]}))
    whole = twin(fleet)
    for name, values in alone.telemetry.values.items():
        np.testing.assert_array_equal(values[0], whole.telemetry.values[name][1])
    assert alone.jobs == [job for job in whole.jobs if job.home_region == "ireland"]
    assert alone.outlooks.equals(whole.outlooks.filter(pl.col("region") == "ireland"))


def test_load_and_jobs_need_no_climate_and_no_grid() -> None:
    bare = with_site(load_fleet(), climate=None, grid=None)
    made = twin(bare, "load", "jobs")
    assert set(made.telemetry.values) == {"it_load_mw"}
    assert made.jobs


@pytest.mark.parametrize("climate", [None, "atlantis"])
def test_weather_without_a_known_climate_is_refused(climate: str | None) -> None:
    with pytest.raises(ConfigError, match=r"region arizona: .*(missing|atlantis).*cheyenne, dublin, phoenix"):
        twin(with_site(load_fleet(), climate=climate), "weather")


@pytest.mark.parametrize("grid", [None, "atlantis"])
def test_a_grid_that_is_not_known_is_refused_only_where_it_is_needed(grid: str | None) -> None:
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
    with pytest.raises(ConfigError, match="seed is -1"):
        make_twin(fleet, start=START, hours=24, seed=-1)


def test_one_hour_is_enough() -> None:
    hour = make_twin(load_fleet(), start=START, hours=1, seed=7)
    assert hour.outlooks.height == 3
    assert hour.jobs == []
