"""Why a decision is as it is: the limit that leaves least room, in a sentence."""

from typing import NamedTuple

import numpy as np

from fleet.conformal.controller import Controller
from fleet.decisions.window_headroom import HeldWindow
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.conditions import Limit
from fleet.domain.decision import Binding, Verdict
from fleet.domain.job import Job
from fleet.domain.region import Region
from fleet.preparation.build_conditions import EXPECTED
from fleet.preparation.forecasts import MOST_SILENT_H, WARM_UP_H
from fleet.preparation.prepared import Prepared
from fleet.units import DUST_MW, HOURS_PER_DAY, FloatArray

_MEANING = {
    "outdoor": "the outdoor throttle",
    "inlet": "the inlet breaker",
    "cooling": "the cooling capacity",
    "grid": "the grid limit",
    "it": "the installed IT power",
}


class Place(NamedTuple):
    """Where and when a job runs."""

    region: str
    start_utc: Hour


_CONTROLLER = Limit.CONTROLLER.label


def binding_of(held: HeldWindow, reserved_mw: FloatArray, region: Region, start_utc: Hour, power_mw: float) -> Binding:
    """The tightest hour of a window. Its bound is the load there would be, or a temperature for the outdoor throttle.

    Args:
        held, reserved_mw: (hour,) of the window in this region from `start_utc` on, before the job is placed.
        power_mw: of the job.
    """
    hour = int((held.spare_mw - reserved_mw).argmin())
    limit = Limit(int(held.binding[hour]))
    at = start_utc + np.timedelta64(hour, "h")
    if limit is Limit.OUTDOOR and region.outdoor_limit_c is not None:
        bound, value, unit = float(held.temperature_bound_c[hour]), region.outdoor_limit_c, "degC"
    else:
        value = float(held.safe_load_mw[hour])
        spare = float(held.spare_mw[hour])
        if not np.isfinite(spare):
            limit, spare = Limit.UNKNOWN, value
        bound = value - spare + float(reserved_mw[hour]) + power_mw
        unit = "MW"
    return Binding(limit=limit.label, region=region.id, hour_utc=at, bound=bound, limit_value=value, unit=unit)


def shut(controller: Controller | None, index: int, region: Region, start_utc: Hour) -> Binding | None:
    """Why a region takes no more jobs at all until some have ended; None where it does. index: its number."""
    if controller is None or controller.open[index]:
        return None
    level, rules = float(controller.level[index]), controller.rules
    if level >= rules.closes_at:
        return closed(region, start_utc, asked=level, highest=rules.closes_at, unit="margins")
    unresolved = float(controller.unresolved[index])
    return closed(region, start_utc, asked=unresolved, highest=rules.most_unresolved, unit="jobs")


def closed(region: Region, start_utc: Hour, *, asked: float, highest: float, unit: str) -> Binding:
    """Of what there is to promise in this region, more is asked for. unit: `margins` of conservatism, or `jobs`."""
    return Binding(limit=_CONTROLLER, region=region.id, hour_utc=start_utc, bound=asked, limit_value=highest, unit=unit)


def why_unpriced(prepared: Prepared, step: int, region: int) -> str:
    """Why what running costs in a region is not known at an origin, and what to do about it."""
    causes = {}
    for name, known in prepared.residuals.items():
        origin = known.since + step
        if name in EXPECTED and np.isnan(known.forecast[origin, region]).any():
            silent_h = int(known.age_h[origin, region])
            causes[name] = f"{name} has less than {WARM_UP_H // HOURS_PER_DAY} days of history"
            if silent_h > MOST_SILENT_H:
                causes[name] = f"{name} has not been seen for {silent_h} h (at most {MOST_SILENT_H})"
    what = " and ".join(causes.values()) or "carbon or price is missing within its window"
    remedy = " or state a price_usd_per_mwh in the fleet" if "price_usd_per_mwh" in causes else ""
    return f"{prepared.fleet.region_ids[region]}, where {what}; add telemetry{remedy}"


def reason_of(
    verdict: Verdict,
    job: Job,
    binding: Binding,
    *,
    place: Place | None,
    before: Place | None,
    closed: bool,
    asks_bound: bool,
    unpriced: str | None,
) -> str:
    """One sentence a person understands.

    Args:
        place, before: where it runs, and where it was to run until now; None for nowhere.
        closed: the job's last start had passed before it could be decided.
        asks_bound: the policy approves nothing that the bound does not hold.
        unpriced: why no place with room for it has a known cost; None if one has, or if there is no room.
    """
    if closed:
        return f"Denied: it should have started by {clock.iso(job.latest_start_utc)} to end by its deadline."
    known = binding.limit in _MEANING
    what, reach = _told(binding)
    had = "" if before is None else f"{before.region} at {clock.iso(before.start_utc)}"
    if place is not None:
        how = "Runs now" if verdict is Verdict.APPROVE else "Starts later"
        if had:
            how = f"Moved here from {had}"
        passed = binding.bound > binding.limit_value + DUST_MW
        if passed and asks_bound:
            # A window may be held further than one that is placed after it and shares an hour with it.
            return f"{how}: {what} left room until jobs of other windows took it, with which it is {reach}."
        # A policy that does not ask the bound places a job past it, and its reason must not claim otherwise.
        if not known or passed:
            return f"{how}, although {what}{' is passed' if known else ''}: {reach}."
        why = "" if verdict is Verdict.APPROVE and not had else ", where it costs less or is safe"
        return f"{how}{why}: {what} leaves room, {reach}."
    lost = f", and its place in {had} holds no longer" if had else ""
    found, closest = "is safe", f"{what}, {reach}"
    if unpriced is not None:
        found, closest = "with room has a known cost", unpriced
    if verdict is Verdict.DEFER:
        return f"Waits: no allowed region {found} yet{lost}; closest: {closest}."
    return f"Denied: its window closes and no allowed region {found}{lost}; closest: {closest}."


def advice_of(binding: Binding, *, to_region: str | None) -> str:
    """One sentence a person understands, on a running job whose region's bound no longer holds it.

    Args:
        to_region: where the rest of it costs least; None where no other region holds it at a known cost.
    """
    what, reach = _told(binding)
    passed = " is passed" if binding.limit in _MEANING else ""
    where = (
        f"{to_region} holds the rest of it at the least cost"
        if to_region
        else "no other allowed region is known to hold the rest of it"
    )
    return f"Had better leave, as {what}{passed}: {reach}; {where}."


def _told(binding: Binding) -> tuple[str, str]:
    """The limit with its region and hour, and how far it is reached."""
    when = f"in {binding.region} at {clock.iso(binding.hour_utc)}"
    if binding.limit == _CONTROLLER:
        reach = f"it asks for {binding.bound:.2f} margins, of at most {binding.limit_value:.2f}"
        if binding.unit == "jobs":
            reach = f"of {binding.bound:.0f} approved jobs the end is not known, and more than that it does not take"
        return f"{binding.region} takes no more jobs until some have ended well", reach
    if binding.limit not in _MEANING:
        return f"no bound can be given {when}", "data is missing or calibration too short"
    reach = f"{binding.bound:.1f} against {binding.limit_value:.1f} {binding.unit} at the bound"
    return f"{_MEANING[binding.limit]} {when}", reach
