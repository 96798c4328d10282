"""Tells why a job has not the place that it had: the place is not safe any more, or other jobs got its power."""

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.place_options import Choice
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.job import Job
from fleet.units import FloatArray, exceeds


def is_given_away(windows: WindowHeadroom, controller: Controller | None, job: Job, place: Choice | None) -> bool:
    """Return True if the job had a place that would still be safe if no other job had power there."""
    return place is not None and is_safe_beside(windows, controller, job, place, np.zeros(job.duration_h))


def is_safe_beside(
    windows: WindowHeadroom, controller: Controller | None, job: Job, place: Choice, others_mw: FloatArray
) -> bool:
    """Tell whether a place is safe for a job.

    Args:
        others_mw: (hour of the job,) power of the other jobs there.
    """
    region, start = place
    if controller is not None and not controller.is_open(job.duration_h)[region]:
        return False
    return not exceeds(others_mw + job.power_mw, windows.spare_mw(job.duration_h)[region, start]).any()
