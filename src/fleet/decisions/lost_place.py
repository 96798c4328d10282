"""Tells why a job lost its place: the place is not safe any more, or other jobs got its power."""

from fleet.conformal.controller import Controller
from fleet.decisions.place_options import Choice
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.job import Job
from fleet.units import exceeds


def is_given_away(windows: WindowHeadroom, controller: Controller | None, job: Job, place: Choice | None) -> bool:
    """Return True if the job had a place that would still be safe if no other job had power there."""
    if place is None:
        return False
    region, start = place
    if controller is not None and not controller.is_open(job.duration_h)[region]:
        return False
    return not exceeds(job.power_mw, float(windows.spare_mw(job.duration_h)[region, start].min()))
