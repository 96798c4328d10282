"""From weather to supply air, from supply air and load to inlet temperature, and the load at which a limit is met.

Every function broadcasts `supply_c` against the load or limit. Loads are total IT loads of the region.
"""

import numpy as np

from fleet.domain.region import EvaporativePlant, Plant
from fleet.units import FloatArray

_LEAST_SPAN_K = 1e-9


def supply_temperature_c(plant: Plant, temperature_c: FloatArray, wet_bulb_c: FloatArray) -> FloatArray:
    """Air after the plant. Never below the setpoint: cold outside air is mixed with return air.

    Evaporation is trimmed to the setpoint, so that the supply never falls as the weather gets warmer or more humid; a
    pad that switches fully wet at some temperature would make it fall there.

    Source: Ts = max(T_set, T - e (T - Twb)); with Twb <= T this is T_set wherever T <= T_set.
    """
    if isinstance(plant, EvaporativePlant):
        cooled = temperature_c - plant.effectiveness * (np.asarray(temperature_c) - wet_bulb_c)
        return np.maximum(plant.supply_setpoint_c, cooled)
    # Humidity does not matter here, yet a missing one stays missing, as for every other plant.
    return np.maximum(plant.supply_setpoint_c, temperature_c + 0 * np.asarray(wet_bulb_c))


def cooling_capacity_mw(plant: Plant, it_capacity_mw: float, supply_c: FloatArray) -> FloatArray:
    """IT load whose heat the largest air flow can carry away, in [0, it_capacity_mw].

    The flow is sized for `it_capacity_mw` at `design_supply_c`; the exhaust may not pass the temperature that it
    reaches there. Cooler supply adds nothing, because the servers' own fans set how much the air warms.

    Source: Q = m cp (T_exhaust,max - Ts), with m cp = it_capacity_mw / air_rise_k.
    """
    exhaust_limit_c = plant.design_supply_c + plant.air_rise_k
    return it_capacity_mw * np.clip((exhaust_limit_c - np.asarray(supply_c)) / plant.air_rise_k, 0, 1)


def flow_ratio(plant: Plant, it_capacity_mw: float, supply_c: FloatArray, it_load_mw: FloatArray) -> FloatArray:
    """Air flow that the load needs, over the largest; above 1 the flow falls short. Inf for any load at no capacity."""
    load, capacity = np.broadcast_arrays(
        np.asarray(it_load_mw, dtype=np.float64), cooling_capacity_mw(plant, it_capacity_mw, supply_c)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = load / capacity
    return np.where((load == 0) & (capacity == 0), 0.0, ratio)


def inlet_temperature_c(
    plant: Plant, it_capacity_mw: float, supply_c: FloatArray, it_load_mw: FloatArray
) -> FloatArray:
    """Air that enters the servers: supply air, warmed by the exhaust that finds its way back.

    Recirculation grows in proportion to the flow up to capacity, and by `air_rise_k` per unit of flow that is lacking
    beyond it. Inf for any load at no capacity.
    """
    flow = flow_ratio(plant, it_capacity_mw, supply_c, it_load_mw)
    span_k = plant.recirculation_full_k - plant.recirculation_idle_k
    within_k = plant.recirculation_idle_k + span_k * np.minimum(flow, 1)
    return supply_c + within_k + plant.air_rise_k * np.maximum(flow - 1, 0)


def load_at_inlet_mw(
    plant: Plant, it_capacity_mw: float, supply_c: FloatArray, inlet_limit_c: FloatArray | float
) -> FloatArray:
    """Largest IT load whose inlet stays at or below the limit; 0 where even an idle hall passes it."""
    allowed_k = inlet_limit_c - np.asarray(supply_c)
    span_k = max(plant.recirculation_full_k - plant.recirculation_idle_k, _LEAST_SPAN_K)
    within = np.clip((allowed_k - plant.recirculation_idle_k) / span_k, 0, 1)
    beyond = np.maximum(allowed_k - plant.recirculation_full_k, 0) / plant.air_rise_k
    return (within + beyond) * cooling_capacity_mw(plant, it_capacity_mw, supply_c)
