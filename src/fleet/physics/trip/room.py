"""The heat that a hall holds when its cooling falters: air, the metal that the air warms, and the plant that is left.

Without enough cooling, exhaust comes round to the front of the racks, so the air that enters the servers is the room's
air: one temperature stands for both.
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
    """Heat capacities of a hall's air and of the metal it warms, and the resistance between them."""

    air_mj_per_k: float
    metal_mj_per_k: float
    air_to_metal_k_per_mw: float


@dataclass(frozen=True, kw_only=True)
class RoomState:
    """air_c is the inlet temperature; both of one shape."""

    air_c: FloatArray
    metal_c: FloatArray


@dataclass(frozen=True, kw_only=True)
class Propagator:
    """The exact solution over one step, for cooling that is linear in the air's temperature.

    transition: (..., 3, 2), from (air, metal) to (air, metal, integral of air over the step).
    gain: (..., 3), the same per MW of constant heat.
    cooling_mw_per_k: (...,).
    """

    transition: FloatArray
    gain: FloatArray
    cooling_mw_per_k: FloatArray
    step_s: float


def room_of(region: Region) -> Room:
    """The region's hall: as many racks as the IT capacity fills. Thin air holds less heat, metal does not.

    Source: 1.2 kJ/m3K of air at sea level; what a rack has of both is `WhiteSpace`'s.
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
    """How the hall goes on for `step_s` while heat and the plant's law stay as they are.

    Args:
        cooling_mw_per_k: what cooling gains per kelvin of air, zero or more, any shape.
    Source: C_a dTa/dt = P - Q - (Ta - Tm)/R, C_m dTm/dt = (Ta - Tm)/R, with Q = q0 + g Ta; solved by the exponential
        of the matrix that also carries the input and the integral of Ta, so no step is too long to be exact.
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
    over: Propagator, state: RoomState, heat_mw: FloatArray, cooling_at_0_c_mw: FloatArray
) -> tuple[RoomState, FloatArray]:
    """The hall one step later, and the heat [MJ] that the plant took away meanwhile.

    Args:
        heat_mw: (...,), constant over the step.
        cooling_at_0_c_mw: (...,), the plant's law extended to air of 0 degC: Q = this + `cooling_mw_per_k` x Ta.
    """
    net_mw = heat_mw - cooling_at_0_c_mw
    before = np.stack(np.broadcast_arrays(state.air_c, state.metal_c), axis=-1)
    after = np.einsum("...ij,...j->...i", over.transition, before) + over.gain * np.asarray(net_mw)[..., None]
    removed_mj = cooling_at_0_c_mw * over.step_s + over.cooling_mw_per_k * after[..., 2]
    return RoomState(air_c=after[..., 0], metal_c=after[..., 1]), removed_mj


def plant_in(region: Region, temperature_c: FloatArray | float, dew_point_c: FloatArray | float) -> PlantState:
    """The region's plant in outdoor weather, at the pressure of its altitude.

    Args:
        temperature_c, dew_point_c: outdoors, of one shape; NaN is missing. A dew point may be up to 2 K above the
            temperature, as sensors report in fog, and counts as saturation.
    Raises: DataError naming region and value for weather that cannot be, or is of another unit.
    """
    dry, dew = np.asarray(temperature_c, dtype=np.float64), np.asarray(dew_point_c, dtype=np.float64)
    for column, values in (("temperature_c", dry), ("dew_point_c", dew)):
        check_magnitude(column, values.ravel(), where=f"region {region.id}")
    impossible = np.flatnonzero(dew > dry + FOG_K)
    if impossible.size:
        found = f"dew_point_c is {dew.flat[impossible[0]]:g}"
        limit = f"its temperature_c of {dry.flat[impossible[0]]:g}, and {FOG_K:g} K more in fog"
        raise DataError(f"region {region.id}: {found}, expected at most {limit}")
    pressure = pressure_hpa(region.altitude_m)
    return plant_state(region, dry, wet_bulb_c(dry, dew, pressure), pressure)


def plant_left(plant: PlantState, lost_share: FloatArray | float) -> PlantState:
    """The plant without a share of its capacity. The supply air of what is left is as it was."""
    left = 1 - np.asarray(lost_share, dtype=np.float64)
    return replace(plant, airflow_capacity_mw=left * plant.airflow_capacity_mw, capacity_mw=left * plant.capacity_mw)


def cooling_mw_per_k(plant: PlantState) -> FloatArray:
    """What the plant's cooling gains per kelvin of the room: its air stream, m cp = capacity / air_rise_k."""
    return plant.capacity_mw / plant.plant.air_rise_k


def cooling_at_0_c_mw(plant: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """The plant's law extended to air of 0 degC, for `advance`.

    The plant carries away the load's heat while the room stands at the inlet that the load settles at, and
    `cooling_mw_per_k` more for each kelvin above: a load beyond what is left settles higher, as `inlet_temperature_c`
    says. No capacity cools nothing.
    """
    settled = inlet_temperature_c(plant, it_load_mw)
    with np.errstate(invalid="ignore"):
        law: FloatArray = it_load_mw - cooling_mw_per_k(plant) * settled
    return np.where(plant.capacity_mw > 0, law, 0.0)
