"""The state of every kind of plant in some weather."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import AIR_CHILLED, EVAPORATIVE, IT_MW, OUTSIDE_AIR, PLANTS, TOWER_CHILLED, in_weather, region_with

from fleet.domain.region import AirSide, Plant
from fleet.errors import DataError
from fleet.physics.plant import plant_state, supply_temperature_c

plants = st.sampled_from(PLANTS)
temperatures = st.floats(-30, 50)
steps = st.floats(0, 20)


def supply(plant: Plant, temperature: float, dew_point: float) -> float:
    return float(in_weather(plant, temperature, dew_point).supply_c[0])


@given(plants, temperatures, st.floats(0, 40), steps)
def test_supply_never_falls_with_temperature(plant: Plant, temperature: float, spread: float, step: float) -> None:
    dew_point = temperature - spread
    assert supply(plant, temperature + step, dew_point) >= supply(plant, temperature, dew_point) - 1e-6


@given(plants, temperatures, st.floats(0, 40), steps)
def test_supply_never_falls_with_dew_point(plant: Plant, temperature: float, spread: float, step: float) -> None:
    dew_point = temperature - spread
    assert supply(plant, temperature, dew_point + step) >= supply(plant, temperature, dew_point) - 1e-6


def test_supply_is_the_setpoint_in_cold_air_and_never_below_the_wet_bulb() -> None:
    assert supply(EVAPORATIVE, -10, -15) == 18
    assert supply(OUTSIDE_AIR, -10, -15) == 18
    # T = 40, Twb = 25: 40 - 0.88 (40 - 25) = 26.8
    assert supply_temperature_c(EVAPORATIVE, np.array([40.0]), np.array([25.0]))[0] == pytest.approx(26.8)
    assert supply(OUTSIDE_AIR, 27, 10) == 27


def test_a_humid_hour_is_worse_than_a_hotter_dry_one_for_an_evaporative_plant() -> None:
    # Air of 45 degC and 10 % humidity has a dew point of 5.8 degC. The monsoon hour has a wet bulb of about 25 degC.
    assert supply(EVAPORATIVE, 32, 22.5) > supply(EVAPORATIVE, 45, 5.8)


def test_a_chilled_hall_gets_its_setpoint_in_any_weather() -> None:
    assert supply(AIR_CHILLED, 45, 5) == supply(TOWER_CHILLED, -20, -25) == 20


@given(plants, temperatures, st.floats(0, 40), steps, steps)
def test_capacity_never_rises_with_heat_or_humidity(
    plant: Plant, temperature: float, spread: float, hotter: float, damper: float
) -> None:
    dew_point = temperature - spread
    here = in_weather(plant, temperature, dew_point).capacity_mw
    assert 0 <= here[0] <= IT_MW
    assert in_weather(plant, temperature + hotter, dew_point).capacity_mw <= here + 1e-6
    assert in_weather(plant, temperature, dew_point + damper).capacity_mw <= here + 1e-6


def test_the_capacity_is_the_smaller_of_air_flow_and_chillers() -> None:
    cool, hot = (in_weather(AIR_CHILLED, temperature, 5) for temperature in (10.0, 45.0))
    assert cool.chillers is not None
    assert hot.chillers is not None
    assert cool.capacity_mw == cool.airflow_capacity_mw == IT_MW < cool.chillers.capacity_mw
    assert hot.capacity_mw == hot.chillers.capacity_mw < hot.airflow_capacity_mw == IT_MW


def test_density_is_that_of_the_station_pressure() -> None:
    twice = np.full(2, 20.0)
    state = plant_state(region_with(OUTSIDE_AIR), twice, twice - 10, np.array([1_013.25, 810.6]))
    np.testing.assert_allclose(state.density_ratio, [1, 0.8])


def test_an_unknown_kind_of_plant_is_refused() -> None:
    immersion = AirSide(supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4)
    site = region_with(OUTSIDE_AIR).model_copy(update={"plant": immersion})
    with pytest.raises(
        DataError, match="region alpha: plant kind 'AirSide' is unknown, expected evaporative, outside_air or chiller"
    ):
        plant_state(site, np.array([20.0]), np.array([10.0]), 1_000.0)
