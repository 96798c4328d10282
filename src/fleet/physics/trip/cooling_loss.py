"""Simulation of a loss of cooling: the room warms up, and its layers of protection react."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.domain.region import Region
from fleet.physics.plant import PlantState
from fleet.physics.serving import Servers
from fleet.physics.trip import room
from fleet.physics.trip.episode import CoolingLoss, Course, Episode
from fleet.physics.trip.loss_check import check_course, check_sensors, settled_inlet_c
from fleet.physics.trip.protection import Layers, layers_at, settled_guard, updated_guard
from fleet.units import SECONDS_PER_MINUTE, FloatArray

# In one step the inlet rises by less than this share of the smallest gap between layers, so no step passes two layers.
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
    """Simulate a loss of cooling in halls whose temperature has settled at their load.

    The layers react once per step, of a second or less, to the inlet temperature that they measure. Jobs request
    servers at a steady rate. Admitted jobs add their power to the load, up to the power that the region can supply. No
    job ends by itself during the simulation.

    Args:
        region: gives the hall, the IT capacity and the grid limit.
        plant: state in the weather of each scenario; arrays are (scenario,).
        it_load_mw: (scenario,) load before the loss.
        event: share and length of the loss.
        duration_s: length of the simulation, from the loss on.
        queue_mw_per_min: peak power of the servers that jobs request per minute; at most it_capacity_mw.
        sensor_error_k: (scenario, sample) error of the temperatures that the layers measure; None for no error.
    Returns: an episode with samples from the loss to `duration_s`.
    Raises: DataError with the region's id if a load is not in [0, it_capacity_mw] or above the load that the grid limit
        allows, if weather is missing, if a hall would trip before the loss, or if an argument is not finite or has a
        wrong shape, sign or size.
    Assumes: one inlet temperature for the hall. The remaining plant reacts at once, and so does the whole plant after
        the outage. Heat of fans and power supplies stays outside the hall. If the load is less than an idle hall draws,
        some servers are off, and new jobs start on these first. All servers that are on have the same utilisation.
    """
    layers, hall = layers_at(region.white_space, region.altitude_m), room.room_of(region)
    load = np.atleast_1d(np.asarray(it_load_mw, dtype=np.float64))
    inlet = settled_inlet_c(region, plant, load, layers)
    check_course(region, duration_s, queue_mw_per_min)
    step_s = _step_s(region, hall, layers)
    time_s = step_s * np.arange(round(duration_s / step_s) + 1, dtype=np.float64)
    error_k = np.zeros((*load.shape, time_s.size)) if sensor_error_k is None else sensor_error_k
    check_sensors(region, error_k, (*load.shape, time_s.size))

    simulation = _Simulation(
        layers=layers,
        during_outage=_Cooling.of(hall, room.remaining_plant(plant, event.lost_share), step_s),
        after_outage=_Cooling.of(hall, plant, step_s),
        outage_s=event.outage_s,
        step_s=step_s,
        requested_mw=queue_mw_per_min * step_s / SECONDS_PER_MINUTE,
    )
    course = simulation.run(Servers.at_load(region, plant, load), inlet, time_s, error_k)
    return Episode(region_id=region.id, event=event, layers=layers, room=hall, time_s=time_s, course=course)


@dataclass(frozen=True, kw_only=True)
class _Cooling:
    """The plant that works during the outage or after it, and the propagator of the hall with this plant."""

    plant: PlantState
    propagator: room.Propagator

    @classmethod
    def of(cls, hall: room.Room, plant: PlantState, step_s: float) -> Self:
        return cls(plant=plant, propagator=room.propagator(hall, room.cooling_mw_per_k(plant), step_s))

    def advance(self, state: room.RoomState, load_mw: FloatArray) -> tuple[room.RoomState, FloatArray]:
        """Return the room one step later, and the heat [MJ] that the plant has removed, (scenario,)."""
        return room.advance(self.propagator, state, load_mw, room.cooling_at_0_c_mw(self.plant, load_mw))


@dataclass(frozen=True, kw_only=True)
class _Simulation:
    """The conditions of a loss of cooling.

    during_outage, after_outage: cooling in the two phases of the episode.
    requested_mw: peak power of the servers that jobs request in one step.
    """

    layers: Layers
    during_outage: _Cooling
    after_outage: _Cooling
    outage_s: float
    step_s: float
    requested_mw: float

    def run(self, servers: Servers, inlet_c: FloatArray, time_s: FloatArray, error_k: FloatArray) -> Course:
        """Simulate all steps.

        Args:
            servers: the servers at the load before the loss.
            inlet_c: (scenario,) settled inlet temperature before the loss.
            time_s: (sample,) seconds after the loss.
            error_k: (scenario, sample) error of the measured temperature.
        """
        guard = settled_guard(self.layers, inlet_c)
        state = room.RoomState(air_c=inlet_c, metal_c=inlet_c)
        course = Course.empty(inlet_c.size, time_s.size)
        for sample, now_s in enumerate(time_s):
            guard = updated_guard(self.layers, guard, state.air_c + error_k[:, sample])
            servers = servers.switched_off(guard.tripped)
            cooling = self.during_outage if now_s < self.outage_s else self.after_outage
            next_state, removed_mj = cooling.advance(state, servers.load_mw)
            fitting_mw = servers.fitting_mw(self.requested_mw)
            admitted_mw = np.where(guard.admitting, fitting_mw, 0.0)
            course.record(
                sample,
                state,
                guard,
                load_mw=servers.load_mw,
                cooling_mw=removed_mj / self.step_s,
                denied_mw=fitting_mw - admitted_mw,
                no_room_mw=self.requested_mw - fitting_mw,
            )
            servers, state = servers.advance(guard, admitted_mw, self.step_s), next_state
        return course


def _step_s(region: Region, hall: room.Room, layers: Layers) -> float:
    """Return the step: 1 s, or a whole fraction of 1 s if the hall at full load warms too fast for 1 s."""
    levels = (layers.warn_c, layers.stop_c, layers.migrate_c, layers.trip_c)
    fastest_k_per_s = region.it_capacity_mw / hall.air_mj_per_k
    return 1 / max(1, int(np.ceil(fastest_k_per_s / (_GAP_PER_STEP * float(np.diff(levels).min())))))
