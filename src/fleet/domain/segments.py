"""Segments: the parts of a job that may pause, decided one after another.

A job with `checkpoint_h` that lasts longer than LONGEST_SEGMENT_H runs in segments. A segment is a job of its own, with
its own decision, place and outcome. The first segment has the id of the job, and the others have the id of the job and
their number: `train`, `train#2`, `train#3`. A segment is first decided when the segment before it has begun. It may
start when that segment has ended, and its home is the region of that segment, where the checkpoint is stored.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.job import MAX_DURATION_H, Job, Segment

# A window of at most a day is bounded best: its hours are forecast, and it is in the first track of the controller.
LONGEST_SEGMENT_H = 24
# All segments but the last one are longer than half of LONGEST_SEGMENT_H: a shorter one has room for a checkpoint more.
MOST_SEGMENTS = -(-MAX_DURATION_H // (LONGEST_SEGMENT_H // 2 + 1))
_ONE_HOUR = np.timedelta64(1, "h")


def segment_id(job_id: str, number: int) -> str:
    """Return the id of a segment."""
    return job_id if number == 1 else f"{job_id}#{number}"


def segment_hours(job: Job) -> list[int]:
    """Return the hours of each segment; one entry for a job that runs in one piece.

    All segments but the last one have the most hours that are a multiple of `checkpoint_h` and not above
    LONGEST_SEGMENT_H, or one `checkpoint_h` if that is longer.
    """
    if job.checkpoint_h is None or job.segment is not None or job.duration_h <= LONGEST_SEGMENT_H:
        return [job.duration_h]
    full_h = max(LONGEST_SEGMENT_H // job.checkpoint_h, 1) * job.checkpoint_h
    full, rest_h = divmod(job.duration_h, full_h)
    return [full_h] * full + ([rest_h] if rest_h else [])


def segments_of(job: Job) -> list[Job]:
    """Return the segments of a job in their order; the job itself if it runs in one piece.

    Each has the widest window that it could have: the other segments follow each other without a gap.
    """
    hours = segment_hours(job)
    if len(hours) == 1:
        return [job]
    segments, before = [], 0
    for index, duration_h in enumerate(hours):
        after = job.duration_h - before - duration_h
        segment = Segment(number=index + 1, count=len(hours), hours_before=before, hours_after=after)
        segments.append(
            replace(
                job,
                id=segment_id(job.id, index + 1),
                duration_h=duration_h,
                earliest_utc=job.earliest_utc + before * _ONE_HOUR,
                deadline_utc=job.deadline_utc - after * _ONE_HOUR,
                checkpoint_h=None,
                segment=segment,
            )
        )
        before += duration_h
    return segments


def in_segments(jobs: Sequence[Job]) -> list[Job]:
    """Return the first segments of the jobs in their order, then all other segments."""
    segments = [segments_of(job) for job in jobs]
    return [parts[0] for parts in segments] + [part for parts in segments for part in parts[1:]]


def whole_id(job: Job) -> str:
    """Return the id of the whole job of a segment; of a job without segments its own id."""
    return job.id.rpartition("#")[0] if job.resumes else job.id


def resumed(segment: Job, region: str, end_utc: Hour) -> Job:
    """Return a segment after the segment before it has begun.

    Args:
        region, end_utc: region and end of the segment before it.
    Raises: PlacementError if the segment cannot end by its deadline any more.
    """
    home = segment.home_region if segment.regions and region not in segment.regions else region
    return replace(segment, home_region=home, earliest_utc=end_utc)
