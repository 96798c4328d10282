"""Decides a few days as `fleet serve` does: hour after hour, each from its telemetry and the ledger."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fleet.domain.clock import iso
from fleet.domain.decision import Decision, Verdict
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.ledger import Ledger, sqlite_url
from fleet.live.controller_memory import ControllerMemories
from fleet.live.engine import Engine
from fleet.live.hour import LiveInputs, decide_live_hour
from fleet.preparation.settings import Settings
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus


def decide_live(
    engine: Engine, telemetry: Telemetry, origins: Sequence[int], work: Workload, fleet: Fleet, *, policy: str
) -> RunRecord:
    """Return what the live engine decided on each job, in the shape of a replay.

    Args:
        engine: what was learnt before the first origin; it is left unchanged.
        origins: positions of the hours. A later hour of the telemetry is not shown to an hour.
    """
    engine, memories, settings = deepcopy(engine), ControllerMemories(), Settings()
    decisions: dict[str, Decision] = {}
    with TemporaryDirectory() as folder:
        ledger = Ledger(sqlite_url(Path(folder) / "ledger.sqlite"))
        for origin in origins:
            at = telemetry.time_utc[origin]
            inputs = LiveInputs(
                telemetry=telemetry.hours(0, origin + 1),
                fleet=fleet,
                settings=settings,
                at=at,
                engine=engine,
                memories=memories,
            )
            hour = decide_live_hour(inputs, work.jobs, ledger, policy=policy, made_utc=iso(at + 1))
            decisions |= {entry.decision.job_id: entry.decision for entry in hour.entries}
        ledger.close()
    found = [decisions[job.id] for job in work.jobs]
    return RunRecord(work=work, status=_status(found, fleet), decisions=found)


def _status(decisions: Sequence[Decision], fleet: Fleet) -> JobStatus:
    status = JobStatus.initial(len(decisions))
    for job, decision in enumerate(decisions):
        status.origin_h[job] = int(decision.origin_utc.astype(np.int64))
        if decision.region is not None and decision.start_utc is not None:
            status.region[job] = fleet.region_ids.index(decision.region)
            status.start_h[job] = int(decision.start_utc.astype(np.int64))
        status.denied_without_data[job] = decision.verdict is Verdict.DENY and decision.lacks_data
    return status
