"""Facility power from IT load, the power that the next MW adds, and the load that a grid limit allows.

Facility power is the sum of IT power, the loss of the uninterruptible power supply (UPS), fans, chillers and the
constant power of all other equipment.
"""

import numpy as np

from fleet.physics import chiller
from fleet.physics.cooling import flow_ratio
from fleet.physics.plant import PlantState
from fleet.units import FloatArray

_TINY = 1e-12
_BISECTIONS = 32  # halvings of 100 MW down to 20 mW


def full_flow_fan_mw(state: PlantState) -> FloatArray | float:
    """Return the fan power at the largest mass flow [MW].

    `fan_reference_mw` is the value at sea level. At density ratio r, the same mass of air has 1 / r times the volume.
    Fan power is proportional to volume cubed times density, so it is 1 / r^2 times the value at sea level: 1.57 times
    at 1,860 m.
    """
    return state.plant.fan_reference_mw / state.density_ratio**2


def fan_power_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the fan power [MW].

    Source: fan affinity law, power is proportional to flow cubed, up to the largest flow.
    """
    flow = np.minimum(flow_ratio(state, it_load_mw), 1)
    return full_flow_fan_mw(state) * flow**3


def chiller_power_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the power of the compressors [MW]; exactly zero without chillers."""
    if state.chillers is None:
        return 0 * (np.asarray(it_load_mw) + state.supply_c)
    return chiller.power_mw(state.chillers, it_load_mw)


def facility_power_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the power drawn from the grid [MW].

    It never falls as the load rises or as the weather gets warmer or more humid.
    """
    fans = fan_power_mw(state, it_load_mw)
    power = it_load_mw * (1 + state.plant.ups_loss_fraction) + state.plant.fixed_mw + fans
    return power if state.chillers is None else power + chiller.power_mw(state.chillers, it_load_mw)


def marginal_facility_mw_per_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the facility power that the next MW of IT load adds [MW/MW]. Fixed power does not count."""
    flow = flow_ratio(state, it_load_mw)
    capacity = np.maximum(state.airflow_capacity_mw, _TINY)
    fans = 3 * full_flow_fan_mw(state) * np.minimum(flow, 1) ** 2 / capacity
    # Fans at full flow draw no more for a larger load.
    marginal = 1 + state.plant.ups_loss_fraction + np.where(flow >= 1, 0.0, fans)
    if state.chillers is None:
        return marginal
    return marginal + chiller.marginal_power_mw_per_mw(state.chillers, it_load_mw)


def load_at_facility_power_mw(state: PlantState, facility_limit_mw: FloatArray | float) -> FloatArray:
    """Return the largest IT load [MW] whose facility power stays at or below the limit.

    The result is 0 if the fixed power alone exceeds the limit. It may exceed `it_capacity_mw`.

    Source: let x be the load over the air flow's capacity, f the fan power at full flow, g the power of IT and UPS at
        that capacity, and d the limit minus the fixed power. Then f x^3 + g x = d has the one real root
        x = 2 s sinh(asinh(d / (2 f s^3)) / 3) with s = sqrt(g / (3 f)). With chillers, by bisection from below.
    """
    plant, capacity = state.plant, state.airflow_capacity_mw
    per_mw = 1 + plant.ups_loss_fraction
    available = np.maximum(np.asarray(facility_limit_mw) - plant.fixed_mw, 0)
    if state.chillers is not None:
        return _bisected_load_mw(state, facility_limit_mw, available / per_mw)
    fans = full_flow_fan_mw(state)
    at_full_flow = np.maximum(available - fans, 0) / per_mw
    if plant.fan_reference_mw < _TINY:
        return at_full_flow + 0 * capacity
    scale = np.sqrt(np.maximum(per_mw * capacity, _TINY) / (3 * fans))
    root = 2 * scale * np.sinh(np.arcsinh(available / (2 * fans * scale**3)) / 3)
    # Up to full flow the cubic is valid and gives the smaller load. Beyond full flow, fan power is constant.
    return np.where(at_full_flow > capacity, at_full_flow, np.minimum(root, 1) * capacity)


def _bisected_load_mw(state: PlantState, facility_limit_mw: FloatArray | float, largest_mw: FloatArray) -> FloatArray:
    """Solve by bisection from below. So the facility power of the result never exceeds the limit."""
    low = 0 * np.asarray(state.capacity_mw + largest_mw)
    step = low + largest_mw
    for _ in range(_BISECTIONS):
        step = step / 2
        low = np.where(facility_power_mw(state, low + step) <= facility_limit_mw, low + step, low)
    return low
