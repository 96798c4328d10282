"""A job: work with a power, a duration, an earliest start, a deadline and allowed regions."""

from dataclasses import dataclass

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.job_cells import MOST_ID_LETTERS
from fleet.errors import PlacementError
from fleet.units import WH_PER_MWH, FloatArray, IntArray

# The ids of the segments of a job end in # and a number of at most three digits.
_SEGMENT_LETTERS = 4
MOST_PRIORITY = 1_000_000
MAX_DURATION_H = 24 * 14
# No site and no data set is larger. Sums over all jobs of an hour stay exact.
MOST_POWER_MW = 1e6
MOST_DATA_GB = 1e12


def energy_wh(power_mw: FloatArray, duration_h: IntArray) -> IntArray:
    """Return energies in whole watt-hours, at least 1. A sum of whole numbers does not depend on their order."""
    return np.maximum(np.rint(power_mw * duration_h * WH_PER_MWH), 1.0).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Which part of a pausable job a job is; see `fleet.domain.segments`.

    number, count: 1 for the first of `count` segments.
    hours_before, hours_after: running hours of the segments before and after this one.
    """

    number: int
    count: int
    hours_before: int
    hours_after: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. Raises: PlacementError for a value that no job may have.

    power_mw: IT power while the job runs.
    duration_h: whole hours of running time.
    earliest_utc: hour in which the job arrives and may first start.
    deadline_utc: hour by which the job must have ended.
    home_region: region in which the job was submitted and in which the data of the job is stored.
    regions: allowed regions; empty allows all.
    priority: jobs with a higher priority are placed first.
    data_gb: size of the job's data.
    checkpoint_h: the job saves a checkpoint after every so many hours of running, and may pause there; None if it
        cannot pause.
    segment: set if this is a segment of a pausable job.
    """

    id: str
    power_mw: float
    duration_h: int
    earliest_utc: Hour
    deadline_utc: Hour
    home_region: str
    name: str = ""
    regions: tuple[str, ...] = ()
    priority: int = 0
    data_gb: float = 0.0
    checkpoint_h: int | None = None
    segment: Segment | None = None

    def __post_init__(self) -> None:
        reason = self._fault()
        if reason:
            raise PlacementError(reason, job_id=self.id)

    def _fault(self) -> str:
        """Return the first reason why the job cannot be placed; empty if there is none."""
        if not 0 < self.power_mw <= MOST_POWER_MW:
            return f"power_mw is {self.power_mw:g}, expected more than zero, at most {MOST_POWER_MW:,.0f}"
        if not 1 <= self.duration_h <= MAX_DURATION_H:
            return f"duration_h is {self.duration_h:g}, expected 1 to {MAX_DURATION_H} whole hours"
        window_h = clock.hours_between(self.earliest_utc, self.deadline_utc)
        if window_h < self.duration_h:
            window = f"{clock.iso(self.earliest_utc)} to {clock.iso(self.deadline_utc)}"
            if window_h <= 0:
                return f"earliest_utc to deadline_utc is {window}, expected a deadline after the earliest start"
            return f"duration_h is {self.duration_h}, expected at most the {window_h} h of its window ({window})"
        if self.regions and self.home_region not in self.regions:
            separator = " (ids are separated by ;)" if len(self.regions) == 1 else ""
            allowed = f"{', '.join(self.regions)}{separator}"
            return f"home_region is {self.home_region}, expected one of its allowed regions {allowed}"
        if len(set(self.regions)) < len(self.regions):
            return f"regions are {', '.join(self.regions)}, expected each region once"
        if abs(self.priority) > MOST_PRIORITY:
            return f"priority is {self.priority}, expected {-MOST_PRIORITY} to {MOST_PRIORITY}"
        if not 0 <= self.data_gb <= MOST_DATA_GB:
            return f"data_gb is {self.data_gb:g}, expected zero or more, at most {MOST_DATA_GB:g}"
        if self.checkpoint_h is not None and not 1 <= self.checkpoint_h <= self.duration_h:
            hours = f"1 to {self.duration_h} whole hours (the duration), or null for a job that cannot pause"
            return f"checkpoint_h is {self.checkpoint_h:g}, expected {hours}"
        if self.checkpoint_h is not None and len(self.id) > MOST_ID_LETTERS - _SEGMENT_LETTERS:
            most = MOST_ID_LETTERS - _SEGMENT_LETTERS
            return f"id has {len(self.id)} letters, expected at most {most} for a job that may pause"
        return ""

    @property
    def resumes(self) -> bool:
        """Tell whether this is a segment that continues an earlier one."""
        return self.segment is not None and self.segment.number > 1

    @property
    def latest_start_utc(self) -> Hour:
        """The last start that still meets the deadline."""
        return self.deadline_utc - np.timedelta64(self.duration_h, "h")

    @property
    def energy_mwh(self) -> float:
        """The IT energy of the whole job."""
        return self.power_mw * self.duration_h
