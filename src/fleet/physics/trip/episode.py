"""A loss of cooling as an event, and the record of its course."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.errors import ConfigError
from fleet.physics.trip.protection import Guard, Layers
from fleet.physics.trip.room import Room, RoomState
from fleet.units import SECONDS_PER_MINUTE, FloatArray


@dataclass(frozen=True, kw_only=True)
class CoolingLoss:
    """A loss of a share of the plant's capacity. After the outage the whole capacity is back at once.

    lost_share: lost share of the capacity, in (0, 1].
    outage_s: length of the outage, above zero and finite.
    Raises: ConfigError if the share is not in (0, 1] or the outage is not above zero and finite.
    """

    lost_share: float
    outage_s: float

    def __post_init__(self) -> None:
        if not 0 < self.lost_share <= 1:
            raise ConfigError(f"share of cooling lost is {self.lost_share:g}, expected above 0 and at most 1")
        if not 0 < self.outage_s < np.inf:
            raise ConfigError(f"outage is {self.outage_s / SECONDS_PER_MINUTE:g} min, expected above 0")


# Pump trip: full cooling is back two to three minutes after an outage. Source: Active Power 2007.
# Power sag: the sag lasts for a second but stops the drives of the plant, which restart one after another. The share
# and the outage of this event are assumptions.
EVENTS: Mapping[str, CoolingLoss] = MappingProxyType(
    {
        "pump-trip": CoolingLoss(lost_share=1.0, outage_s=3 * SECONDS_PER_MINUTE),
        "power-sag": CoolingLoss(lost_share=0.6, outage_s=5 * SECONDS_PER_MINUTE),
    }
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """The course of an episode. Arrays are (scenario, sample). A step begins at its sample.

    inlet_c, metal_c: temperatures of the room at the sample.
    load_mw, cooling_mw: IT power, and heat that the plant removes; means over the step.
    denied_mw: peak power of the servers that jobs request in the step, that fit, and that are refused because of heat.
    no_room_mw: peak power of the servers that are requested in the step and do not fit below the installed power and
        the grid limit.
    admitting, draining, tripped: state of the guard during the step.
    """

    inlet_c: FloatArray
    metal_c: FloatArray
    load_mw: FloatArray
    cooling_mw: FloatArray
    denied_mw: FloatArray
    no_room_mw: FloatArray
    admitting: NDArray[np.bool_]
    draining: NDArray[np.bool_]
    tripped: NDArray[np.bool_]

    @classmethod
    def empty(cls, scenarios: int, samples: int) -> Self:
        """Return a course without recorded samples: numbers are NaN, flags are False."""
        shape = (scenarios, samples)
        numbers = [np.full(shape, np.nan) for _ in range(6)]
        inlet_c, metal_c, load_mw, cooling_mw, denied_mw, no_room_mw = numbers
        admitting, draining, tripped = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
        return cls(
            inlet_c=inlet_c,
            metal_c=metal_c,
            load_mw=load_mw,
            cooling_mw=cooling_mw,
            denied_mw=denied_mw,
            no_room_mw=no_room_mw,
            admitting=admitting,
            draining=draining,
            tripped=tripped,
        )

    def record(
        self,
        sample: int,
        state: RoomState,
        guard: Guard,
        *,
        load_mw: FloatArray,
        cooling_mw: FloatArray,
        denied_mw: FloatArray,
        no_room_mw: FloatArray,
    ) -> None:
        """Write the values of one sample, each (scenario,)."""
        self.inlet_c[:, sample], self.metal_c[:, sample] = state.air_c, state.metal_c
        self.load_mw[:, sample], self.cooling_mw[:, sample] = load_mw, cooling_mw
        self.denied_mw[:, sample], self.no_room_mw[:, sample] = denied_mw, no_room_mw
        self.admitting[:, sample] = guard.admitting
        self.draining[:, sample] = guard.draining
        self.tripped[:, sample] = guard.tripped


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A loss of cooling in a region and its course.

    Times are seconds after the loss, (scenario,); NaN means never.
    """

    region_id: str
    event: CoolingLoss
    layers: Layers
    room: Room
    time_s: FloatArray
    course: Course

    @property
    def warn_s(self) -> FloatArray:
        """Time when the inlet, without sensor error, first reached the warning level."""
        return self._first_s(self.course.inlet_c >= self.layers.warn_c)

    @property
    def stop_s(self) -> FloatArray:
        """Time when admission first stopped."""
        return self._first_s(~self.course.admitting)

    @property
    def migrate_s(self) -> FloatArray:
        """Time when jobs first began to leave."""
        return self._first_s(self.course.draining)

    @property
    def trip_s(self) -> FloatArray:
        """Time when servers switched themselves off."""
        return self._first_s(self.course.tripped)

    @property
    def first_denial_s(self) -> FloatArray:
        """Time when a job that would have fitted was first refused."""
        return self._first_s(self.course.denied_mw > 0)

    @property
    def resumed_s(self) -> FloatArray:
        """Time when admission last resumed."""
        resumed = self.course.admitting[:, 1:] & ~self.course.admitting[:, :-1]
        last = resumed.shape[1] - np.argmax(resumed[:, ::-1], axis=1)
        return np.where(resumed.any(axis=1), self.time_s[last], np.nan)

    @property
    def admission_changes(self) -> NDArray[np.int64]:
        """Number of times that admission stopped or resumed, (scenario,)."""
        changes: NDArray[np.int64] = np.diff(self.course.admitting, axis=1).sum(axis=1, dtype=np.int64)
        return changes

    @property
    def denied_mw(self) -> FloatArray:
        """Peak power of the servers that were requested, would have fitted, and were refused because of heat."""
        denied: FloatArray = self.course.denied_mw[:, :-1].sum(axis=1)
        return denied

    @property
    def no_room_mw(self) -> FloatArray:
        """Peak power of the servers that were requested and did not fit, (scenario,)."""
        no_room: FloatArray = self.course.no_room_mw[:, :-1].sum(axis=1)
        return no_room

    @property
    def survived(self) -> NDArray[np.bool_]:
        """Whether the servers never switched themselves off, (scenario,)."""
        survived: NDArray[np.bool_] = np.all(~self.course.tripped, axis=1)
        return survived

    def heat_mj(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the heat [MJ] generated, stored in the room and removed between first and last sample, (scenario,)."""
        step_s, course = self.time_s[1], self.course
        stored = self.room.air_mj_per_k * (course.inlet_c[:, -1] - course.inlet_c[:, 0])
        stored += self.room.metal_mj_per_k * (course.metal_c[:, -1] - course.metal_c[:, 0])
        return step_s * course.load_mw[:, :-1].sum(axis=1), stored, step_s * course.cooling_mw[:, :-1].sum(axis=1)

    def _first_s(self, flags: NDArray[np.bool_]) -> FloatArray:
        return np.where(flags.any(axis=1), self.time_s[np.argmax(flags, axis=1)], np.nan)
