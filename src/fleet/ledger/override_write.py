"""Records a person's override inside a write transaction."""

import hashlib
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from fleet.domain.clock import iso
from fleet.domain.decision import Verdict
from fleet.errors import LedgerError
from fleet.ledger.history import explained_by_id
from fleet.ledger.latest_jobs import newest_seq, placed_since
from fleet.ledger.ledger_writer import LedgerWriter
from fleet.ledger.override_place import PlaceChoice, approved_place
from fleet.ledger.records import DecisionRecord, ExplainedDecision, OverrideRecord
from fleet.ledger.segment_order import check_order, next_segment
from fleet.ledger.tables import decisions, overrides


def write_override(
    writer: LedgerWriter,
    decision_id: str,
    verdict: Verdict,
    *,
    by: str,
    reason: str,
    made_utc: str,
    choice: PlaceChoice,
) -> OverrideRecord:
    """Record an override; the caller signs it. See `Ledger.override`.

    `Verdict.DEFER` is for segments alone: the job waits, and the next plan decides it anew.
    """
    decision = overridable(writer.connection, decision_id, writer.names)
    region, start_utc = None, None
    if verdict is Verdict.APPROVE:
        hour = np.datetime64(made_utc.rstrip("Z")).astype("datetime64[h]")
        later = placed_since(writer.connection, decision, writer.names, hour)
        region, start_utc = approved_place(decision, choice, later, made_utc)
        check_order(writer.connection, writer.names, decision, start_utc)
    row: dict[str, Any] = {
        "decision_id": decision.id,
        "made_utc": made_utc,
        "verdict": verdict.value,
        "region": region,
        "start_utc": None if start_utc is None else iso(start_utc),
        "by": by.strip(),
        "reason": reason.strip(),
    }
    _refuse_repetition(decision, row, newest_seq(writer.connection))
    before = [change.id for change in decision.overrides[-1:]]
    words = "\n".join([*map(str, row.values()), *before])
    row["after_seq"] = newest_seq(writer.connection)
    row["id"] = hashlib.sha256(words.encode()).hexdigest()[:16]
    writer.add(overrides, [row])
    _carry_on(writer, decision, verdict, by=by, reason=reason, made_utc=made_utc)
    query = select(overrides).where(overrides.c.id == row["id"])
    return OverrideRecord.model_validate(dict(writer.connection.execute(query).mappings().one()))


def _refuse_repetition(decision: ExplainedDecision, row: dict[str, Any], newest: int | None) -> None:
    """Refuse what the last override says already, if nothing was decided since. Raises: LedgerError."""
    if not decision.overrides or decision.overrides[-1].after_seq != newest:
        return
    last = decision.overrides[-1]
    same = ("verdict", "by", "reason", "region")
    start_utc = None if last.start_utc is None else iso(last.start_utc)
    if start_utc == row["start_utc"] and all(getattr(last, name) == row[name] for name in same):
        raise LedgerError(
            f"the same override of decision {decision.id} was recorded at {last.made_utc} by {last.by}; it holds, so "
            "there is nothing to do"
        )


def _carry_on(
    writer: LedgerWriter, decision: DecisionRecord, verdict: Verdict, *, by: str, reason: str, made_utc: str
) -> None:
    """Carry an override on to the segment after it, if that segment was decided.

    A job does not continue after a gap in its work, so the denial of a segment denies the segment after it. If the
    denied segment is approved again, the segment that was denied with it waits, and the next plan decides it anew.
    """
    after = next_segment(writer.connection, writer.names, decision)
    if after is None:
        return
    denied = f"{decision.job_id}, the segment before it, was denied: "
    if verdict is Verdict.DENY and after.verdict is not Verdict.DENY:
        held, words = Verdict.DENY, f"{denied}{reason.strip()}"
    elif verdict is not Verdict.DENY and _denied_with(writer, after.id, denied):
        held, words = Verdict.DEFER, f"{decision.job_id}, the segment before it, may run again: {reason.strip()}"
    else:
        return
    write_override(writer, after.id, held, by=by, reason=words, made_utc=made_utc, choice=PlaceChoice())


def _denied_with(writer: LedgerWriter, decision_id: str, words: str) -> bool:
    overridden = explained_by_id(writer.connection, decision_id, writer.names).overrides
    return bool(overridden) and overridden[-1].verdict is Verdict.DENY and overridden[-1].reason.startswith(words)


def overridable(connection: Connection, decision_id: str, names: Any) -> ExplainedDecision:
    """Return a decision that a person may override. Raises: LedgerError as `Ledger.override`."""
    decision = explained_by_id(connection, decision_id, names)
    if decision.mode != "live":
        raise LedgerError(f"decision {decision.id} belongs to a replay; only live decisions can be overridden")
    _check_latest(connection, decision)
    return decision


def _check_latest(connection: Connection, decision: DecisionRecord) -> None:
    later = select(decisions.c.id).where(decisions.c.job_id == decision.job_id, decisions.c.mode == "live")
    newest = connection.scalars(later.order_by(decisions.c.seq.desc()).limit(1)).one()
    if newest != decision.id:
        raise LedgerError(f"decision {decision.id} was followed by {newest} on the same job; override that one")
