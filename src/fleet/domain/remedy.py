"""What would free a job that has no place: less power, a later start, another region, or data that is missing."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.domain.clock import Hour


class Change(StrEnum):
    """The change that would give a job a place. RESTORE_FEED may give it one: without data, nobody knows."""

    LESS_POWER = "less power"
    LATER = "later"
    OTHER_REGION = "other region"
    RESTORE_FEED = "restore the feed"


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One change that would have given a job a safe place in the hour of the decision.

    Args:
        region, start_utc: the place that the changed job would have; for RESTORE_FEED the region without data, and the
            first hour ahead.
        less_mw: the power by which the job must be smaller; 0 if its power may stay.
        later_h: the hours by which its latest start must be later; 0 if its deadline may stay.
        column: the column without values, for RESTORE_FEED; else empty.
    """

    change: Change
    region: str
    start_utc: Hour
    less_mw: float = 0.0
    later_h: int = 0
    column: str = ""
