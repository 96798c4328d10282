"""What is carried from one hour of decisions to the next."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.conformal import miscoverage_of
from fleet.conformal.controller import Controller, Rules
from fleet.domain.workload import Workload
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Placements:
    """Jobs that have a place. Arrays are (entry,).

    job: positions in the workload. region: of the fleet. start_h: hours since 1970-01-01T00 UTC.
    """

    job: IntArray
    region: IntArray
    start_h: IntArray

    @classmethod
    def none(cls) -> Self:
        empty = np.empty(0, dtype=np.int64)
        return cls(job=empty, region=empty, start_h=empty)

    def __len__(self) -> int:
        return len(self.job)

    def where(self, which: NDArray[np.bool_] | IntArray) -> Self:
        """Those entries, in that order."""
        return type(self)(job=self.job[which], region=self.region[which], start_h=self.start_h[which])

    def running(self, first_h: int) -> Self:
        """Those that began before this hour, of jobs that have not ended."""
        return self.where(self.start_h < first_h)

    def left_h(self, work: Workload, first_h: int) -> IntArray:
        """(entry,) hours from this one on until each has ended."""
        return self.start_h + work.duration_h[self.job] - first_h

    def add_power(self, mw: FloatArray, work: Workload, first_h: int) -> None:
        """Add what these jobs take to (region, hour) power, of which hour 0 is `first_h`; in place."""
        start = self.start_h - first_h
        end = start + work.duration_h[self.job]
        _add(mw, self.region, np.maximum(start, 0), np.maximum(end, 0), work.power_mw[self.job])

    def and_(self, others: Self) -> Self:
        """These and others."""
        return type(self)(
            job=np.concatenate([self.job, others.job]),
            region=np.concatenate([self.region, others.region]),
            start_h=np.concatenate([self.start_h, others.start_h]),
        )


@dataclass(frozen=True, kw_only=True)
class State:
    """Before the decisions of an origin.

    step: number of that origin.
    reserved_mw: (region, hour ahead) IT power of the jobs whose place is fixed.
    fixed: those jobs, as long as they have not ended.
    queued: jobs that have a place which may still change; their power is not part of reserved_mw.
    waiting: positions of jobs that have arrived and have no place yet.
    controller: extra conservatism of each region; None where none is asked for.
    advised: positions of running jobs that stand advised to migrate.
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
        """Nothing runs and nothing waits before the first origin."""
        regions, hours = len(prepared.fleet.regions), prepared.settings.horizon + longest_job_h
        return cls(
            step=0,
            reserved_mw=np.zeros((regions, hours)),
            controller=Controller.beginning(rules_of(prepared.settings), regions) if controlled else None,
        )


@compiled
def _add(mw: FloatArray, region: IntArray, begins: IntArray, ends: IntArray, power_mw: FloatArray) -> None:
    """Add (entry,) powers to (region, hour) power from one hour to before another."""
    for entry in range(len(region)):
        mw[region[entry], begins[entry] : ends[entry]] += power_mw[entry]


def rules_of(settings: Settings) -> Rules:
    """A job may breach as often as a bound may fail."""
    return Rules(miscoverage=float(miscoverage_of(settings.confidence)))
