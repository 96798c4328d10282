"""One plant of each kind, regions with these plants, and plant states."""

from typing import Any

import numpy as np
from support.sites import region

from fleet.domain.region import ChillerPlant, EvaporativePlant, OutsideAirPlant, Plant, Region
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c

IT_MW = 80.0
EVAPORATIVE = EvaporativePlant(
    kind="evaporative", supply_setpoint_c=18, design_supply_c=25, fan_reference_mw=5, fixed_mw=4
)
OUTSIDE_AIR = OutsideAirPlant(
    kind="outside_air", supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4
)
AIR_CHILLED = ChillerPlant(
    kind="chiller", supply_setpoint_c=20, design_supply_c=22, fan_reference_mw=3, fixed_mw=4, chiller_mw=75
)
TOWER_CHILLED = AIR_CHILLED.model_copy(update={"condenser": "tower"})
PLANTS: tuple[Plant, ...] = (EVAPORATIVE, OUTSIDE_AIR, AIR_CHILLED, TOWER_CHILLED)


def at_supply(plant: Plant, supply_c: float | np.ndarray, *, altitude_m: float = 0.0) -> PlantState:
    """Return the state of a plant in saturated air that already has the supply temperature."""
    air = np.atleast_1d(np.asarray(supply_c, dtype=float))
    return plant_state(region_with(plant), air, air, pressure_hpa(altitude_m))


def in_weather(
    plant: Plant, temperature_c: float | np.ndarray, dew_point_c: float | np.ndarray, *, hpa: float = 900.0
) -> PlantState:
    """Return the state of a plant in the given weather."""
    dry = np.atleast_1d(np.asarray(temperature_c, dtype=float))
    wet = wet_bulb_c(dry, np.atleast_1d(np.asarray(dew_point_c, dtype=float)), hpa)
    return plant_state(region_with(plant), dry, wet, hpa)


def region_with(plant: Plant, **changes: Any) -> Region:
    """Return a region with a plant, IT_MW of IT power and 100 MW from the grid."""
    return region(**({"plant": plant, "it_capacity_mw": IT_MW, "grid_limit_mw": 100.0} | changes))
