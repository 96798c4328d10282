"""Finds the last override that the recorded plan of a live hour does not count."""

from fleet.domain.clock import Hour, iso
from fleet.ledger import DecisionSearch, Ledger
from fleet.storage.workspace import Workspace
from fleet.workflows.live_hours import written_utc

_MOST = 500


def later_override_text(workspace: Workspace, ledger: Ledger | None, hour: Hour) -> str | None:
    """Return a warning that a person changed a job after the plan of a live hour was recorded; None if nobody did."""
    written = written_utc(workspace, hour)
    if ledger is None or written is None:
        return None
    found = ledger.search(DecisionSearch(mode="live", overridden=True, newest=True, most=_MOST)).decisions
    changed = max(found, key=lambda decision: decision.overrides[-1].seq, default=None)
    # The alphabetical order of ISO texts in UTC is their order in time.
    if changed is None or changed.overrides[-1].made_utc < written:
        return None
    last = changed.overrides[-1]
    place = "" if last.start_utc is None else f" in {last.region} from {iso(last.start_utc)}"
    return (
        f"Recorded at {written[11:16]} UTC, before the last override ({last.verdict.value} by {last.by}, job "
        f"{changed.job_id}, {changed.power_mw:g} MW{place}). The headroom below does not count it. `fleet headroom` or "
        "the next hour does."
    )
