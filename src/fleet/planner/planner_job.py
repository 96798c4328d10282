"""A job of the planner: its use of each resource, a duration, an earliest start, a deadline and allowed regions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fleet.domain.job import MOST_DATA_GB, MOST_PRIORITY
from fleet.errors import DataError, PlacementError
from fleet.planner.step_clock import utc_moment

MOST_USE = 1e9
_LEAST_FACTOR, _MOST_FACTOR = 1e-3, 1e3


@dataclass(frozen=True, kw_only=True)
class PlannerJob:
    """One job. Raises: PlacementError for a value that no job may have.

    id: unique among the jobs of a planner.
    uses: resource -> use of it while the job runs, in the unit of the planner's capacity.
    duration: running time. The planner rounds it up to whole steps.
    earliest_utc: first allowed start, with a time zone. The planner rounds it up to a step.
    deadline_utc: time by which the job must have ended, with a time zone. The planner rounds it down to a step.
    home_region: region that holds the job's data; empty if there are no data to move.
    regions: allowed regions; empty allows all.
    priority: jobs of a higher priority are placed first.
    data_gb: data that must be moved if the job runs away from home.
    energy_factor: region -> factor on the job's use of the energy resource there; 1 in a region without a factor.
    """

    id: str
    uses: Mapping[str, float]
    duration: timedelta
    earliest_utc: datetime
    deadline_utc: datetime
    home_region: str = ""
    regions: tuple[str, ...] = ()
    priority: int = 0
    data_gb: float = 0.0
    energy_factor: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise PlacementError(f"id is {self.id!r:.60}, expected a text", job_id=f"{self.id!r:.60}")
        try:
            for name in ("earliest_utc", "deadline_utc"):
                object.__setattr__(self, name, utc_moment(getattr(self, name), name))
        except DataError as error:
            raise PlacementError(str(error), job_id=self.id) from None
        reason = self._fault()
        if reason:
            raise PlacementError(reason, job_id=self.id)
        # Copies, because the caller may change a dictionary or a list later.
        object.__setattr__(self, "uses", dict(self.uses))
        object.__setattr__(self, "regions", tuple(self.regions))
        object.__setattr__(self, "energy_factor", dict(self.energy_factor))

    def _fault(self) -> str:
        """Return the first reason why the job cannot be placed; empty if there is none."""
        if not isinstance(self.duration, timedelta) or self.duration <= timedelta(0):
            return f"duration is {self.duration!r:.60}, expected a timedelta above zero"
        window = self.deadline_utc - self.earliest_utc
        if window < self.duration:
            return f"duration is {self.duration}, expected at most the {window} from earliest_utc to deadline_utc"
        if not isinstance(self.uses, Mapping) or not self.uses:
            return f"uses is {self.uses!r:.60}, expected a use for each resource, such as {{'mw': 0.4}}"
        for name, use in self.uses.items():
            if not isinstance(name, str):
                return f"uses names the resource {name!r:.40}, expected a text"
            if not _is_number(use) or not 0 <= use <= MOST_USE:
                return f"uses of {name!r:.40} is {use!r:.40}, expected 0 to {MOST_USE:g}"
        if not isinstance(self.home_region, str):
            return f"home_region is {self.home_region!r:.60}, expected a name"
        if not isinstance(self.regions, tuple | list) or not all(isinstance(name, str) for name in self.regions):
            return f"regions is {self.regions!r:.60}, expected a tuple of names"
        if not isinstance(self.priority, int) or abs(self.priority) > MOST_PRIORITY:
            return f"priority is {self.priority!r:.40}, expected a whole number, at most {MOST_PRIORITY}"
        if not _is_number(self.data_gb) or not 0 <= self.data_gb <= MOST_DATA_GB:
            return f"data_gb is {self.data_gb!r:.40}, expected 0 to {MOST_DATA_GB:g}"
        if self.data_gb > 0 and not self.home_region:
            return f"data_gb is {self.data_gb:g} without a home_region, expected the region that holds the data"
        if not isinstance(self.energy_factor, Mapping):
            return f"energy_factor is {self.energy_factor!r:.60}, expected a factor for each region"
        for region, factor in self.energy_factor.items():
            if not isinstance(region, str):
                return f"energy_factor names the region {region!r:.40}, expected a text"
            if not _is_number(factor) or not _LEAST_FACTOR <= factor <= _MOST_FACTOR:
                expected = f"expected {_LEAST_FACTOR:g} to {_MOST_FACTOR:g}"
                return f"energy_factor of {region!r:.40} is {factor!r:.40}, {expected}"
        return ""


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite number. NumPy's numbers count; truth values and texts do not."""
    if isinstance(value, bool | str):
        return False
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False
