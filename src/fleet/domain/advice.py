"""Running jobs that had better leave: the bound of their region no longer holds them."""

from dataclasses import dataclass

from fleet.domain.clock import Hour
from fleet.domain.decision import Binding


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Migrate a job. Nothing is done by itself: a job that runs is its owner's.

    job_id, region: which job, and where it runs.
    binding: the limit that its region's bound reaches while it runs.
    to_region: the cheapest other region that holds the rest of it at the bound, of those whose cost is known, or None.
    reason: one sentence a person understands.
    """

    job_id: str
    region: str
    origin_utc: Hour
    binding: Binding
    to_region: str | None
    reason: str
