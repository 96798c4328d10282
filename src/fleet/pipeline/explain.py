"""Why a decision is as it is: the limit that leaves least room, in a sentence."""

from collections.abc import Sequence

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.decision import Binding, Verdict
from fleet.domain.job import Job
from fleet.domain.region import Region
from fleet.placement.base import Choice
from fleet.units import DUST_MW, FloatArray

_MEANING = {
    "outdoor": "the outdoor throttle",
    "inlet": "the inlet breaker",
    "cooling": "the cooling capacity",
    "grid": "the grid limit",
    "it": "the installed IT power",
}


def spare_mw(ahead: Conditions) -> FloatArray:
    """(region, hour) safe load less load bound: headroom that goes below zero, and without end where it is unknown."""
    load = ahead.load_bound_mw
    return np.where(np.isfinite(load), ahead.safe_load_mw - load, -np.inf)


def binding_of(
    ahead: Conditions,
    regions: Sequence[Region],
    reserved_mw: FloatArray,
    first: Hour,
    job: Job,
    choice: Choice,
) -> Binding:
    """The tightest hour of a window. Its bound is the load there would be, or a temperature for the outdoor throttle.

    Args:
        ahead, reserved_mw: (region, hour) from `first` on, before the job is placed.
    """
    index, start = choice
    region = regions[index]
    hours = slice(start, start + job.duration_h)
    room = spare_mw(ahead)[index, hours] - reserved_mw[index, hours]
    hour = start + int(room.argmin())
    limit = Limit(int(ahead.binding[index, hour]))
    at = first + np.timedelta64(hour, "h")
    if limit is Limit.OUTDOOR and region.outdoor_limit_c is not None:
        bound, value, unit = float(ahead.temperature_bound_c[index, hour]), region.outdoor_limit_c, "degC"
    else:
        value = float(ahead.safe_load_mw[index, hour])
        load = 0.0 if limit is Limit.UNKNOWN else float(ahead.load_bound_mw[index, hour])
        bound = load + float(reserved_mw[index, hour]) + job.power_mw
        unit = "MW"
    return Binding(limit=limit.label, region=region.id, hour_utc=at, bound=bound, limit_value=value, unit=unit)


def reason_of(verdict: Verdict, job: Job, binding: Binding, *, placed: bool, closed: bool) -> str:
    """One sentence a person understands.

    Args:
        placed: a region and start were chosen.
        closed: the job's last start had passed before it could be decided.
    """
    if closed:
        return f"Denied: it should have started by {clock.iso(job.latest_start_utc)} to end by its deadline."
    when = f"in {binding.region} at {clock.iso(binding.hour_utc)}"
    known = binding.limit in _MEANING
    what = f"{_MEANING[binding.limit]} {when}" if known else f"no bound can be given {when}"
    reach = f"{binding.bound:.1f} against {binding.limit_value:.1f} {binding.unit} at the bound"
    if not known:
        reach = "data is missing or calibration too short"
    if placed:
        how = "Runs now" if verdict is Verdict.APPROVE else "Starts later"
        # A policy that does not ask the bound places a job past it, and its reason must not claim otherwise.
        if not known or binding.bound > binding.limit_value + DUST_MW:
            return f"{how}, although {what}{' is passed' if known else ''}: {reach}."
        why = "" if verdict is Verdict.APPROVE else ", where it costs less or is safe"
        return f"{how}{why}: {what} leaves room, {reach}."
    if verdict is Verdict.DEFER:
        return f"Waits: no allowed region is safe yet; closest: {what}, {reach}."
    return f"Denied: its window closes and no allowed region is safe; closest: {what}, {reach}."
