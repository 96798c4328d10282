"""Advice to migrate a running job, because the placed jobs of its region exceed the bound."""

from dataclasses import dataclass

from fleet.domain.clock import Hour
from fleet.domain.decision import Binding


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Advice to the owner of a running job. The program moves no running job.

    Args:
        job_id, region: the job and the region in which it runs.
        origin_utc: the origin at which the advice was given.
        binding: the limit that would be exceeded at the bound if the job stayed.
        to_region: the cheapest other region that is safe for the rest of the job, among those whose cost is known; None
            if there is none.
        reason: one sentence for a person.
    """

    job_id: str
    region: str
    origin_utc: Hour
    binding: Binding
    to_region: str | None
    reason: str
