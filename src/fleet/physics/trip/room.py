"""The heat balance of a hall without enough cooling: its air, the metal that the air warms, and the remaining plant.

Without enough cooling, exhaust flows round to the front of the racks. So the air that enters the servers is the room's
air, and the model has one temperature for both.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from fleet.domain.quantities import FOG_K, check_magnitude
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.units import KW_PER_MW, MJ_PER_KJ, FloatArray

_AIR_KJ_PER_M3_K = 1.2  # at sea level and 20 degC


@dataclass(frozen=True, kw_only=True)
class Room:
    """Heat capacities of a hall's air and of the metal that the air warms, and the thermal resistance between them."""

    air_mj_per_k: float
    metal_mj_per_k: float
    air_to_metal_k_per_mw: float


@dataclass(frozen=True, kw_only=True)
class RoomState:
    """Temperatures of the room, of one shape. The air temperature is the inlet temperature."""

    air_c: FloatArray
    metal_c: FloatArray


@dataclass(frozen=True, kw_only=True)
class Propagator:
    """The exact solution over one step, for cooling that is linear in the air temperature.

    transition: (..., 3, 2), maps the temperatures (air, metal) to (air, metal, integral of air over the step).
    gain: (..., 3), change of these three per MW of constant heat.
    cooling_mw_per_k: (...,), increase of the cooling per kelvin of air.
    """

    transition: FloatArray
    gain: FloatArray
    cooling_mw_per_k: FloatArray
    step_s: float


def room_of(region: Region) -> Room:
    """Return the region's hall, with the racks that the IT capacity fills.

    The heat capacity of the air is proportional to its density. The heat capacity of the metal does not depend on
    altitude.

    Source: 1.2 kJ/m3K of air at sea level. `WhiteSpace` states the air volume and the metal per rack.
    """
    hall = region.white_space
    racks = KW_PER_MW * region.it_capacity_mw / hall.rack_kw
    density_ratio = pressure_hpa(region.altitude_m) / pressure_hpa(0)
    return Room(
        air_mj_per_k=racks * MJ_PER_KJ * _AIR_KJ_PER_M3_K * density_ratio * hall.air_m3_per_rack,
        metal_mj_per_k=racks * MJ_PER_KJ * hall.metal_kj_per_k_per_rack,
        air_to_metal_k_per_mw=KW_PER_MW * hall.air_to_metal_k_per_kw / racks,
    )


def propagator(room: Room, cooling_mw_per_k: FloatArray | float, step_s: float) -> Propagator:
    """Return the solution over a step. The heat and the coefficients of the cooling are constant during the step.

    Args:
        room: the hall.
        cooling_mw_per_k: increase of the cooling per kelvin of air, zero or more, any shape.
        step_s: length of the step.
    Source: C_a dTa/dt = P - Q - (Ta - Tm)/R, C_m dTm/dt = (Ta - Tm)/R, with Q = q0 + g Ta. Solved by the exponential of
        the matrix that also holds the input and the integral of Ta, so the solution is exact for a step of any length.
    """
    slope = np.asarray(cooling_mw_per_k, dtype=np.float64)
    exchange = 1 / room.air_to_metal_k_per_mw
    rates = np.zeros((*slope.shape, 4, 4))  # of air, metal, integral of air, and the constant input
    rates[..., 0, 0] = -(slope + exchange) / room.air_mj_per_k
    rates[..., 0, 1] = exchange / room.air_mj_per_k
    rates[..., 0, 3] = 1 / room.air_mj_per_k
    rates[..., 1, 0] = exchange / room.metal_mj_per_k
    rates[..., 1, 1] = -exchange / room.metal_mj_per_k
    rates[..., 2, 0] = 1.0
    solved: FloatArray = expm(rates * step_s)
    return Propagator(transition=solved[..., :3, :2], gain=solved[..., :3, 3], cooling_mw_per_k=slope, step_s=step_s)


def advance(
    step: Propagator, state: RoomState, heat_mw: FloatArray, cooling_at_0_c_mw: FloatArray
) -> tuple[RoomState, FloatArray]:
    """Return the room one step later, and the heat [MJ] that the plant has removed.

    Args:
        step: the solution over the step.
        state: the room at the start.
        heat_mw: (...,) IT heat, constant over the step.
        cooling_at_0_c_mw: (...,) cooling with air of 0 degC by the plant's law: Q = this + `cooling_mw_per_k` x Ta.
    """
    net_mw = heat_mw - cooling_at_0_c_mw
    before = np.stack(np.broadcast_arrays(state.air_c, state.metal_c), axis=-1)
    after = np.einsum("...ij,...j->...i", step.transition, before) + step.gain * np.asarray(net_mw)[..., None]
    removed_mj = cooling_at_0_c_mw * step.step_s + step.cooling_mw_per_k * after[..., 2]
    return RoomState(air_c=after[..., 0], metal_c=after[..., 1]), removed_mj


def plant_in(region: Region, temperature_c: FloatArray | float, dew_point_c: FloatArray | float) -> PlantState:
    """Return the state of the region's plant in outdoor weather, at the standard pressure of its altitude.

    Args:
        region: gives the plant and the altitude.
        temperature_c, dew_point_c: outdoors, of one shape; NaN is missing. A dew point may be up to 2 K above the
            temperature, as sensors report in fog, and then counts as saturation.
    Raises: DataError with region and value for weather that is impossible or in another unit.
    """
    dry, dew = np.asarray(temperature_c, dtype=np.float64), np.asarray(dew_point_c, dtype=np.float64)
    for column, values in (("temperature_c", dry), ("dew_point_c", dew)):
        check_magnitude(column, values.ravel(), where=f"region {region.id}")
    impossible = np.flatnonzero(dew > dry + FOG_K)
    if impossible.size:
        value = f"dew_point_c is {dew.flat[impossible[0]]:g}"
        limit = f"its temperature_c of {dry.flat[impossible[0]]:g}, or {FOG_K:g} K more in fog"
        raise DataError(f"region {region.id}: {value}, expected at most {limit}")
    pressure = pressure_hpa(region.altitude_m)
    return plant_state(region, dry, wet_bulb_c(dry, dew, pressure), pressure)


def remaining_plant(plant: PlantState, lost_share: FloatArray | float) -> PlantState:
    """Return the plant without a share of its capacity. The supply temperature does not change."""
    remaining = 1 - np.asarray(lost_share, dtype=np.float64)
    return replace(
        plant, airflow_capacity_mw=remaining * plant.airflow_capacity_mw, capacity_mw=remaining * plant.capacity_mw
    )


def cooling_mw_per_k(plant: PlantState) -> FloatArray:
    """Return the increase of the cooling per kelvin of room air [MW/K]: m cp = capacity / air_rise_k."""
    return plant.capacity_mw / plant.plant.air_rise_k


def cooling_at_0_c_mw(plant: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the cooling [MW] with air of 0 degC by the plant's law, for `advance`.

    The plant removes the heat of the load when the room is at the settled inlet temperature of that load, which is
    `inlet_temperature_c`. It removes `cooling_mw_per_k` more for each kelvin above. So a load beyond the remaining
    capacity settles at a higher temperature. A plant without capacity removes nothing.
    """
    settled = inlet_temperature_c(plant, it_load_mw)
    with np.errstate(invalid="ignore"):
        law: FloatArray = it_load_mw - cooling_mw_per_k(plant) * settled
    return np.where(plant.capacity_mw > 0, law, 0.0)
