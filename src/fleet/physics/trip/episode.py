"""What a loss of cooling is, and the record of what followed."""

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
    """A share of the plant's capacity is lost for a while, and comes back whole and at once.

    Raises: ConfigError if the share is not in (0, 1] or the outage is not above zero.
    """

    lost_share: float
    outage_s: float

    def __post_init__(self) -> None:
        if not 0 < self.lost_share <= 1:
            raise ConfigError(f"share of cooling lost is {self.lost_share:g}, expected above 0 and at most 1")
        if not 0 < self.outage_s < np.inf:
            raise ConfigError(f"outage is {self.outage_s / SECONDS_PER_MINUTE:g} min, expected above 0")


# Source of the three minutes: Active Power 2007, two to three until full cooling is back after an outage. A sag is over
# in a second, but stops the plant's drives, and those restart one after another: share and minutes are assumptions.
EVENTS: Mapping[str, CoolingLoss] = MappingProxyType(
    {
        "pump-trip": CoolingLoss(lost_share=1.0, outage_s=3 * SECONDS_PER_MINUTE),
        "power-sag": CoolingLoss(lost_share=0.6, outage_s=5 * SECONDS_PER_MINUTE),
    }
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """Every array is (scenario, sample). What is per step belongs to the step that begins at the sample.

    inlet_c, metal_c: of the room.
    load_mw, cooling_mw: IT power, and heat that the plant takes away, both means over the step.
    admitting, draining, tripped: what the layers do in the step.
    denied_mw: peak power of the servers that are asked for in the step, and refused though there is room.
    no_room_mw: the same for those that do not fit below what is installed and what the grid carries.
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
        """Missing everywhere, to be recorded."""
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
        k: int,
        state: RoomState,
        guard: Guard,
        *,
        load_mw: FloatArray,
        cooling_mw: FloatArray,
        denied_mw: FloatArray,
        no_room_mw: FloatArray,
    ) -> None:
        """Write sample `k`."""
        self.inlet_c[:, k], self.metal_c[:, k] = state.air_c, state.metal_c
        self.load_mw[:, k], self.cooling_mw[:, k] = load_mw, cooling_mw
        self.denied_mw[:, k], self.no_room_mw[:, k] = denied_mw, no_room_mw
        self.admitting[:, k], self.draining[:, k], self.tripped[:, k] = guard.admitting, guard.draining, guard.tripped


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A loss of cooling in a region, from the loss on. Times are seconds after it, (scenario,), NaN for never."""

    region_id: str
    event: CoolingLoss
    layers: Layers
    room: Room
    time_s: FloatArray
    course: Course

    @property
    def warn_s(self) -> FloatArray:
        """When the inlet first stood at the warning or above."""
        return self._first_s(self.course.inlet_c >= self.layers.warn_c)

    @property
    def stop_s(self) -> FloatArray:
        """When admission first stopped."""
        return self._first_s(~self.course.admitting)

    @property
    def migrate_s(self) -> FloatArray:
        """When jobs first were made to leave."""
        return self._first_s(self.course.draining)

    @property
    def trip_s(self) -> FloatArray:
        """When servers switched themselves off."""
        return self._first_s(self.course.tripped)

    @property
    def first_denial_s(self) -> FloatArray:
        """When a job that would have fitted was first refused."""
        return self._first_s(self.course.denied_mw > 0)

    @property
    def resumed_s(self) -> FloatArray:
        """When admission last resumed."""
        resumed = self.course.admitting[:, 1:] & ~self.course.admitting[:, :-1]
        last = resumed.shape[1] - np.argmax(resumed[:, ::-1], axis=1)
        return np.where(resumed.any(axis=1), self.time_s[last], np.nan)

    @property
    def admission_changes(self) -> NDArray[np.int64]:
        """How often admission stopped or resumed."""
        changes: NDArray[np.int64] = np.diff(self.course.admitting, axis=1).sum(axis=1, dtype=np.int64)
        return changes

    @property
    def denied_mw(self) -> FloatArray:
        """Peak power of the servers that were asked for, had room, and were refused for heat."""
        denied: FloatArray = self.course.denied_mw[:, :-1].sum(axis=1)
        return denied

    @property
    def no_room_mw(self) -> FloatArray:
        """Peak power of the servers that were asked for and did not fit."""
        no_room: FloatArray = self.course.no_room_mw[:, :-1].sum(axis=1)
        return no_room

    @property
    def survived(self) -> NDArray[np.bool_]:
        """Whether the servers never switched themselves off."""
        survived: NDArray[np.bool_] = np.all(~self.course.tripped, axis=1)
        return survived

    def heat_mj(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Heat generated, stored in the room, and removed from the first sample to the last, each (scenario,)."""
        step_s, course = self.time_s[1], self.course
        stored = self.room.air_mj_per_k * (course.inlet_c[:, -1] - course.inlet_c[:, 0])
        stored += self.room.metal_mj_per_k * (course.metal_c[:, -1] - course.metal_c[:, 0])
        return step_s * course.load_mw[:, :-1].sum(axis=1), stored, step_s * course.cooling_mw[:, :-1].sum(axis=1)

    def _first_s(self, flags: NDArray[np.bool_]) -> FloatArray:
        return np.where(flags.any(axis=1), self.time_s[np.argmax(flags, axis=1)], np.nan)
