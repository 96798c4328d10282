"""Overrides of one job, and what they leave of it."""

from fleet.domain.decision import Verdict
from fleet.ledger import OverrideRecord, PlaceChoice

# Within the first hour in which the job of an entry runs.
NOW = "2024-05-20T01:30:00Z"


def override(
    ledger, decision_id, verdict=Verdict.DENY, *, by="Ann", reason="maintenance", made_utc=NOW, **choice
) -> OverrideRecord:
    """Override a decision; by default deny it."""
    chosen = PlaceChoice(**choice)
    return ledger.override(decision_id, verdict, by=by, reason=reason, made_utc=made_utc, choice=chosen)


def place_of_job(ledger) -> tuple:
    """Return verdict, region and start of the only job."""
    (record,) = ledger.jobs(mode="live")
    return record.verdict, record.region, record.start_utc
