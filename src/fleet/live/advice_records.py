"""Migrate advice of the live fleet: which stands by now, and how a new one is written down."""

from collections.abc import Mapping, Sequence

from fleet.domain import clock
from fleet.domain.advice import Advice
from fleet.domain.clock import Hour
from fleet.ledger import AdviceEntry, Ledger, Row


def advised_by(ledger: Ledger, recorded: Sequence[Row], origin_utc: Hour) -> set[str]:
    """Jobs that were told, before this origin, to leave the region in which they run.

    Whether the region is still bad is for the hour's decisions to say. The ledger does not say whether it was good in
    between, so a job is told once for each place that it runs in.

    Args:
        recorded: the ledger's effective live rows.
    """
    told = {
        (row["decision_id"], row["region"])
        for row in ledger.advices(mode="live")
        if clock.parse_hour(row["origin_utc"]) < origin_utc
    }
    return {row["job_id"] for row in recorded if (row["id"], row["region"]) in told}


def advice_entries(
    advice: Sequence[Advice], recorded: Mapping[str, Row], *, made_utc: str, input_hash: str
) -> list[AdviceEntry]:
    """The ledger's entries of an hour's advice.

    Args:
        recorded: by job, the effective rows that gave the running jobs their places.
    """
    return [
        AdviceEntry(
            advice=each,
            decision_id=recorded[each.job_id]["id"],
            mode="live",
            made_utc=made_utc,
            input_hash=input_hash,
        )
        for each in advice
    ]
