"""From supply air and load to inlet temperature and air flow, and the load at which an inlet limit is met.

Every function broadcasts the state's weather against the load or limit. Loads are total IT loads of the region.
"""

import numpy as np

from fleet.physics.plant import PlantState
from fleet.physics.psychrometrics import dry_air_density_kg_m3
from fleet.units import KW_PER_MW, SEA_LEVEL_HPA, FloatArray

_LEAST_SPAN_K = 1e-9
_TINY = 1e-12
_AIR_KJ_PER_KG_K = 1.006


def flow_ratio(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Air flow that the load needs, over the largest; above 1 the flow falls short. Inf for any load at no capacity."""
    return _ratio(it_load_mw, state.airflow_capacity_mw)


def air_volume_flow_m3_s(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Supply air that the fans move, at its own temperature and the station's pressure.

    The mass that carries the load's heat is the same in thin air, so the volume is the larger: 1.25 times at 81 kPa.

    Source: V = m / rho with m = flow ratio times it_capacity_mw / (cp air_rise_k), rho of dry air.
    """
    largest_kg_s = KW_PER_MW * state.it_capacity_mw / (_AIR_KJ_PER_KG_K * state.plant.air_rise_k)
    density = dry_air_density_kg_m3(state.supply_c, state.density_ratio * SEA_LEVEL_HPA)
    return largest_kg_s * np.minimum(flow_ratio(state, it_load_mw), 1) / density


def exhaust_temperature_c(state: PlantState) -> FloatArray:
    """Air that leaves the servers: `air_rise_k` above the supply, less where the supply is above its design."""
    return state.supply_c + state.plant.air_rise_k * (state.airflow_capacity_mw / state.it_capacity_mw)


def inlet_temperature_c(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Air that enters the servers: supply air, warmed by the exhaust that finds its way back.

    Recirculation grows in proportion to the flow up to the largest; and for a load beyond the plant's capacity the
    inlet rises by `air_rise_k` per unit that is lacking. Inf for any load at no capacity.
    """
    plant = state.plant
    flow = flow_ratio(state, it_load_mw)
    load_ratio = flow if state.chillers is None else _ratio(it_load_mw, state.capacity_mw)
    span_k = plant.recirculation_full_k - plant.recirculation_idle_k
    within_k = plant.recirculation_idle_k + span_k * np.minimum(flow, 1)
    return state.supply_c + within_k + plant.air_rise_k * np.maximum(load_ratio - 1, 0)


def load_at_inlet_mw(state: PlantState, inlet_limit_c: FloatArray | float) -> FloatArray:
    """Largest IT load whose inlet stays at or below the limit; 0 where even an idle hall passes it."""
    plant, capacity = state.plant, state.capacity_mw
    allowed_k = inlet_limit_c - np.asarray(state.supply_c)
    span_k = max(plant.recirculation_full_k - plant.recirculation_idle_k, _LEAST_SPAN_K)
    within = np.clip((allowed_k - plant.recirculation_idle_k) / span_k, 0, 1)
    if state.chillers is None:
        beyond = np.maximum(allowed_k - plant.recirculation_full_k, 0) / plant.air_rise_k
        return (within + beyond) * capacity
    # Three straight pieces: up to what the chillers carry, on to the largest flow, and beyond.
    airflow = state.airflow_capacity_mw
    per_mw, lacking_per_mw = span_k / airflow, plant.air_rise_k / np.maximum(capacity, _TINY)
    at_capacity_k = plant.recirculation_idle_k + per_mw * capacity
    to_full = capacity + (allowed_k - at_capacity_k) / (per_mw + lacking_per_mw)
    at_full_k = plant.recirculation_full_k + lacking_per_mw * (airflow - capacity)
    beyond = airflow + (allowed_k - at_full_k) / lacking_per_mw
    return np.where(allowed_k <= at_capacity_k, within * airflow, np.where(allowed_k <= at_full_k, to_full, beyond))


def _ratio(it_load_mw: FloatArray, capacity_mw: FloatArray) -> FloatArray:
    load, capacity = np.broadcast_arrays(np.asarray(it_load_mw, dtype=np.float64), capacity_mw)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = load / capacity
    return np.where((load == 0) & (capacity == 0), 0.0, ratio)
