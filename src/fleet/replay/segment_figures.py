"""The figures of jobs that ran in segments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.replay.run import Run
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class SegmentFigures:
    """Jobs that ran in segments. All other figures count each segment as a job, unless they say otherwise.

    Args:
        pausable_jobs: whole jobs with segments.
        pausable_begun, pausable_completed: those whose first segment ran, and those whose segments all ran.
        segments_run: segments that ran.
        pauses, paused_h: how often a segment did not directly follow the segment before it, and the hours between.
        segment_moves: how often a segment ran in another region than the segment before it.
    """

    pausable_jobs: int
    pausable_begun: int
    pausable_completed: int
    segments_run: int
    pauses: int
    paused_h: int
    segment_moves: int


def of_whole_jobs(run: Run) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the IT energy of each whole job, and whether it was completed."""
    whole = run.work.whole
    is_first = whole == np.arange(len(run.work))
    energy_mwh = np.bincount(whole, weights=run.work.energy_mwh, minlength=len(run.work))
    return energy_mwh[is_first], run.completed[is_first]


def segment_figures(run: Run) -> SegmentFigures:
    """Count the segments of a run, and the pauses between them."""
    work, status, placed = run.work, run.status, run.placed
    is_first = ~work.resumes & (work.following >= 0)
    begun = is_first & placed
    before = np.flatnonzero(work.following >= 0)
    before = before[placed[work.following[before]]]
    after = work.following[before]
    pause_h = status.start_h[after] - status.start_h[before] - work.duration_h[before]
    return SegmentFigures(
        pausable_jobs=int(is_first.sum()),
        pausable_begun=int(begun.sum()),
        pausable_completed=int((begun & run.completed).sum()),
        segments_run=int((placed & (work.resumes | is_first)).sum()),
        pauses=int((pause_h > 0).sum()),
        paused_h=int(pause_h.sum()),
        segment_moves=int((status.region[after] != status.region[before]).sum()),
    )
