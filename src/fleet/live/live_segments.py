"""The segments of pausable jobs that a live hour decides, found from the places of the segments before them."""

from collections.abc import Mapping, Sequence

from fleet.domain.clock import Hour
from fleet.domain.job import Job
from fleet.domain.region import Fleet
from fleet.domain.segments import resumed, segments_of
from fleet.ledger import JobRecord


def open_segments(jobs: Sequence[Job], recorded: Sequence[JobRecord], fleet: Fleet, first: Hour) -> list[Job]:
    """Return what is to be decided of some jobs: the segments that have begun, and the next one.

    A segment is decided if the segment before it has begun before `first`. It is not if a person has taken the place of
    that segment away, or if a changed deadline has become too early for it.

    Args:
        recorded: the latest record of each segment that was decided.
        first: the first hour ahead.
    """
    latest = {record.job_id: record for record in recorded}
    return [segment for job in jobs for segment in _open(segments_of(job), latest, fleet, first)]


def _open(segments: Sequence[Job], latest: Mapping[str, JobRecord], fleet: Fleet, first: Hour) -> list[Job]:
    found = [segments[0]]
    for segment in segments[1:]:
        before = latest.get(found[-1].id)
        if before is None or not before.has_place or before.region not in fleet.region_ids:
            break
        if not before.begins_before(first) or before.end_utc > segment.latest_start_utc:
            break
        found.append(resumed(segment, str(before.region), before.end_utc))
    return found
