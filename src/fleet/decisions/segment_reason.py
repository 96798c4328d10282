"""What a decision on a segment says of the whole job: what is promised, what is only planned, and what is lost."""

import numpy as np

from fleet.domain.clock import iso
from fleet.domain.decision import Verdict
from fleet.domain.job import Job, Segment

_ONE_HOUR = np.timedelta64(1, "h")


def segment_sentence(job: Job, verdict: Verdict, *, is_placed: bool) -> str:
    """Return the sentence that follows the reason of a decision; empty for a job that is no segment."""
    segment = job.segment
    if segment is None:
        return ""
    title = f" Segment {segment.number} of {segment.count} ({job.duration_h} of {_whole_h(job, segment)} h)"
    if is_placed:
        return f"{title}: {_promise(job, segment)}."
    if verdict is Verdict.DENY:
        return f"{title}: {_loss(job, segment)}."
    pause = (
        f"until it gets a place, the job pauses after {segment.hours_before} h" if job.resumes else "it has not begun"
    )
    return f"{title}: {pause}."


def _promise(job: Job, segment: Segment) -> str:
    if not segment.hours_after:
        return "with it the job is completed"
    end_utc, following = job.deadline_utc + segment.hours_after * _ONE_HOUR, segment.number + 1
    # Equal jobs share a reason, so it names no job.
    return (
        f"only these hours are promised; the {segment.hours_after} h after them are planned, are decided as segment "
        f"{following} (the job's id and #{following}) when this segment has begun, and may pause; if they cannot end "
        f"by {iso(end_utc)}, the job is not completed"
    )


def _loss(job: Job, segment: Segment) -> str:
    if not job.resumes:
        return "the job does not begin"
    left_h = job.duration_h + segment.hours_after
    return f"the job is not completed; {segment.hours_before} h were decided before, and the last {left_h} h do not run"


def _whole_h(job: Job, segment: Segment) -> int:
    return segment.hours_before + job.duration_h + segment.hours_after
