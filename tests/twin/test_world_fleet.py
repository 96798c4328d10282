import numpy as np
import pytest

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, parse_fleet
from fleet.physics.altitude import derated_inlet_limit_c
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.plant import plant_state
from fleet.physics.power import facility_power_mw
from fleet.physics.psychrometrics import wet_bulb_c
from fleet.twin import draw_world_fleet, make_twin

JANUARY = np.datetime64("2024-01-01T00", "h")
PARTS = frozenset({"weather", "load"})


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return draw_world_fleet(40, seed=7)


def test_a_larger_fleet_begins_with_the_regions_of_a_smaller_one(fleet: Fleet) -> None:
    assert draw_world_fleet(3, seed=7).regions == fleet.regions[:3]
    assert draw_world_fleet(3, seed=8).regions != fleet.regions[:3]


def test_every_kind_of_plant_and_both_hemispheres_occur(fleet: Fleet) -> None:
    assert {region.plant.kind for region in fleet.regions} == {"evaporative", "outside_air", "chiller"}
    latitudes = [region.latitude_deg for region in fleet.regions]
    assert min(latitudes) < 0 < max(latitudes)


def test_a_fleet_can_be_written_and_read(fleet: Fleet) -> None:
    assert parse_fleet(dump_fleet(fleet), name="world") == fleet


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ConfigError, match="world fleet"):
        draw_world_fleet(count, seed=7)


@pytest.mark.slow
def test_base_load_is_within_the_limits_of_nearly_every_hour(fleet: Fleet) -> None:
    twin = make_twin(fleet, start=JANUARY, hours=8_760, seed=7, only=PARTS)
    for index, region in enumerate(fleet.regions):
        values = {name: grid[index] for name, grid in twin.telemetry.values.items()}
        dry, pressure, load = values["temperature_c"], values["pressure_hpa"], values["it_load_mw"]
        wet = wet_bulb_c(dry, values["dew_point_c"], pressure)
        state = plant_state(region, dry, wet, pressure)
        inlet_limit = derated_inlet_limit_c(region.inlet_limit_c, region.altitude_m)
        is_outside = (inlet_temperature_c(state, load) > inlet_limit) | (load > state.capacity_mw)
        is_outside |= facility_power_mw(state, load) > region.grid_limit_mw
        assert is_outside.mean() < 0.02, region


@pytest.mark.slow
def test_january_is_in_summer_south_of_the_equator(fleet: Fleet) -> None:
    twin = make_twin(fleet, start=JANUARY, hours=8_760, seed=7, only=frozenset({"weather"}))
    month = twin.telemetry.time_utc.astype("datetime64[M]").astype(int) % 12
    temperature = twin.telemetry.column("temperature_c")
    for row, region in zip(temperature, fleet.regions, strict=True):
        warmer_in_january = row[month == 0].mean() > row[month == 6].mean()
        assert warmer_in_january == (region.latitude_deg < 0)
