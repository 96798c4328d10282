"""Records a live hour, if the ledger has not changed since the hour read it."""

from collections.abc import Sequence

import numpy as np

from fleet.decisions.hour_result import HourResult
from fleet.domain.clock import iso
from fleet.errors import LedgerChangedError
from fleet.ledger import AdviceEntry, AppendCheck, DecisionEntry, JobRecord, Ledger, NeededJobs
from fleet.live.reservations import reserved_mw
from fleet.units import exceeds

_ONE_HOUR = np.timedelta64(1, "h")


def commit_hour(
    ledger: Ledger,
    entries: Sequence[DecisionEntry],
    advices: Sequence[AdviceEntry],
    recorded: Sequence[JobRecord],
    result: HourResult,
) -> None:
    """Record decisions and advice together, or nothing.

    The transaction makes two checks. First: none of the jobs was decided or overridden since the ledger was read. So an
    override always wins. Second: the power that is reserved after the append is at most the power that this hour may
    promise.

    Args:
        recorded: the latest record of each live job, as the hour read it.
    Raises: LedgerChangedError if a check fails.
    """

    def check(before: Sequence[JobRecord], after: Sequence[JobRecord]) -> None:
        _check_unchanged(entries, recorded, before)
        if entries:
            _check_reserved(result, after)

    decided = [entry.decision.job_id for entry in entries]
    needed = NeededJobs(ending_after=np.datetime64(result.first_h, "h"), job_ids=decided)
    ledger.append(entries, advices, guard=AppendCheck(needed=needed, check=check))


def _check_unchanged(entries: Sequence[DecisionEntry], recorded: Sequence[JobRecord], now: Sequence[JobRecord]) -> None:
    was = {record.job_id: record for record in recorded}
    by_id = {record.job_id: record for record in now}
    for entry in entries:
        job_id = entry.decision.job_id
        if was.get(job_id) != by_id.get(job_id):
            raise LedgerChangedError(
                f"job {job_id} was decided or overridden while this hour was decided; nothing is recorded, decide again"
            )


def _check_reserved(result: HourResult, records: Sequence[JobRecord]) -> None:
    allowed_mw, fleet = result.allowed_mw, result.prepared.fleet
    first = np.datetime64(result.first_h, "h")
    held_mw = reserved_mw(records, fleet, first, allowed_mw.shape[1])
    over = np.argwhere(exceeds(held_mw, allowed_mw))
    if len(over):
        region, hour = over[0]
        raise LedgerChangedError(
            f"{fleet.regions[region].id} would hold {held_mw[region, hour]:.4g} MW of jobs at "
            f"{iso(first + hour * _ONE_HOUR)}, but this hour may promise at most {allowed_mw[region, hour]:.4g} MW: "
            "the ledger changed while this hour was decided; nothing is recorded, decide again"
        )
