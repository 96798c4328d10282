"""Gives the reason of a decision: the limit that leaves the least headroom, and one sentence for a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fleet.decisions.segment_reason import segment_sentence
from fleet.decisions.weather_beyond_table import DEW_POINT_UNIT, TEMPERATURE_UNIT, beyond_table
from fleet.decisions.window_headroom import Window
from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.data_gap import DataGap
from fleet.domain.decision import Binding, Verdict, told_apart
from fleet.domain.job import Job
from fleet.domain.limit import CONTROLLER, UNKNOWN
from fleet.domain.region import Region
from fleet.physics.limits import LIMITS, EnvelopeLimit
from fleet.preparation.build_conditions import EXPECTED
from fleet.preparation.column_walk import WARM_UP_H
from fleet.preparation.forecasts import MAX_COST_AGE_H
from fleet.preparation.prepared import Prepared
from fleet.units import HOURS_PER_DAY, FloatArray, exceeds

_WEATHER_NAMES = {TEMPERATURE_UNIT: "temperature", DEW_POINT_UNIT: "dew point (humidity)"}

_CENT_USD = 0.01

# A reason names the gaps of so many regions.
_MOST_NAMED = 3


class Place(NamedTuple):
    """Where and when a job runs."""

    region: str
    start_utc: Hour

    def __str__(self) -> str:
        return f"{self.region} at {clock.iso(self.start_utc)}"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts from which a reason is written.

    Args:
        binding: the limit that leaves the least headroom.
        place, before: the new place of the job, and its place before this hour; None for no place.
        window_closed: the job's last start has passed.
        begins_beyond: the job's earliest start is beyond the horizon.
        uses_bound: the policy approves only jobs that are safe at the bound.
        is_given_away: the place before this hour is still safe, but other jobs got it.
        saved_usd: how much less the new place costs than the place before, or than running now at home if there was
            none; NaN where a cost is not known.
        is_former_safe: the place before, or now at home if there was none, is safe beside the other jobs; None if the
            job may not run there.
        why_no_bound: why the place before, or now at home if there was none, has no bound; empty if it has one.
        why_unpriced: why no cost is known. Set only if some places have headroom, but none of these has a known cost.
        gaps: missing data of the regions that a job without a place allows.
    """

    verdict: Verdict
    job: Job
    binding: Binding
    place: Place | None
    before: Place | None
    window_closed: bool
    begins_beyond: bool
    uses_bound: bool
    saved_usd: float
    is_former_safe: bool | None
    why_unpriced: str | None
    gaps: Sequence[DataGap] = ()
    is_given_away: bool = False
    why_no_bound: str = ""


def binding_of(window: Window, reserved_mw: FloatArray, region: Region, start_utc: Hour, power_mw: float) -> Binding:
    """Find the tightest hour of a window.

    Args:
        window: the window in `region` from `start_utc` on.
        reserved_mw: (hour,) power of the other jobs in the window.
        power_mw: power of the job.
    Returns: the limit that binds in that hour. `bound` is the total load with the job, or the outdoor temperature if
        the limit is an outdoor temperature. Where the weather bound lies beyond the table of safe loads, the limit is
        unknown, `bound` is the weather bound, and `limit_value` is the edge of the table.
    """
    hour = int((window.spare_mw - reserved_mw).argmin())
    limit, hour_utc = LIMITS[int(window.binding[hour])], start_utc + np.timedelta64(hour, "h")
    # If the spare power is not finite, no bound is known. Then the weather bound is not the reason.
    is_held = limit == UNKNOWN and np.isfinite(window.spare_mw[hour])
    beyond = beyond_table(window, hour) if is_held else None
    if beyond is not None:
        return Binding(
            limit=UNKNOWN,
            region=region.id,
            hour_utc=hour_utc,
            bound=beyond.bound,
            limit_value=beyond.edge,
            unit=beyond.unit,
        )
    threshold_c = _outdoor_threshold_c(limit, region)
    if threshold_c is not None:
        bound, limit_value, unit = float(window.temperature_bound_c[hour]), threshold_c, "degC"
    else:
        limit_value, unit = float(window.safe_load_mw[hour]), "MW"
        spare_mw = float(window.spare_mw[hour])
        if not np.isfinite(spare_mw):
            limit, spare_mw = UNKNOWN, limit_value
        bound = limit_value - spare_mw + float(reserved_mw[hour]) + power_mw
    return Binding(
        limit=limit,
        region=region.id,
        hour_utc=hour_utc,
        bound=bound,
        limit_value=limit_value,
        unit=unit,
    )


def with_cause(binding: Binding, prepared: Prepared, step: int, index: int) -> Binding:
    """Add the cause to an unknown limit: a silent region, or a short history. Any other binding is returned unchanged.

    Args:
        step: number of the origin.
        index: position of the region in the fleet.
    """
    if binding.limit != UNKNOWN:
        return binding
    silence = prepared.silence
    cause = silence.why_closed(step, index)
    # Where the weather bound is beyond the table of safe loads, there is a bound.
    if cause is None and binding.unit == "MW":
        lead_h = clock.hours_between(prepared.origin_utc[step], binding.hour_utc)
        cause = silence.why_unbounded(step, index, is_beyond=lead_h > prepared.settings.horizon)
    return binding if cause is None else replace(binding, cause=cause)


def _outdoor_threshold_c(limit: object, region: Region) -> float | None:
    if isinstance(limit, EnvelopeLimit) and limit.outdoor_threshold_c is not None:
        return limit.outdoor_threshold_c(region)
    return None


def why_unpriced(prepared: Prepared, step: int, region: int) -> str:
    """Return why the cost of running in a region is not known at an origin, and what to do about it."""
    causes = unpriced_causes(prepared, step, region)
    cause = " and ".join(causes.values()) or "carbon or price has no forecast in some hour of the window"
    remedy = " or state a price_usd_per_mwh in the fleet file" if "price_usd_per_mwh" in causes else ""
    return f"in {prepared.fleet.region_ids[region]} {cause}; add telemetry{remedy}"


def unpriced_causes(prepared: Prepared, step: int, region: int) -> dict[str, str]:
    """Return the columns of a region without a usable forecast of costs at an origin, each with the reason."""
    causes = {}
    for name, residuals in prepared.residuals.items():
        origin = residuals.since + step
        if name not in EXPECTED or not np.isnan(residuals.forecast[origin, region]).any():
            continue
        age_h = int(residuals.age_h[origin, region])
        causes[name] = f"{name} has less than {WARM_UP_H // HOURS_PER_DAY} days of history"
        if age_h > MAX_COST_AGE_H:
            causes[name] = f"{name} has had no value for {age_h} h (at most {MAX_COST_AGE_H})"
    return causes


def _why_lost(facts: Facts) -> str:
    return "went to other jobs" if facts.is_given_away else "is no longer safe"


def reason_of(facts: Facts) -> str:
    """Write one sentence that a person understands, and a second one for a segment of a pausable job."""
    return _reason(facts) + segment_sentence(facts.job, facts.verdict, is_placed=facts.place is not None)


def _reason(facts: Facts) -> str:
    if facts.window_closed:
        latest = clock.iso(facts.job.latest_start_utc)
        return f"Denied: to end by its deadline the job had to start by {latest}."
    if facts.begins_beyond:
        return (
            f"Waits: it may not start before {clock.iso(facts.job.earliest_utc)}, which is beyond the forecast hours."
        )
    if facts.place is not None:
        return _reason_placed(facts, facts.place)
    lost = "" if facts.before is None else f"its reserved slot in {facts.before} {_why_lost(facts)}, and "
    problem, cause = "is safe", _described(facts.binding)
    if isinstance(facts.binding.limit, EnvelopeLimit):
        cause = f"the closest limit is {cause}"
    if facts.why_unpriced is not None:
        problem, cause = "with headroom has a known cost", facts.why_unpriced
    else:
        cause = _with_gaps(cause, facts.gaps)
    if facts.verdict is Verdict.DEFER:
        return f"Waits: {lost}no allowed region {problem} yet; {cause}."
    return f"Denied: {lost}its window closes and no allowed region {problem}; {cause}."


def _with_gaps(cause: str, gaps: Sequence[DataGap]) -> str:
    """Add the missing data of silent regions to a cause, unless the cause names it already."""
    silent = [gap for gap in gaps if gap.is_silent and gap.why not in cause]
    if not silent:
        return cause
    more = f" and {len(silent) - _MOST_NAMED} more regions" if len(silent) > _MOST_NAMED else ""
    return f"{cause}; no data in {'; '.join(map(str, silent[:_MOST_NAMED]))}{more}"


def _reason_placed(facts: Facts, place: Place) -> str:
    binding, limit = facts.binding, facts.binding.limit
    action = "Runs now" if facts.verdict is Verdict.APPROVE else f"Deferred to {clock.iso(place.start_utc)}"
    if facts.before is not None:
        action = f"Moved to {place} from {facts.before}"
    is_exceeded = bool(exceeds(binding.bound, binding.limit_value))
    if is_exceeded and facts.uses_bound:
        # Two windows that share an hour may require different levels. A job with a lower level may have used the
        # headroom after this job was placed.
        return f"{action}: there was headroom, and jobs that need a smaller margin used it; {_described(binding)}."
    if not isinstance(limit, EnvelopeLimit):
        return f"{action}, although {_described(binding)}."
    if is_exceeded:
        return f"{action}, although the bound exceeds {_described(binding)}."
    return f"{action}{_gain(facts, place)}; the closest limit is {_described(binding)}."


def _gain(facts: Facts, place: Place) -> str:
    """Say why the job does not simply run now, or stay in the place that it had."""
    if facts.before is None:
        if facts.verdict is Verdict.APPROVE:
            return ""
        if place.start_utc == facts.job.earliest_utc:
            return ": its earliest start"
    former = "now at home" if facts.before is None else "before"
    if facts.saved_usd > 0:
        amount = f"{facts.saved_usd:,.2f}" if facts.saved_usd >= _CENT_USD else f"less than {_CENT_USD}"
        return f": {amount} USD cheaper than {former}"
    if not facts.uses_bound or not np.isfinite(facts.saved_usd) or facts.is_former_safe is None:
        return ""
    if facts.is_former_safe:
        return f": the plan of all jobs together prefers this to {former}"
    former = "now at home" if facts.before is None else "the place before"
    if facts.why_no_bound:
        return f": {former} has no bound, because {facts.why_no_bound}"
    return f": {former} is not safe beside the other jobs"


def advice_of(binding: Binding, *, to_region: str | None) -> str:
    """Write one sentence on a running job that is no longer safe at the bound of its region.

    Args:
        to_region: the cheapest other region that is safe for the rest of the job; None if no other region is safe at a
            known cost.
    """
    cause = _described(binding)
    if isinstance(binding.limit, EnvelopeLimit):
        cause = f"the bound exceeds {cause}"
    destination = (
        f"{to_region} is the cheapest region that is safe for the rest of the job"
        if to_region
        else "no other allowed region is known to be safe for the rest of the job"
    )
    return f"Should be migrated: {cause}; {destination}."


def _described(binding: Binding) -> str:
    """The limit with region and hour, and the bound beside the largest allowed value."""
    if binding.limit == CONTROLLER and binding.unit == "jobs":
        return (
            f"{binding.region} takes no more jobs, because {binding.bound:.0f} approved jobs have no known outcome yet "
            f"(at most {binding.limit_value:.0f})"
        )
    if binding.limit == CONTROLLER and binding.unit == "MW":
        return (
            f"{binding.region} is on probation after breaches, and all jobs together would use {binding.bound:.2f} MW "
            f"there (at most {binding.limit_value:.2f})"
        )
    if binding.limit == CONTROLLER:
        return (
            f"{binding.region} takes such a job only after other jobs have ended without a breach: the required "
            f"level is {binding.bound:.2f} margins, and the highest level is {binding.limit_value:.2f}"
        )
    where = f"in {binding.region} at {clock.iso(binding.hour_utc)}"
    if binding.limit == UNKNOWN and binding.cause:
        return f"no data: no bound can be given in {binding.region}, because {binding.cause}"
    if binding.limit == UNKNOWN and binding.unit in _WEATHER_NAMES:
        return (
            f"the limit is unknown {where}, because the bound of the {_WEATHER_NAMES[binding.unit]} is "
            f"{binding.bound:.1f} degC, and safe loads are known only up to {binding.limit_value:.1f} degC"
        )
    if binding.limit == UNKNOWN:
        return f"no bound can be given {where}, because data is missing or the calibration is too short"
    bound, limit = told_apart(binding.bound, binding.limit_value)
    return f"{binding.limit.words} {where} ({bound} at the bound, limit {limit} {binding.unit})"
