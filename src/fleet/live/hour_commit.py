"""Records a live hour, if the ledger has not changed since the hour read it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from fleet.decisions.hour_result import HourResult
from fleet.domain.clock import iso
from fleet.errors import LedgerChangedError
from fleet.ledger import AdviceEntry, AppendCheck, DecisionEntry, JobRecord, Ledger, NeededJobs
from fleet.live.reservations import reserved_mw
from fleet.placement import NOWHERE
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
    override always wins. Second: the power that these decisions and the other jobs of the ledger reserve is at most the
    power that this hour may promise.

    Args:
        recorded: the latest record of each live job, as the hour read it.
    Raises: LedgerChangedError if a check fails.
    """
    decided = {entry.decision.job_id for entry in entries}

    def check(now: Sequence[JobRecord]) -> None:
        _check_unchanged(decided, recorded, now)
        if entries:
            _check_reserved(result, [record for record in now if record.job_id not in decided])

    needed = NeededJobs(ending_after=np.datetime64(result.first_h, "h"), job_ids=decided)
    ledger.append(entries, advices, guard=AppendCheck(needed=needed, check=check))


def _check_unchanged(decided: AbstractSet[str], recorded: Sequence[JobRecord], now: Sequence[JobRecord]) -> None:
    was = {record.job_id: record for record in recorded}
    by_id = {record.job_id: record for record in now}
    for job_id in sorted(decided & (was.keys() | by_id.keys())):
        if was.get(job_id) != by_id.get(job_id):
            raise LedgerChangedError(
                f"job {job_id} was decided or overridden while this hour was decided; nothing is recorded, decide again"
            )


def _check_reserved(result: HourResult, others: Sequence[JobRecord]) -> None:
    """Check the power of the decided jobs together with the other jobs of the ledger."""
    allowed_mw, fleet = result.allowed_mw, result.prepared.fleet
    first = np.datetime64(result.first_h, "h")
    held_mw = reserved_mw(others, fleet, first, allowed_mw.shape[1])
    result.places.where(result.places.region != NOWHERE).add_power(held_mw, result.work, result.first_h)
    over = np.argwhere(exceeds(held_mw, allowed_mw))
    if len(over):
        region, hour = over[0]
        raise LedgerChangedError(
            f"{fleet.regions[region].id} would hold {held_mw[region, hour]:.4g} MW of jobs at "
            f"{iso(first + hour * _ONE_HOUR)}, but this hour may promise at most {allowed_mw[region, hour]:.4g} MW: "
            "the ledger changed while this hour was decided; nothing is recorded, decide again"
        )
