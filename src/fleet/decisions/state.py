"""The state between one hour of decisions and the next."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.conformal import miscoverage_of
from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import ControllerRules
from fleet.domain.region import Fleet
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Placements:
    """Jobs and the places that they have. Arrays are (entry,).

    Args:
        job: position in the workload.
        region: position in the fleet.
        start_h: first hour, in hours since 1970-01-01T00 UTC.
        approval: number of the approval that gave the place. Jobs of one array that got one place in one hour share the
            number.

    All but `job` are NOWHERE for an entry without a place.
    """

    job: IntArray
    region: IntArray
    start_h: IntArray
    approval: IntArray

    @classmethod
    def none(cls) -> Self:
        """Make an empty list."""
        empty = np.empty(0, dtype=np.int64)
        return cls(job=empty, region=empty, start_h=empty, approval=empty)

    def __len__(self) -> int:
        return len(self.job)

    def where(self, which: NDArray[np.bool_] | IntArray) -> Self:
        """Return the chosen entries, in the order in which they are chosen."""
        return type(self)(
            job=self.job[which],
            region=self.region[which],
            start_h=self.start_h[which],
            approval=self.approval[which],
        )

    def running(self, first_h: int) -> Self:
        """Return the jobs that began before an hour. Assumes that none of the entries has ended."""
        return self.where(self.start_h < first_h)

    def left_h(self, work: Workload, first_h: int) -> IntArray:
        """Return the (entry,) hours from `first_h` on until each job ends."""
        return self.start_h + work.duration_h[self.job] - first_h

    def add_power(self, mw: FloatArray, work: Workload, first_h: int) -> None:
        """Add the power of these jobs to a (region, hour) array in place; its hour 0 is `first_h`."""
        start, job = self.start_h - first_h, self.job
        add_power(mw, region=self.region, start=start, duration_h=work.duration_h[job], power_mw=work.power_mw[job])

    def followed_by(self, others: Self) -> Self:
        """Return these entries followed by others."""
        return type(self)(
            job=np.concatenate([self.job, others.job]),
            region=np.concatenate([self.region, others.region]),
            start_h=np.concatenate([self.start_h, others.start_h]),
            approval=np.concatenate([self.approval, others.approval]),
        )


@dataclass(frozen=True, kw_only=True)
class State:
    """The state before the decisions of an origin.

    Args:
        step: number of the origin.
        reserved_mw: (region, hour ahead) IT power of the jobs whose place is fixed.
        fixed: the jobs whose place is fixed and that have not ended.
        queued: the jobs whose place may still change; `reserved_mw` does not include their power.
        waiting: positions of the jobs that have arrived and have no place yet.
        controller: extra conservatism of each region; None if there is no controller.
        advised: positions of the running jobs whose owners have been advised to migrate, while a bound of the region
            stays exceeded.
    """

    step: int
    reserved_mw: FloatArray
    fixed: Placements = field(default_factory=Placements.none)
    queued: Placements = field(default_factory=Placements.none)
    waiting: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    controller: Controller | None = None
    advised: frozenset[int] = frozenset()

    @classmethod
    def empty(cls, prepared: Prepared, *, longest_job_h: int, controlled: bool = False) -> Self:
        """Make the state before the first origin: no job runs or waits."""
        regions, hours = len(prepared.fleet.regions), prepared.settings.horizon + longest_job_h
        return cls(
            step=0,
            reserved_mw=np.zeros((regions, hours)),
            controller=initial_controller(prepared.settings, prepared.fleet) if controlled else None,
        )


def add_power(mw: FloatArray, *, region: IntArray, start: IntArray, duration_h: IntArray, power_mw: FloatArray) -> None:
    """Add the power of jobs to a (region, hour) array in place. Hours before its first hour are left out.

    Args:
        region, start, duration_h, power_mw: (job,); a start is counted from hour 0 of the array.
    """
    _add(mw, region, np.maximum(start, 0), np.maximum(start + duration_h, 0), power_mw)


@compiled
def _add(mw: FloatArray, region: IntArray, begins: IntArray, ends: IntArray, power_mw: FloatArray) -> None:
    for entry in range(len(region)):
        mw[region[entry], begins[entry] : ends[entry]] += power_mw[entry]


def initial_controller(settings: Settings, fleet: Fleet) -> Controller:
    """Return the controller before any approval. The accepted breach rate of jobs is the miscoverage of a bound."""
    rules = ControllerRules(miscoverage=float(miscoverage_of(settings.confidence)), horizon_h=settings.horizon)
    return Controller.initial(rules, np.array([region.it_capacity_mw for region in fleet.regions]))
