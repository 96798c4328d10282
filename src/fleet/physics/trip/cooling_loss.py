"""A loss of cooling, second by second: the room warms, and its layers of protection act on it."""

import numpy as np

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.plant import PlantState
from fleet.physics.power import load_at_facility_power_mw
from fleet.physics.serving import Servers
from fleet.physics.trip import room
from fleet.physics.trip.episode import CoolingLoss, Course, Episode
from fleet.physics.trip.protection import Layers, calm, layers_at, watch
from fleet.units import DUST_MW, SECONDS_PER_MINUTE, FloatArray

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

    The layers act once a step, of a second or less, on the inlet temperature that they see. Jobs ask for servers at a
    steady rate, and those that are let in add what they ask for to the load, up to what the region can power; none ends
    by itself meanwhile.

    Args:
        plant: in the weather of each scenario; its arrays are (scenario,).
        it_load_mw: (scenario,), before the loss.
        duration_s: from the loss on.
        queue_mw_per_min: peak power of the servers that jobs ask for, at most the whole hall in a minute.
        sensor_error_k: (scenario, sample), added to what the layers see; none without it.
    Returns: an episode of samples from the loss to `duration_s`.
    Raises: DataError naming the region if a load is not in [0, it_capacity_mw] or above what the grid limit carries,
        the weather is missing, the room would stand at or above the trip before anything is lost, or an argument is
        not finite or has another shape, sign or size.
    Assumes: one inlet for the hall; the plant of what is left reacts at once, and so does all of it after the outage;
        heat of fans and power supplies stays outside the hall. Where the load is less than an idle hall draws, the
        servers beyond it are off, and jobs are given those first. Utilisation is the same in all that are on.
    """
    layers, hall = layers_at(region.white_space, region.altitude_m), room.room_of(region)
    load = np.atleast_1d(np.asarray(it_load_mw, dtype=np.float64))
    inlet = _settled_inlet_c(region, plant, load, layers)
    _check_course(region, duration_s, queue_mw_per_min)
    step_s = _step_s(region, hall, layers)
    time_s = step_s * np.arange(round(duration_s / step_s) + 1, dtype=np.float64)
    error_k = np.zeros((*load.shape, time_s.size)) if sensor_error_k is None else sensor_error_k
    _check_sensors(region, error_k, (*load.shape, time_s.size))

    hurt = room.plant_left(plant, event.lost_share)
    over = {each: room.propagator(hall, room.cooling_mw_per_k(p), step_s) for each, p in ((True, hurt), (False, plant))}
    servers, guard = Servers.drawing(region, plant, load), calm(layers, inlet)
    state = room.RoomState(air_c=inlet, metal_c=inlet)
    course = Course.empty(load.size, time_s.size)
    asked_mw = queue_mw_per_min * step_s / SECONDS_PER_MINUTE
    for k, now_s in enumerate(time_s):
        guard = watch(layers, guard, state.air_c + error_k[:, k])
        servers = servers.without(guard.tripped)
        out = bool(now_s < event.outage_s)
        law_mw = room.cooling_at_0_c_mw(hurt if out else plant, servers.load_mw)
        after, removed_mj = room.advance(over[out], state, servers.load_mw, law_mw)
        fitting_mw = servers.fitting_mw(asked_mw)
        admitted_mw = np.where(guard.admitting, fitting_mw, 0.0)
        course.record(
            k,
            state,
            guard,
            load_mw=servers.load_mw,
            cooling_mw=removed_mj / step_s,
            denied_mw=fitting_mw - admitted_mw,
            no_room_mw=asked_mw - fitting_mw,
        )
        servers, state = servers.after(guard, admitted_mw, step_s), after
    return Episode(region_id=region.id, event=event, layers=layers, room=hall, time_s=time_s, course=course)


def _check_course(region: Region, duration_s: float, queue_mw_per_min: float) -> None:
    if not 0 < duration_s < np.inf:
        raise DataError(f"region {region.id}: duration_s is {duration_s:g}, expected above 0 and finite")
    most = region.it_capacity_mw
    if not 0 <= queue_mw_per_min <= most:
        raise DataError(
            f"region {region.id}: queue_mw_per_min is {queue_mw_per_min:g}, expected 0 to {most:g}, "
            "its it_capacity_mw in a minute"
        )


def _check_sensors(region: Region, error_k: FloatArray, shape: tuple[int, ...]) -> None:
    if error_k.shape != shape:
        raise DataError(f"region {region.id}: sensor_error_k has shape {error_k.shape}, expected {shape}")
    bad = np.argwhere(~np.isfinite(error_k))
    if bad.size:
        scenario, sample = bad[0]
        raise DataError(
            f"region {region.id}: sensor_error_k is {error_k[scenario, sample]:g} in scenario {scenario}, "
            f"sample {sample}, expected a finite number"
        )


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
    carried = load_at_facility_power_mw(plant, region.grid_limit_mw)
    above = np.flatnonzero(load_mw > carried + DUST_MW)
    if above.size:
        raise DataError(
            f"region {region.id}: it_load_mw is {load_mw[above[0]]:g}, expected 0 to {carried[above[0]]:.1f}, "
            f"what its grid_limit_mw of {region.grid_limit_mw:g} carries in this weather; change the load"
        )
    hot = np.flatnonzero(inlet >= layers.trip_c)
    if hot.size:
        settled = (
            f"settle at an inlet of {inlet[hot[0]]:.1f} degC" if inlet[hot[0]] < np.inf else "have no steady state"
        )
        raise DataError(
            f"region {region.id}: {load_mw[hot[0]]:g} MW {settled} before the loss, expected below the trip at "
            f"{layers.trip_c:.1f} degC; take less load or milder weather"
        )
    return inlet


def _step_s(region: Region, hall: room.Room, layers: Layers) -> float:
    """A second, or the fraction of it in which the hall at full load rises by less than half a gap of the layers."""
    levels = (layers.warn_c, layers.stop_c, layers.migrate_c, layers.trip_c)
    fastest_k_per_s = region.it_capacity_mw / hall.air_mj_per_k
    return 1 / max(1, int(np.ceil(fastest_k_per_s / (_GAP_PER_STEP * float(np.diff(levels).min())))))
