"""Inlet temperature and air flow from supply air and load, and the load at which the inlet reaches a limit.

Every function broadcasts the weather of the plant's state against the load or limit. Loads are total IT loads of the
region.
"""

import numpy as np

from fleet.physics.plant import PlantState
from fleet.physics.psychrometrics import dry_air_density_kg_m3
from fleet.units import KW_PER_MW, SEA_LEVEL_HPA, FloatArray

_LEAST_SPAN_K = 1e-9
_TINY = 1e-12
_AIR_KJ_PER_KG_K = 1.006


def flow_ratio(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the air flow that the load needs, over the largest air flow.

    A value above 1 means that the largest flow is too small. The value is inf for a load without capacity.
    """
    return _ratio(it_load_mw, state.airflow_capacity_mw)


def air_volume_flow_m3_s(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the volume of supply air that the fans move [m3/s], at supply temperature and station pressure.

    The same mass of air carries the heat of a load at any altitude. So thin air needs a larger volume: at 81 kPa, 1.25
    times the volume at sea level.

    Source: V = m / rho with m = flow ratio times it_capacity_mw / (cp air_rise_k), rho of dry air.
    """
    largest_kg_s = KW_PER_MW * state.it_capacity_mw / (_AIR_KJ_PER_KG_K * state.plant.air_rise_k)
    density = dry_air_density_kg_m3(state.supply_c, state.density_ratio * SEA_LEVEL_HPA)
    return largest_kg_s * np.minimum(flow_ratio(state, it_load_mw), 1) / density


def exhaust_temperature_c(state: PlantState) -> FloatArray:
    """Return the temperature of the air that leaves the servers [degC].

    It is `air_rise_k` above the supply. If the supply is warmer than `design_supply_c`, the exhaust stays at its limit,
    `design_supply_c` + `air_rise_k`, or at the supply temperature if that is higher.
    """
    return state.supply_c + state.plant.air_rise_k * (state.airflow_capacity_mw / state.it_capacity_mw)


def inlet_temperature_c(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the temperature of the air that enters the servers [degC]: supply air, warmed by recirculated exhaust.

    Recirculation rises linearly with the air flow, up to the largest flow. For a load beyond the plant's capacity the
    inlet also rises by `air_rise_k` times (load / capacity - 1). The inlet is inf for a load without capacity.
    """
    plant = state.plant
    flow = flow_ratio(state, it_load_mw)
    load_ratio = flow if state.chillers is None else _ratio(it_load_mw, state.capacity_mw)
    span_k = plant.recirculation_full_k - plant.recirculation_idle_k
    within_k = plant.recirculation_idle_k + span_k * np.minimum(flow, 1)
    return state.supply_c + within_k + plant.air_rise_k * np.maximum(load_ratio - 1, 0)


def load_at_inlet_mw(state: PlantState, inlet_limit_c: FloatArray | float) -> FloatArray:
    """Return the largest IT load [MW] whose inlet stays at or below the limit; 0 if even an idle hall exceeds it."""
    plant, capacity = state.plant, state.capacity_mw
    allowed_k = inlet_limit_c - np.asarray(state.supply_c)
    span_k = max(plant.recirculation_full_k - plant.recirculation_idle_k, _LEAST_SPAN_K)
    within = np.clip((allowed_k - plant.recirculation_idle_k) / span_k, 0, 1)
    if state.chillers is None:
        beyond = np.maximum(allowed_k - plant.recirculation_full_k, 0) / plant.air_rise_k
        return (within + beyond) * capacity
    # The inlet rises in three linear pieces: up to the chillers' capacity, on to the largest air flow, and beyond.
    airflow = state.airflow_capacity_mw
    per_mw, excess_per_mw = span_k / airflow, plant.air_rise_k / np.maximum(capacity, _TINY)
    at_capacity_k = plant.recirculation_idle_k + per_mw * capacity
    to_full = capacity + (allowed_k - at_capacity_k) / (per_mw + excess_per_mw)
    at_full_k = plant.recirculation_full_k + excess_per_mw * (airflow - capacity)
    beyond = airflow + (allowed_k - at_full_k) / excess_per_mw
    return np.where(allowed_k <= at_capacity_k, within * airflow, np.where(allowed_k <= at_full_k, to_full, beyond))


def _ratio(it_load_mw: FloatArray, capacity_mw: FloatArray) -> FloatArray:
    load, capacity = np.broadcast_arrays(np.asarray(it_load_mw, dtype=np.float64), capacity_mw)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = load / capacity
    return np.where((load == 0) & (capacity == 0), 0.0, ratio)
