"""What the service answers, for the schema; long answers are written from the records themselves."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from fleet.domain.clock import iso
from fleet.ledger import DecisionRecord
from fleet.workflows.override_job import OverrideRisk
from fleet.workflows.submit_group import JobAnswer


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["job id 'train-4711' was used for another job; submit this job under a new id"])


class JobReply(BaseModel):
    """The answer to a submitted job. A queued job is decided by the next plan; its reason says why it waits."""

    job_id: str = Field(examples=["train-4711"])
    status: Literal["decided", "queued"]
    reason: str = Field(examples=["Runs now: there was headroom"])
    decision: dict[str, Any] | None = Field(description="The decision, as `GET /v1/decisions/{id}` returns it.")


class BatchReply(BaseModel):
    """The answers to the jobs of a batch, in their order."""

    jobs: list[JobReply]


class DecisionPage(BaseModel):
    """Decisions, the newest first."""

    decisions: list[dict[str, Any]]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class SharedJob(BaseModel):
    """A running or queued job that shares the place."""

    job_id: str
    power_mw: float
    start_utc: str | None
    end_utc: str


class RiskAnswer(BaseModel):
    """What an override risks. Send `risk_id` with the override."""

    risk_id: str
    decision_id: str
    verdict: str
    region: str | None
    start_utc: str | None
    limit: str | None = Field(
        description="The limit that binds the decision; null for a place in another region than that of the limit."
    )
    over_mw: float | None = Field(description="Overload at the bound; null if no bound can be given.")
    shared_with: list[SharedJob] = Field(description="At most 100 of the jobs that share the place.")
    shared_count: int
    sentence: str


_MOST_SHARED = 100


def job_status(answer: JobAnswer) -> dict[str, Any]:
    """Return the answer to one job."""
    decision = answer.decision
    return {
        "job_id": answer.job_id,
        "status": "queued" if decision is None else "decided",
        "reason": answer.note if decision is None else decision["reason"],
        "decision": decision,
    }


def risk_answer(risk: OverrideRisk) -> RiskAnswer:
    """Return the answer about a risk."""
    return RiskAnswer(
        risk_id=risk.risk_id,
        decision_id=risk.decision_id,
        verdict=risk.verdict.value,
        region=risk.region,
        start_utc=None if risk.start_utc is None else iso(risk.start_utc),
        limit=risk.limit,
        over_mw=risk.over_mw,
        shared_with=[
            SharedJob(
                job_id=job.job_id,
                power_mw=job.power_mw,
                start_utc=None if job.start_utc is None else iso(job.start_utc),
                end_utc=iso(job.end_utc),
            )
            for job in risk.neighbours[:_MOST_SHARED]
        ],
        shared_count=len(risk.neighbours),
        sentence=risk.sentence,
    )


def page_of(records: list[DecisionRecord], limit: int) -> dict[str, Any]:
    """Return a page of at most `limit` decisions, given one more than that if there is a next page."""
    shown = records[:limit]
    more = len(records) > limit
    return {
        "decisions": [record.as_dict() for record in shown],
        "next_cursor": str(shown[-1].seq) if more else None,
    }
