"""A person's override of a decision: first what it risks, then the override of a person who has seen it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.domain.clock import Hour, iso
from fleet.domain.decision import Verdict
from fleet.errors import ConflictError
from fleet.ledger import Author, ExplainedDecision, JobRecord, Ledger, OverrideRecord, PlaceChoice
from fleet.ledger.override_place import check_words
from fleet.ledger.override_write import overridable, write_override
from fleet.workflows.approval_check import PlaceCheck, approval_checks


@dataclass(frozen=True, kw_only=True)
class OverrideWish:
    """What a person wants.

    Args:
        region, start_utc: choose among the recorded places, for an approval; None accepts any.
    """

    decision_id: str
    verdict: Verdict
    region: str | None = None
    start_utc: Hour | None = None


@dataclass(frozen=True, kw_only=True)
class OverrideRisk:
    """What an override risks.

    Args:
        region, start_utc: the place that the job gets, or loses if it is denied; None without a place.
        limit: label of the limit that binds the decision; None for a place in another region than that of the limit,
            because a decision records one limit only.
        over_mw: by how much the place overloads the region at the bound; zero if it does not, None without a bound.
        neighbours: the running and queued jobs that share the place.
        sentence: for a person.
    """

    decision_id: str
    verdict: Verdict
    region: str | None
    start_utc: Hour | None
    limit: str | None
    over_mw: float | None
    neighbours: Sequence[JobRecord]
    sentence: str

    @property
    def risk_id(self) -> str:
        """A name of exactly this risk. Another neighbour or another overload gives another name."""
        over = "none" if self.over_mw is None else f"{self.over_mw:.3f}"
        start = "" if self.start_utc is None else iso(self.start_utc)
        words = (self.decision_id, self.verdict.value, self.region or "", start, over)
        return hashlib.sha256("\n".join((*words, *(job.id for job in self.neighbours))).encode()).hexdigest()[:16]


class RiskChangedError(ConflictError):
    """The person has not seen the present risk."""

    def __init__(self, risk: OverrideRisk) -> None:
        super().__init__(f"accept the risk first, with risk_id {risk.risk_id}: {risk.sentence}")
        self.risk = risk


def override_risk(ledger: Ledger, wish: OverrideWish, now_utc: str) -> OverrideRisk:
    """Return what an override risks now. Raises: LedgerError if the decision cannot be overridden so."""
    with ledger.reading() as connection:
        decision = overridable(connection, wish.decision_id, ledger.names)
    return _risk(ledger, decision, wish, now_utc)


def override_job(
    ledger: Ledger, wish: OverrideWish, *, risk_id: str, author: Author, reason: str, made_utc: str
) -> OverrideRecord:
    """Record an override of a person who has seen its risk.

    Args:
        risk_id: of the risk that the person has seen.
    Raises: RiskChangedError if the risk is another one; LedgerError as `Ledger.override`.
    """
    check_words(author.by, reason)
    with ledger.writing() as writer:
        decision = overridable(writer.connection, wish.decision_id, writer.names)
        risk = _risk(ledger, decision, wish, made_utc)
        if risk.risk_id != risk_id:
            raise RiskChangedError(risk)
        record = write_override(
            writer,
            decision.id,
            wish.verdict,
            by=author.by,
            reason=reason,
            made_utc=made_utc,
            choice=PlaceChoice(region=risk.region, start_utc=risk.start_utc, is_forced=risk.over_mw != 0),
        )
        writer.sign(author, made_utc)
        return record


def _risk(ledger: Ledger, decision: ExplainedDecision, wish: OverrideWish, now_utc: str) -> OverrideRisk:
    held = decision.overrides[-1] if decision.overrides else decision
    if wish.verdict is not Verdict.APPROVE:
        place = "no place" if held.start_utc is None else f"its place in {held.region} from {iso(held.start_utc)}"
        return _of(decision, wish, held.region, held.start_utc, 0.0, (), f"The job loses {place}, and does not run.")
    check = _chosen(approval_checks(ledger, decision, now_utc), wish)
    if check is None:
        return _of(decision, wish, wish.region, wish.start_utc, 0.0, (), "The decision recorded no such place.")
    over_mw = None if check.left_mw is None else max(-check.left_mw, 0.0)
    sentence = check.sentence(check.region)
    return _of(decision, wish, check.region, check.start_utc, over_mw, check.neighbours, sentence)


def _of(
    decision: ExplainedDecision,
    wish: OverrideWish,
    region: str | None,
    start_utc: Hour | None,
    over_mw: float | None,
    neighbours: Sequence[JobRecord],
    sentence: str,
) -> OverrideRisk:
    return OverrideRisk(
        decision_id=decision.id,
        verdict=wish.verdict,
        region=region,
        start_utc=start_utc,
        limit=decision.binding.limit.label if region in (None, decision.binding.region) else None,
        over_mw=over_mw,
        neighbours=neighbours,
        sentence=sentence,
    )


def _chosen(checks: Sequence[PlaceCheck], wish: OverrideWish) -> PlaceCheck | None:
    for check in checks:
        if wish.region in (None, check.region) and wish.start_utc in (None, check.start_utc):
            return check
    return None
