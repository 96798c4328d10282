"""What needs a person at one hour, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from fleet.domain.clock import Hour, parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.region import Fleet
from fleet.ledger import DecisionSearch, ExplainedDecision, Ledger, NeededJobs
from fleet.physics.limits import limit_named
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.settings import BOUND_HISTORY_D
from fleet.units import HOURS_PER_DAY, ROUNDING_MW
from fleet.workflows.hour_facts import HourFacts
from fleet.workflows.region_status import RegionStatus
from fleet.workflows.remedy_text import freeing_text

_ONE_HOUR = np.timedelta64(1, "h")
_MOST = 500
_RELEASE = "The command fleet quality lists the values. Correct the source and ingest them again, or release them."
_CLOSES = " Missing values make bounds wider, and after some hours the region gets no new job."
# The other units of a bound count approvals and margins: there the controller holds new jobs back, and no limit of the
# region is exceeded.
_UNITS = ("MW", "degC", "degC dew point")


class Need(IntEnum):
    """Why a person is needed, the most urgent first. Nobody can help a job that is TOO_LATE any more."""

    MIGRATE = 0
    BEYOND_LIMIT = 1
    STALE = 2
    DENIED = 3
    WAITING = 4
    TOO_LATE = 5


@dataclass(frozen=True, kw_only=True)
class AttentionItem:
    """One thing that needs a person.

    Args:
        title: what it is about, in a few words.
        sentence: what happened.
        advice: what would help.
        decision_id: the decision to look at; None if there is none.
        hours_left: hours until nothing can be done any more; None if that is not known.
    """

    need: Need
    title: str
    sentence: str
    advice: str
    decision_id: str | None = None
    hours_left: int | None = None


def attention_items(
    facts: HourFacts, statuses: Mapping[str, RegionStatus], fleet: Fleet, ledger: Ledger | None
) -> Sequence[AttentionItem]:
    """Return what needs a person: jobs without a place, jobs approved beyond a limit, migrations and stale data.

    Jobs are those whose latest decision was made in the last 24 hours and gave no place. A job that a person denied or
    cancelled is left out.
    """
    labels = {region.id: region.name.split(" (")[0] for region in fleet.regions}
    items = _stale(statuses, labels)
    if ledger is not None:
        hour = facts.origin_utc
        wanted = DecisionSearch(
            mode=facts.source,
            without_place=True,
            newest=True,
            since=hour - (HOURS_PER_DAY - 1) * _ONE_HOUR,
            until=hour,
            most=_MOST,
        )
        found = ledger.search(wanted).decisions
        items += [_unplaced(decision, hour, labels) for decision in found if not _is_denied_by_a_person(decision)]
        if facts.source == "live":
            items += _advised(ledger, hour, labels)
            items += _beyond_limits(facts, ledger, labels)
    return sorted(items, key=lambda item: (item.need, 0 if item.hours_left is None else item.hours_left, item.title))


def _stale(statuses: Mapping[str, RegionStatus], labels: Mapping[str, str]) -> list[AttentionItem]:
    """Return the regions with streams that are old or held as doubtful, or with too short a history for a bound."""
    items = []
    for region, status in statuses.items():
        bounded = [age for age in status.streams if age.column in BOUNDED]
        stale, youngest = status.stale_streams, min(bounded, key=lambda age: age.history_h)
        if stale:
            is_held = any(age.held_h for age in stale)
            items.append(
                AttentionItem(
                    need=Need.STALE,
                    title=f"{'Doubtful' if is_held else 'Stale'} data in {labels[region]}",
                    sentence=f"{', '.join(f'{age.column} {age.words}' for age in stale)}.",
                    advice=(_RELEASE if is_held else "Check the source.") + _CLOSES,
                )
            )
        elif status.unknown_hours and youngest.history_h < BOUND_HISTORY_D * HOURS_PER_DAY:
            history_d = youngest.history_h // HOURS_PER_DAY
            items.append(
                AttentionItem(
                    need=Need.STALE,
                    title=f"No bound yet in {labels[region]}",
                    sentence=f"{youngest.column} has {history_d} days of history, and a bound needs about "
                    f"{BOUND_HISTORY_D}: the region gets no new job for about {BOUND_HISTORY_D - history_d} days.",
                    advice="Ingest earlier values if there are any.",
                )
            )
    return items


def _beyond_limits(facts: HourFacts, ledger: Ledger, labels: Mapping[str, str]) -> list[AttentionItem]:
    """Return the jobs that a person approved and that run in hours whose bound is above its limit.

    Other jobs in such hours are left to the advice to migrate, which knows how often such a bound comes true.
    """
    over = facts.ahead.filter(pl.col("unit").is_in(_UNITS)).with_columns(
        (pl.col("bound") - pl.col("limit_value")).alias("over")
    )
    # Of hours that differ by a rounding error alone, the first is named.
    over = over.filter(pl.col("over") > ROUNDING_MW).sort(-pl.col("over").round(3), "lead_h")
    wanted = DecisionSearch(mode="live", overridden=True, newest=True, most=_MOST)
    items = []
    for decision in ledger.search(wanted).decisions:
        last = decision.overrides[-1]
        if last.verdict is not Verdict.APPROVE or last.region is None or last.start_utc is None:
            continue
        first = int((last.start_utc - facts.origin_utc) / _ONE_HOUR)
        hours = over.filter(
            pl.col("region") == last.region, pl.col("lead_h").is_between(first, first + decision.duration_h - 1)
        )
        if hours.is_empty():
            continue
        worst = hours.row(0, named=True)
        items.append(
            AttentionItem(
                need=Need.BEYOND_LIMIT,
                title=f"Job {decision.job_id} in {labels.get(last.region, last.region)}, approved by {last.by}",
                sentence=f"{len(hours)} of the hours ahead are beyond a limit. At {worst['time_utc']:%H:%M} UTC the "
                f"bound exceeds {limit_named(worst['limit']).words} by {worst['over']:.1f} {worst['unit']}.",
                advice="Deny the job, or approve it elsewhere.",
                decision_id=decision.id,
                hours_left=first + decision.duration_h - 1,
            )
        )
    return items


def _is_denied_by_a_person(decision: ExplainedDecision) -> bool:
    return bool(decision.overrides) and decision.overrides[-1].verdict is Verdict.DENY


def _unplaced(decision: ExplainedDecision, hour: Hour, labels: Mapping[str, str]) -> AttentionItem:
    asked, left = decision.asked, None
    if asked is not None:
        latest_start = parse_hour(asked.deadline_utc) - decision.duration_h * _ONE_HOUR
        left = int((latest_start - hour) / _ONE_HOUR) - 1
    verdict = decision.overrides[-1].verdict if decision.overrides else decision.verdict
    need = Need.WAITING if verdict == "defer" else Need.DENIED
    if left is not None and left < 0:
        need = Need.TOO_LATE
    size = f"{decision.power_mw:g} MW for {decision.duration_h} h"
    word = "waits" if need is Need.WAITING else "denied"
    return AttentionItem(
        need=need,
        title=f"Job {decision.job_id} {word}: {size}",
        sentence=decision.overrides[-1].reason if decision.overrides else decision.reason,
        advice=f"What would {'have freed' if need is Need.TOO_LATE else 'free'} it: {freeing_text(decision, labels)}.",
        decision_id=decision.id,
        hours_left=left,
    )


def _advised(ledger: Ledger, hour: Hour, labels: Mapping[str, str]) -> list[AttentionItem]:
    """Return the latest advice on each job that still runs where the advice found it."""
    running = {
        record.job_id: record
        for record in ledger.jobs(mode="live", needed=NeededJobs(ending_after=hour + _ONE_HOUR))
        if record.has_place
    }
    newest = {
        advice.job_id: advice
        for advice in ledger.advices(mode="live", job_ids=list(running))
        if advice.region == running[advice.job_id].region and advice.origin_utc >= hour - HOURS_PER_DAY * _ONE_HOUR
    }
    return [
        AttentionItem(
            need=Need.MIGRATE,
            title=f"Migrate job {advice.job_id} out of {labels.get(advice.region, advice.region)}",
            sentence=advice.reason,
            advice="No region is safe for the rest of the job."
            if advice.to_region is None
            else f"{labels.get(advice.to_region, advice.to_region)} has room for the rest of the job.",
            decision_id=advice.decision_id,
            hours_left=int((running[advice.job_id].end_utc - hour) / _ONE_HOUR) - 1,
        )
        for advice in newest.values()
    ]
