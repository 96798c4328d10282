"""What would free a job that has no place: less power, a later start, or a region that the job does not allow."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.domain.clock import Hour


class Change(StrEnum):
    """The change of the job that would give it a place."""

    LESS_POWER = "less power"
    LATER = "later"
    OTHER_REGION = "other region"


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One change of a job that would have given it a safe place in the hour of the decision.

    Args:
        region, start_utc: the place that the changed job would have.
        less_mw: the power by which the job must be smaller; 0 if its power may stay.
        later_h: the hours by which its latest start must be later; 0 if its deadline may stay.
    """

    change: Change
    region: str
    start_utc: Hour
    less_mw: float = 0.0
    later_h: int = 0
