"""Finds what would free a job that has no place: the smallest change of each kind that gives it a safe one."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.decisions.place_options import Choice
from fleet.domain.clock import HourArray
from fleet.domain.job import Job
from fleet.domain.remedy import Change, Remedy
from fleet.placement import NOWHERE
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
    largest, later, other = _scan(room_mw, _is_allowed(region_ids, job.regions), job.power_mw, earliest, starts)
    found = [
        None if largest[0] == NOWHERE else _less_power(job, largest, float(room_mw[largest])),
        None if later[0] == NOWHERE else (*later, 0.0, later[1] - (starts - 1)),
        None if other[0] == NOWHERE or not np.isfinite(room_mw[other]) else (*other, 0.0, 0),
    ]
    return tuple(
        Remedy(change=change, region=region_ids[region], start_utc=hours_utc[start], less_mw=less_mw, later_h=later_h)
        for change, place in zip((Change.LESS_POWER, Change.LATER, Change.OTHER_REGION), found, strict=True)
        if place is not None
        for region, start, less_mw, later_h in [place]
    )


# Region, start, less_mw and later_h.
_Place = tuple[int, int, float, int]


def _less_power(job: Job, place: Choice, room_mw: float) -> _Place | None:
    # The lack is rounded up, so that a job that is smaller by this much fits.
    less_mw = math.ceil(_STEPS_PER_MW * (job.power_mw - max(room_mw, 0.0) - ROUNDING_MW)) / _STEPS_PER_MW
    return (*place, less_mw, 0) if 0 < less_mw < job.power_mw else None


# Cached, because many jobs have the same regions.
@lru_cache(maxsize=1_024)
def _is_allowed(region_ids: tuple[str, ...], allowed: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.isin(region_ids, allowed) if allowed else np.ones(len(region_ids), dtype=np.bool_)


@compiled
def _scan(
    room_mw: FloatArray, is_allowed: NDArray[np.bool_], power_mw: float, earliest: int, starts: int
) -> tuple[Choice, Choice, Choice]:
    """Find three places; NOWHERE if there is none.

    Returns: the allowed place in the window with the most headroom; the first later start that is allowed and safe, in
        the region with the most headroom; and the safe place in the window with the most headroom that is not allowed.
        Of equal places, the first one counts.
    """
    regions, hours = room_mw.shape
    largest, other, later = (NOWHERE, NOWHERE), (NOWHERE, NOWHERE), (NOWHERE, NOWHERE)
    largest_mw = other_mw = later_mw = -np.inf
    least_mw = power_mw - ROUNDING_MW
    for region in range(regions):
        for start in range(max(earliest, 0), hours):
            room = room_mw[region, start]
            if start < starts and is_allowed[region] and room > largest_mw:
                largest, largest_mw = (region, start), room
            if room < least_mw:
                continue
            if start < starts and not is_allowed[region] and room > other_mw:
                other, other_mw = (region, start), room
            is_sooner = later[0] == NOWHERE or start < later[1]
            if start >= starts and is_allowed[region] and (is_sooner or (start == later[1] and room > later_mw)):
                later, later_mw = (region, start), room
    return largest, later, other
