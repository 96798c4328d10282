"""Decisions with a plain rule in place of forecasts, for tests of what many processes do to one ledger."""

from collections.abc import Sequence
from pathlib import Path

from support.entries import FIRST, decision, entry, job

from fleet.errors import LedgerChangedError
from fleet.ledger import AppendCheck, JobRecord, Ledger, NeededJobs

# What the only region may hold, and what each job takes.
ROOM_MW, JOB_MW = 10.0, 3.0


def placed_mw(records: Sequence[JobRecord]) -> float:
    """Return the power of all jobs with a place."""
    return sum(record.power_mw for record in records if record.has_place)


def decide_one_job(ledger: Ledger, name: str, folder: Path) -> bool:
    """Approve a job if the ledger leaves room for it. Returns: whether it was approved."""
    recorded = ledger.jobs(mode="live")
    (folder / name).touch()
    if placed_mw(recorded) + JOB_MW > ROOM_MW:
        return False

    def check(now: Sequence[JobRecord]) -> None:
        if placed_mw(now) + JOB_MW > ROOM_MW:
            raise LedgerChangedError("decide again")

    guard = AppendCheck(needed=NeededJobs(ending_after=FIRST), check=check)
    ledger.append([entry(decision(name, start_utc=FIRST), job=job(name, power_mw=JOB_MW))], guard=guard)
    return True


def decide_many(url: str, name: str, folder: Path, *, is_locked: bool) -> None:
    """Decide five jobs one after the other, under the ledger's lock or without it."""
    ledger = Ledger(url)
    for index in range(5):
        try:
            if is_locked:
                with ledger.deciding():
                    decide_one_job(ledger, f"{name}-{index}", folder)
            else:
                decide_one_job(ledger, f"{name}-{index}", folder)
        except LedgerChangedError:
            (folder / f"{name}-{index}.refused").touch()
    ledger.close()
