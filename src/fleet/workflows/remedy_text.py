"""Says in words what would free a job that has no place."""

from collections.abc import Mapping, Sequence

from fleet.domain.clock import Hour
from fleet.domain.decision import Verdict
from fleet.domain.remedy import Change
from fleet.ledger.records import ExplainedDecision, RemedyRecord

NO_REMEDY = "nothing within the hours ahead"


def freeing_text(decision: ExplainedDecision, labels: Mapping[str, str] | None = None) -> str:
    """Return what would free a job without a place, as one line. A job that a person denied needs a person.

    Args:
        labels: see `remedies_text`.
    """
    last = decision.overrides[-1] if decision.overrides else None
    if last is None or last.verdict is not Verdict.DENY:
        return remedies_text(decision.remedies, labels)
    denied = f"denied by {last.by}"
    if decision.region is None or decision.start_utc is None:
        return f"{denied}; without that: {remedies_text(decision.remedies, labels)}"
    label = (labels or {}).get(decision.region, decision.region)
    return f"{denied}; it had a place: {label} from {_clock(decision.start_utc)}"


def remedies_text(remedies: Sequence[RemedyRecord], labels: Mapping[str, str] | None = None) -> str:
    """Return the remedies as one line, such as "0.8 MW less, or 2 hours later, or Wyoming from 14:00 UTC".

    Args:
        labels: region -> its name in the text; without it, the id is used.
    """
    if not remedies:
        return NO_REMEDY
    return ", or ".join(_words(remedy, (labels or {}).get(remedy.region, remedy.region)) for remedy in remedies)


def _words(remedy: RemedyRecord, label: str) -> str:
    place = f"{label} from {_clock(remedy.start_utc)}"
    if remedy.change is Change.RESTORE_FEED:
        return f"restore the feed of {remedy.column} in {label}, or release its values if fleet quality lists them"
    if remedy.change is Change.LESS_POWER:
        return f"{remedy.less_mw:g} MW less ({place})"
    if remedy.change is Change.LATER:
        return f"{remedy.later_h} hour{'s' if remedy.later_h > 1 else ''} later ({place})"
    # An override can choose recorded places only, and those are in regions that the job allows.
    return f"another region, if the job is submitted again with it ({place})"


def _clock(hour: Hour) -> str:
    return f"{hour.item():%d %b %H:%M} UTC"
