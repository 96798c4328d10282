"""What a live hour reads from the ledger: the jobs that it needs, and the controller."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.conformal.controller import Controller
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.ledger import JobRecord, Ledger, NeededJobs
from fleet.live.controller_memory import ControllerMemories
from fleet.live.live_controller import live_controller
from fleet.preparation.settings import Settings

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class LedgerHour:
    """What a live hour read from the ledger.

    Args:
        recorded: the latest record of each live job that was submitted or has not ended, and maybe of other jobs.
        newest_origin: the newest hour at which anything was decided; None if nothing was.
        controller: as it is before the decisions of the hour after the origin; None if no controller is wanted.
        ended: the outcomes of the approved jobs whose last hour is the origin's hour.
    """

    recorded: Sequence[JobRecord]
    newest_origin: Hour | None
    controller: Controller | None
    ended: Sequence[JobOutcome]


def read_ledger(
    ledger: Ledger,
    known: Telemetry,
    fleet: Fleet,
    settings: Settings,
    memories: ControllerMemories,
    *,
    job_ids: Collection[str] = (),
    is_controlled: bool = True,
) -> LedgerHour:
    """Read the ledger for the hour after the last known one.

    Jobs that ended before the newest memory are not read, so the cost does not grow with the length of the ledger.

    Args:
        job_ids: the submitted jobs.
        is_controlled: compute the controller, and keep its memory for the next hour.
    """
    first, newest_origin = known.time_utc[-1] + _ONE_HOUR, ledger.newest_origin(mode="live")
    if not is_controlled:
        recorded = ledger.jobs(mode="live", needed=NeededJobs(ending_after=first, job_ids=job_ids))
        return LedgerHour(recorded=recorded, newest_origin=newest_origin, controller=None, ended=())
    # The mark is made first: a row that is written during this read counts as later, and the next hour looks at it.
    mark = ledger.mark()
    memory = memories.newest(known, fleet, settings, ledger)
    since = None if memory is None else NeededJobs(ending_after=memory.hour)
    needed = None if since is None else NeededJobs(ending_after=since.ending_after, job_ids=job_ids)
    recorded = ledger.jobs(mode="live", needed=needed)
    decisions = ledger.places(mode="live", needed=since)
    live = live_controller(decisions, recorded, known, fleet, settings, memory)
    if len(known.time_utc) > 1:
        memories.keep(live.memory(known.time_utc[-2], mark))
    return LedgerHour(recorded=recorded, newest_origin=newest_origin, controller=live.controller, ended=live.ended)
