"""Advice to migrate a running job: the job is no longer safe at the bound of its region."""

from dataclasses import dataclass

from fleet.domain.clock import Hour
from fleet.domain.decision import Binding


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Advice to the owner of a running job. Nothing is moved without the owner.

    Args:
        job_id, region: the job and the region in which it runs.
        origin_utc: the origin at which the advice was given.
        binding: the limit that the region's bound reaches while the job runs.
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
