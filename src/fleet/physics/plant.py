"""What a region's plant can do in some weather: the one value that cooling, power and water read.

A plant is a branch of `supply_temperature_c`, and what it adds to the air side a term of `plant_state`.
"""

from dataclasses import dataclass

import numpy as np

from fleet.domain.region import ChillerPlant, EvaporativePlant, OutsideAirPlant, Plant, Region
from fleet.errors import DataError
from fleet.physics.chiller import Chillers, chillers_in
from fleet.units import SEA_LEVEL_HPA, FloatArray

# Water in towers and pads is kept from freezing. It also keeps plants clear of where a wet bulb passes from wick to ice
# and falls by up to 1.1 K while the air gets warmer, at 400 hPa.
_COLDEST_WATER_C = 1.5


@dataclass(frozen=True, kw_only=True)
class PlantState:
    """Arrays are of the weather's shape; NaN is missing.

    temperature_c: outdoor dry-bulb.
    supply_c: air after the plant.
    airflow_capacity_mw: IT load whose heat the largest air flow can carry.
    capacity_mw: IT load whose heat the whole plant can carry: the least of air flow and chillers.
    density_ratio: of the air, over that at sea level; a number, or of the weather's shape.
    chillers: None without any.
    """

    plant: Plant
    it_capacity_mw: float
    temperature_c: FloatArray
    supply_c: FloatArray
    airflow_capacity_mw: FloatArray
    capacity_mw: FloatArray
    density_ratio: FloatArray | float
    chillers: Chillers | None = None


def plant_state(
    region: Region, temperature_c: FloatArray, wet_bulb_c: FloatArray, pressure_hpa: FloatArray | float
) -> PlantState:
    """The region's plant in some weather.

    Args:
        temperature_c, wet_bulb_c: outdoors, of one shape. A wet bulb below 1.5 degC counts as 1.5 degC, or as the
            temperature where that is lower.
        pressure_hpa: station pressure; a number, or of that shape.
    Raises: DataError naming the region if its kind of plant is unknown.
    """
    plant = region.plant
    if not isinstance(plant, EvaporativePlant | OutsideAirPlant | ChillerPlant):
        found = getattr(plant, "kind", type(plant).__name__)
        raise DataError(
            f"region {region.id}: plant kind {found!r} is unknown, expected evaporative, outside_air or chiller"
        )
    wet = np.maximum(wet_bulb_c, np.minimum(temperature_c, _COLDEST_WATER_C))
    supply = supply_temperature_c(plant, temperature_c, wet)
    airflow = airflow_capacity_mw(plant, region.it_capacity_mw, supply)
    chillers = chillers_in(plant, temperature_c, wet) if isinstance(plant, ChillerPlant) else None
    return PlantState(
        plant=plant,
        it_capacity_mw=region.it_capacity_mw,
        temperature_c=temperature_c,
        supply_c=supply,
        airflow_capacity_mw=airflow,
        capacity_mw=airflow if chillers is None else np.minimum(airflow, chillers.capacity_mw),
        density_ratio=pressure_hpa / SEA_LEVEL_HPA,
        chillers=chillers,
    )


def supply_temperature_c(plant: Plant, temperature_c: FloatArray, wet_bulb_c: FloatArray) -> FloatArray:
    """Air after the plant. Never below the setpoint: cold outside air is mixed with return air.

    Evaporation is trimmed to the setpoint, so that the supply never falls as the weather gets warmer or more humid; a
    pad that switches fully wet at some temperature would make it fall there. Chillers hold the setpoint for as much
    load as they can carry.

    Source: Ts = max(T_set, T - e (T - Twb)); with Twb <= T this is T_set wherever T <= T_set.
    """
    # What does not matter to a plant stays missing where it is missing, as for every other plant.
    if isinstance(plant, EvaporativePlant):
        cooled = temperature_c - plant.effectiveness * (np.asarray(temperature_c) - wet_bulb_c)
        return np.maximum(plant.supply_setpoint_c, cooled)
    if isinstance(plant, OutsideAirPlant):
        return np.maximum(plant.supply_setpoint_c, temperature_c + 0 * np.asarray(wet_bulb_c))
    return plant.supply_setpoint_c + 0 * (np.asarray(temperature_c) + wet_bulb_c)


def airflow_capacity_mw(plant: Plant, it_capacity_mw: float, supply_c: FloatArray) -> FloatArray:
    """IT load whose heat the largest air flow can carry away, in [0, it_capacity_mw].

    The flow is sized for `it_capacity_mw` at `design_supply_c`; the exhaust may not pass the temperature that it
    reaches there. Cooler supply adds nothing, because the servers' own fans set how much the air warms.

    Source: Q = m cp (T_exhaust,max - Ts), with m cp = it_capacity_mw / air_rise_k.
    """
    exhaust_limit_c = plant.design_supply_c + plant.air_rise_k
    return it_capacity_mw * np.clip((exhaust_limit_c - np.asarray(supply_c)) / plant.air_rise_k, 0, 1)
