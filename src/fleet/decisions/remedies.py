"""Finds what would free a job that has no place: the smallest change of each kind that gives it a safe one."""

import math

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.domain.job import Job
from fleet.domain.remedy import Change, Remedy
from fleet.units import ROUNDING_MW, FloatArray

_STEPS_PER_MW = 10


def remedies_of(
    job: Job, room_mw: FloatArray, hours_utc: HourArray, *, region_ids: tuple[str, ...], earliest: int, starts: int
) -> tuple[Remedy, ...]:
    """Return at most one change of the job of each kind, in the order of `Change`.

    Less power: the place in the job's window and regions that lacks the least. Later: the first safe start after the
    job's latest start, in its regions. Other region: the safe place with the most headroom in the job's window, in a
    region that the job does not allow.

    Args:
        room_mw: (region, start) headroom of windows as long as the job; -inf where nothing is safe.
        hours_utc: (hour,) the hours ahead; a start is a position in them.
        earliest: the first start that the job allows.
        starts: number of starts up to the job's latest start; zero or less if that has passed.
    """
    is_allowed = np.isin(region_ids, job.regions) if job.regions else np.ones(len(region_ids), dtype=np.bool_)
    inside = np.arange(room_mw.shape[1])
    in_window = (inside >= earliest) & (inside < starts)
    fits = room_mw >= job.power_mw - ROUNDING_MW
    found = [
        _less_power(job, np.where(is_allowed[:, None] & in_window, room_mw, -np.inf)),
        _later(fits & is_allowed[:, None] & (inside >= max(earliest, starts, 0)), room_mw, starts),
        _other_region(np.where(fits & ~is_allowed[:, None] & in_window, room_mw, -np.inf)),
    ]
    return tuple(
        Remedy(change=change, region=region_ids[region], start_utc=hours_utc[start], less_mw=less_mw, later_h=later_h)
        for change, place in zip((Change.LESS_POWER, Change.LATER, Change.OTHER_REGION), found, strict=True)
        if place is not None
        for region, start, less_mw, later_h in [place]
    )


# Region, start, less_mw and later_h.
_Place = tuple[int, int, float, int]


def _less_power(job: Job, room_mw: FloatArray) -> _Place | None:
    region, start = _largest(room_mw)
    # The lack is rounded up, so that a job that is smaller by this much fits.
    less_mw = math.ceil(_STEPS_PER_MW * (job.power_mw - max(room_mw[region, start], 0.0) - ROUNDING_MW))
    less_mw = less_mw / _STEPS_PER_MW
    return (region, start, less_mw, 0) if 0 < less_mw < job.power_mw else None


def _later(fits: NDArray[np.bool_], room_mw: FloatArray, starts: int) -> _Place | None:
    (later,) = np.nonzero(fits.any(axis=0))
    if not later.size:
        return None
    start = int(later[0])
    region = int(np.where(fits[:, start], room_mw[:, start], -np.inf).argmax())
    return region, start, 0.0, start - (starts - 1)


def _other_region(room_mw: FloatArray) -> _Place | None:
    region, start = _largest(room_mw)
    return (region, start, 0.0, 0) if np.isfinite(room_mw[region, start]) else None


def _largest(values: FloatArray) -> tuple[int, int]:
    region, start = np.unravel_index(int(values.argmax()), values.shape)
    return int(region), int(start)
