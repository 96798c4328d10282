"""Advice to migrate in the live fleet: finds the jobs that have been advised, and records new advice."""

from collections.abc import Mapping, Sequence

from fleet.domain.advice import Advice
from fleet.domain.clock import Hour
from fleet.ledger import AdviceEntry, JobRecord, Ledger


def advised_jobs(ledger: Ledger, recorded: Sequence[JobRecord], origin_utc: Hour) -> set[str]:
    """Return the ids of the jobs that were advised, before this origin, to leave the region where they run.

    The ledger does not record whether the region's bound covered the job again after an advice. So a job is advised
    once for each of its places.

    Args:
        recorded: the latest records of the jobs to look at.
    """
    advices = ledger.advices(mode="live", job_ids=[record.job_id for record in recorded])
    advised = {(advice.decision_id, advice.region) for advice in advices if advice.origin_utc < origin_utc}
    return {record.job_id for record in recorded if (record.id, record.region) in advised}


def advice_entries(
    advice: Sequence[Advice], recorded: Mapping[str, JobRecord], *, made_utc: str, input_hash: str
) -> list[AdviceEntry]:
    """Return the ledger's entries for the advice of an hour.

    Args:
        recorded: job id -> the record that gave the running job its place.
    """
    return [
        AdviceEntry(
            advice=one,
            decision_id=recorded[one.job_id].id,
            mode="live",
            made_utc=made_utc,
            input_hash=input_hash,
        )
        for one in advice
    ]
