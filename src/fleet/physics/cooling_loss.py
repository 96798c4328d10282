"""A loss of cooling, second by second: the room warms, and its layers of protection act on it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics import room, servers
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.episode import CoolingLoss, Course, Episode
from fleet.physics.plant import PlantState
from fleet.physics.protection import Guard, Layers, calm, layers_at, watch
from fleet.units import SECONDS_PER_MINUTE, FloatArray

# Half a gap between two layers: no step may carry the room past two of them at once.
_GAP_PER_STEP = 0.5


def lose_cooling(
    region: Region,
    plant: PlantState,
    it_load_mw: FloatArray,
    event: CoolingLoss,
    *,
    duration_s: float,
    queue_mw_per_min: float,
    sensor_error_k: FloatArray | None = None,
) -> Episode:
    """What happens from the loss on, to halls that have settled at their load.

    The layers act once a step, of a second or less, on the inlet temperature that they see. Jobs ask for
    servers at a steady rate; none ends by itself meanwhile.

    Args:
        plant: in the weather of each scenario; its arrays are (scenario,).
        it_load_mw: (scenario,), before the loss.
        duration_s: from the loss on.
        queue_mw_per_min: peak power of the servers that jobs ask for.
        sensor_error_k: (scenario, sample), added to what the layers see; none without it.
    Returns: an episode of samples from the loss to `duration_s`.
    Raises: DataError if a load lies outside [0, it_capacity_mw], the weather is missing, the room would stand at or
        above the trip before anything is lost, or an argument has another shape or sign.
    Assumes: one inlet for the hall; the plant of what is left reacts at once, and so does all of it after the outage;
        heat of fans and power supplies stays outside the hall. Utilisation is the same in all servers that are on, and
        where the load is less than an idle hall draws, the servers beyond it are off.
    """
    layers, hall = layers_at(region.white_space, region.altitude_m), room.room_of(region)
    load = np.atleast_1d(np.asarray(it_load_mw, dtype=np.float64))
    inlet = _settled_inlet_c(region, plant, load, layers)
    if not (duration_s > 0 and queue_mw_per_min >= 0):
        raise DataError(f"duration is {duration_s:g} s, queue {queue_mw_per_min:g} MW/min, expected above 0, 0 or more")
    step_s = _step_s(region, hall, layers)
    time_s = step_s * np.arange(round(duration_s / step_s) + 1, dtype=np.float64)
    error_k = np.zeros((*load.shape, time_s.size)) if sensor_error_k is None else sensor_error_k
    if error_k.shape != (*load.shape, time_s.size):
        raise DataError(f"sensor_error_k has shape {error_k.shape}, expected {(*load.shape, time_s.size)}")

    hurt = room.plant_left(plant, event.lost_share)
    over = {each: room.propagator(hall, room.cooling_mw_per_k(p), step_s) for each, p in ((True, hurt), (False, plant))}
    busy, guard = _Servers.drawing(region, load), calm(layers, inlet)
    state = room.RoomState(air_c=inlet, metal_c=inlet)
    course = Course.empty(load.size, time_s.size)
    for k, now_s in enumerate(time_s):
        guard = watch(layers, guard, state.air_c + error_k[:, k])
        out = bool(now_s < event.outage_s)
        heat_mw = busy.power_mw(off=guard.tripped)
        law_mw = room.cooling_at_0_c_mw(hurt if out else plant, heat_mw)
        after, removed_mj = room.advance(over[out], state, heat_mw, law_mw)
        asked_mw = queue_mw_per_min * step_s / SECONDS_PER_MINUTE
        course.record(k, state, guard, load_mw=heat_mw, cooling_mw=removed_mj / step_s, asked_mw=asked_mw)
        busy, state = busy.after(guard, asked_mw, step_s), after
    return Episode(region_id=region.id, event=event, layers=layers, room=hall, time_s=time_s, course=course)


@dataclass(frozen=True, kw_only=True)
class _Servers:
    """Servers of each scenario: how busy those that are on are, and how much they draw at their peak."""

    utilisation: FloatArray
    peak_mw: FloatArray
    idle_share: float
    drain_per_min: float

    @classmethod
    def drawing(cls, region: Region, load_mw: FloatArray) -> Self:
        idle = region.white_space.server_idle_share
        share = load_mw / region.it_capacity_mw
        powered = np.minimum(share / idle, 1) if idle > 0 else np.ones_like(share)
        return cls(
            utilisation=servers.utilisation_at(np.maximum(share, idle), idle),
            peak_mw=region.it_capacity_mw * powered,
            idle_share=idle,
            drain_per_min=region.white_space.drain_per_min,
        )

    def power_mw(self, *, off: NDArray[np.bool_]) -> FloatArray:
        return np.where(off, 0.0, self.peak_mw * servers.power_share(self.utilisation, self.idle_share))

    def after(self, guard: Guard, asked_mw: float, step_s: float) -> Self:
        kept = (1 - self.drain_per_min) ** (step_s / SECONDS_PER_MINUTE)
        added = np.divide(asked_mw, self.peak_mw, out=np.zeros_like(self.peak_mw), where=self.peak_mw > 0)
        busier = np.minimum(self.utilisation + np.where(guard.admitting, added, 0.0), 1)
        left = np.where(guard.tripped, 0.0, np.where(guard.draining, kept, 1.0) * busier)
        return replace(self, utilisation=left)


def _settled_inlet_c(region: Region, plant: PlantState, load_mw: FloatArray, layers: Layers) -> FloatArray:
    outside = load_mw[~((load_mw >= 0) & (load_mw <= region.it_capacity_mw))]
    if outside.size:
        raise DataError(
            f"region {region.id}: it_load_mw is {outside[0]:g}, expected 0 to {region.it_capacity_mw:g}, "
            "its it_capacity_mw; change the load"
        )
    inlet = np.asarray(inlet_temperature_c(plant, load_mw), dtype=np.float64)
    if inlet.shape != load_mw.shape:
        raise DataError(f"region {region.id}: weather gives shape {inlet.shape}, expected {load_mw.shape}, the load's")
    if np.isnan(inlet).any():
        raise DataError(f"region {region.id}: weather is missing, expected numbers; give both temperatures")
    hot = np.flatnonzero(inlet >= layers.trip_c)
    if hot.size:
        raise DataError(
            f"region {region.id}: {load_mw[hot[0]]:g} MW settle at an inlet of {inlet[hot[0]]:.1f} degC before the "
            f"loss, expected below the trip at {layers.trip_c:.1f}; take less load or milder weather"
        )
    return inlet


def _step_s(region: Region, hall: room.Room, layers: Layers) -> float:
    """A second, or the fraction of it in which the hall at full load rises by less than half a gap of the layers."""
    levels = (layers.warn_c, layers.stop_c, layers.migrate_c, layers.trip_c)
    fastest_k_per_s = region.it_capacity_mw / hall.air_mj_per_k
    return 1 / max(1, int(np.ceil(fastest_k_per_s / (_GAP_PER_STEP * float(np.diff(levels).min())))))
