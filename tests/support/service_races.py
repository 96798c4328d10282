"""A process that decides jobs beside others on one database."""

import json
import os
from pathlib import Path
from typing import Any

from support.service_homes import FLEET, SETTINGS, Clock, job_body

from fleet.ledger import Ledger
from fleet.service.bodies import JobBody
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.submit_group import SubmitRequest


def decide_in_turn(home: Path, url: str, number: int, jobs: int, begin: Any) -> None:
    """Decide jobs one by one. Every second job has an id that all processes use, with the same content.

    A file beside the telemetry holds what the process was told.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    workspace, clock = Workspace(home), Clock()

    def request_of(now: str) -> HourRequest:
        return HourRequest(workspace=workspace, fleet=FLEET, settings=SETTINGS, now_utc=now)

    ledger = Ledger(url)
    intake = JobIntake(ledger, request_of, clock)
    assert intake.make_ready() == ""
    told = {}
    begin.wait()
    for index in range(jobs):
        name = f"shared-{index}" if index % 2 else f"own-{number}-{index}"
        body = JobBody(**job_body(name, power_mw=0.05 + 0.1 * (index % 5), duration_h=1 + index % 4))
        request = SubmitRequest(
            jobs=[body.as_job()], by=f"p{number}", request_key=f"{number}-{index}", body_hash=str(index)
        )
        (answer,) = intake.submit([request])
        assert not isinstance(answer, Exception), answer
        decision = answer[0].decision
        assert decision is not None
        told[name] = dict(decision)
    (home / f"told-{number}.json").write_text(json.dumps(told))
    ledger.close()
