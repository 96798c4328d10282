"""From IT load to facility power, what the next megawatt adds, and the load that a grid limit allows.

Arguments are as in `cooling`; `altitude_m` is the site's. Facility power is IT power, the loss of the uninterruptible
supply, constant power of everything else, and fans.
"""

import numpy as np

from fleet.domain.region import Plant
from fleet.physics.cooling import cooling_capacity_mw, flow_ratio
from fleet.physics.psychrometrics import pressure_hpa
from fleet.units import FloatArray

_TINY = 1e-12


def full_flow_fan_mw(plant: Plant, altitude_m: float) -> float:
    """Fan power at the largest mass flow.

    `fan_reference_mw` is stated at sea level. Thin air needs the same mass, so 1 / r of the volume at density ratio r:
    power goes as volume cubed times density, 1 / r^2, which is 1.57 at 1,860 m.
    """
    density_ratio = pressure_hpa(altitude_m) / pressure_hpa(0)
    return plant.fan_reference_mw / density_ratio**2


def facility_power_mw(
    plant: Plant, it_capacity_mw: float, altitude_m: float, supply_c: FloatArray, it_load_mw: FloatArray
) -> FloatArray:
    """Power drawn from the grid. Never falls as load or supply temperature rises.

    Source: fan affinity law, power as flow cubed, up to the largest flow.
    """
    flow = np.minimum(flow_ratio(plant, it_capacity_mw, supply_c, it_load_mw), 1)
    fans = full_flow_fan_mw(plant, altitude_m) * flow**3
    return it_load_mw * (1 + plant.ups_loss_fraction) + plant.fixed_mw + fans


def marginal_facility_mw_per_mw(
    plant: Plant, it_capacity_mw: float, altitude_m: float, supply_c: FloatArray, it_load_mw: FloatArray
) -> FloatArray:
    """Facility power that the next megawatt of IT load adds; fixed power is no job's doing."""
    flow = flow_ratio(plant, it_capacity_mw, supply_c, it_load_mw)
    capacity = np.maximum(cooling_capacity_mw(plant, it_capacity_mw, supply_c), _TINY)
    fans = 3 * full_flow_fan_mw(plant, altitude_m) * np.minimum(flow, 1) ** 2 / capacity
    # Fans already at full flow cannot be driven harder.
    return 1 + plant.ups_loss_fraction + np.where(flow >= 1, 0.0, fans)


def load_at_facility_power_mw(
    plant: Plant,
    it_capacity_mw: float,
    altitude_m: float,
    supply_c: FloatArray,
    facility_limit_mw: FloatArray | float,
) -> FloatArray:
    """Largest IT load whose facility power stays at or below the limit; 0 where the fixed power alone passes it.

    Not bounded by `it_capacity_mw`. Source: with x = P / capacity, f x^3 + g x = d has the one real root
    x = 2 s sinh(asinh(d / (2 f s^3)) / 3) with s = sqrt(g / (3 f)).
    """
    capacity = cooling_capacity_mw(plant, it_capacity_mw, supply_c)
    per_mw = 1 + plant.ups_loss_fraction
    available = np.maximum(np.asarray(facility_limit_mw) - plant.fixed_mw, 0)
    fans = full_flow_fan_mw(plant, altitude_m)
    at_full_flow = np.maximum(available - fans, 0) / per_mw
    if fans < _TINY:
        return at_full_flow + 0 * capacity
    scale = np.sqrt(np.maximum(per_mw * capacity, _TINY) / (3 * fans))
    root = 2 * scale * np.sinh(np.arcsinh(available / (2 * fans * scale**3)) / 3)
    # Up to full flow the cubic holds and is the smaller load; beyond it, fans draw a constant.
    return np.where(at_full_flow > capacity, at_full_flow, np.minimum(root, 1) * capacity)
