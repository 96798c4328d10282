"""The outcome of an approval that has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class JobOutcome:
    """An approval whose last hour has ended.

    region: id of the region that approved its jobs.
    breached: whether some hour of the jobs was a breach; None if none was, but some hour cannot be judged.
    duration_h: hours of each job.
    energy_wh: IT energy of its jobs.
    approvals: 1; 0 if only some of the jobs of the approval have ended.
    """

    region: str
    breached: bool | None
    duration_h: int
    energy_wh: int
    approvals: int = 1
