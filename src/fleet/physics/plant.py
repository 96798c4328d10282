"""The state of a region's plant in some weather. The functions of cooling, power and water read it.

To add a kind of plant, add a branch to `supply_temperature_c`, and add its chillers or other equipment to
`plant_state`.
"""

from dataclasses import dataclass

import numpy as np

from fleet.domain.region import ChillerPlant, EvaporativePlant, OutsideAirPlant, Plant, Region
from fleet.errors import DataError
from fleet.physics.chiller import Chillers, chillers_in
from fleet.units import SEA_LEVEL_HPA, FloatArray

# The lowest wet bulb that plants use, because operators keep towers and pads from freezing. Near freezing, where the
# wick of the instrument turns to ice, the wet bulb can fall by up to 1.1 K (at 400 hPa) while the air gets warmer. This
# lowest value also keeps plants out of that range.
_COLDEST_WATER_C = 1.5


@dataclass(frozen=True, kw_only=True)
class PlantState:
    """The state of a plant in some weather. Arrays have the shape of the weather; NaN is missing.

    temperature_c: outdoor dry bulb.
    supply_c: temperature of the supply air, which leaves the plant.
    airflow_capacity_mw: IT load whose heat the largest air flow can carry.
    capacity_mw: IT load whose heat the whole plant can carry, the smaller of air flow and chillers.
    density_ratio: density of the air over the density at sea level, both at one temperature; a number, or an array of
        the weather's shape.
    chillers: None for a plant without chillers.
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
    """Return the state of the region's plant in some weather.

    Args:
        region: its plant and IT capacity.
        temperature_c, wet_bulb_c: outdoor dry bulb and wet bulb, of one shape. A wet bulb below 1.5 degC counts as
            1.5 degC, or as the temperature if that is lower.
        pressure_hpa: station pressure; a number, or an array of that shape.
    Raises: DataError with the region's id if its kind of plant is unknown.
    """
    plant = region.plant
    if not isinstance(plant, EvaporativePlant | OutsideAirPlant | ChillerPlant):
        kind = getattr(plant, "kind", type(plant).__name__)
        raise DataError(
            f"region {region.id}: plant kind {kind!r} is unknown, expected evaporative, outside_air or chiller"
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
    """Return the temperature of the supply air [degC].

    It is never below the setpoint, because the plant mixes cold outside air with return air. The plant evaporates only
    as much water as brings the air to the setpoint. So the supply never falls as the weather gets warmer or more humid.
    A pad that switched from dry to fully wet would lower the supply. Chillers always keep the setpoint. A load beyond
    their capacity warms the inlet instead (`inlet_temperature_c`).

    Args:
        plant: a plant of any kind.
        temperature_c, wet_bulb_c: outdoor dry bulb and wet bulb, of one shape.
    Source: Ts = max(T_set, T - e (T - Twb)); with Twb <= T this is T_set wherever T <= T_set.
    """
    # The terms 0 * x make the result missing where any weather is missing, for every kind of plant.
    if isinstance(plant, EvaporativePlant):
        cooled = temperature_c - plant.effectiveness * (np.asarray(temperature_c) - wet_bulb_c)
        return np.maximum(plant.supply_setpoint_c, cooled)
    if isinstance(plant, OutsideAirPlant):
        return np.maximum(plant.supply_setpoint_c, temperature_c + 0 * np.asarray(wet_bulb_c))
    return plant.supply_setpoint_c + 0 * (np.asarray(temperature_c) + wet_bulb_c)


def airflow_capacity_mw(plant: Plant, it_capacity_mw: float, supply_c: FloatArray) -> FloatArray:
    """Return the IT load [MW] whose heat the largest air flow can carry, in [0, it_capacity_mw].

    The flow is sized for `it_capacity_mw` at `design_supply_c`. The exhaust may not get warmer than under these
    conditions. Cooler supply adds no capacity, because the servers' own fans determine how much the air warms.

    Source: Q = m cp (T_exhaust,max - Ts), with m cp = it_capacity_mw / air_rise_k.
    """
    exhaust_limit_c = plant.design_supply_c + plant.air_rise_k
    return it_capacity_mw * np.clip((exhaust_limit_c - np.asarray(supply_c)) / plant.air_rise_k, 0, 1)
