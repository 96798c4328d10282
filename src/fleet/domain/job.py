"""A batch of work that may be placed: how much power, for how long, within which window, where."""

import math
from dataclasses import dataclass

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.errors import PlacementError

MOST_PRIORITY = 1_000_000
MAX_DURATION_H = 24 * 14


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. It arrives at `earliest_utc`, runs `duration_h` whole hours at `power_mw` of IT power, and must have
    ended by `deadline_utc`. `regions` are those allowed; empty means all. Higher `priority` is placed first.
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

    def __post_init__(self) -> None:
        def refuse(reason: str) -> None:
            raise PlacementError(reason, job_id=self.id)

        if not (math.isfinite(self.power_mw) and self.power_mw > 0):
            refuse(f"power_mw is {self.power_mw:g}, expected more than zero")
        if not 1 <= self.duration_h <= MAX_DURATION_H:
            refuse(f"duration_h is {self.duration_h:g}, expected 1 to {MAX_DURATION_H} whole hours")
        window_h = int((self.deadline_utc - self.earliest_utc) / np.timedelta64(1, "h"))
        if window_h < self.duration_h:
            window = f"{clock.iso(self.earliest_utc)} to {clock.iso(self.deadline_utc)}"
            if window_h <= 0:
                refuse(f"earliest_utc to deadline_utc is {window}, expected a deadline after the earliest start")
            refuse(f"duration_h is {self.duration_h}, expected at most the {window_h} h of its window ({window})")
        if self.regions and self.home_region not in self.regions:
            refuse(f"home_region is {self.home_region}, expected one of its allowed regions {', '.join(self.regions)}")
        if len(set(self.regions)) < len(self.regions):
            refuse(f"regions are {', '.join(self.regions)}, expected each region once")
        if abs(self.priority) > MOST_PRIORITY:
            refuse(f"priority is {self.priority}, expected {-MOST_PRIORITY} to {MOST_PRIORITY}")
        if not (math.isfinite(self.data_gb) and self.data_gb >= 0):
            refuse(f"data_gb is {self.data_gb:g}, expected zero or more")

    @property
    def latest_start_utc(self) -> Hour:
        return self.deadline_utc - np.timedelta64(self.duration_h, "h")

    @property
    def energy_mwh(self) -> float:
        """IT energy."""
        return self.power_mw * self.duration_h
