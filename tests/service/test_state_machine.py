"""Random sequences of submissions, overrides, cancellations, hours and restarts keep every promise."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.prepared_once import prepare_equal_inputs_once
from support.service_homes import DAYS, FLEET, NOW, Clock, client_of, job_body, open_service, write_service_home
from support.sites import DAY, calm

from fleet.domain.clock import iso
from fleet.live.reservations import reserved_mw
from fleet.storage.telemetry_store import write_telemetry

HEADROOM_MW = 4.0
WHOLE = calm(FLEET, DAYS + 3)


class OperatedService(RuleBasedStateMachine):
    """A service that is used, restarted, and that passes hours.

    told: job id -> the answer of its submission.
    forced: an override accepted an overload, so a region may hold more than its headroom.
    """

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp(prefix="fleet-machine-"))
        self.home, self.clock, self.told, self.forced = write_service_home(self.folder), Clock(), {}, False
        self.stack = ExitStack()
        self._open()

    def _open(self):
        self.service = open_service(self.home, self.clock)
        self.client = self.stack.enter_context(client_of(self.service))
        self.service.loop.tick()

    def teardown(self):
        self.stack.close()
        shutil.rmtree(self.folder)

    def _body(self, power_mw, duration_h, wait_h):
        earliest = self.clock.hour + wait_h
        return job_body(
            f"j{len(self.told)}",
            power_mw=power_mw,
            duration_h=duration_h,
            earliest_utc=iso(earliest),
            deadline_utc=iso(earliest + duration_h + 4),
        )

    @rule(power_mw=st.sampled_from([0.4, 1.3, 2.7, 4.0]), duration_h=st.integers(1, 5), wait_h=st.integers(0, 4))
    def submit(self, power_mw, duration_h, wait_h):
        body = self._body(power_mw, duration_h, wait_h)
        answer = self.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": body["id"]})
        assert answer.status_code == 201, answer.text
        self.told[body["id"]] = (body, answer.json())

    @rule(count=st.integers(2, 4), power_mw=st.sampled_from([0.4, 1.3]))
    def submit_batch(self, count, power_mw):
        bodies = [self._body(power_mw, 2, 0) | {"id": f"j{len(self.told)}-{index}"} for index in range(count)]
        answer = self.client.post("/v1/batches", json={"jobs": bodies})
        assert answer.status_code == 201, answer.text
        for body, job in zip(bodies, answer.json()["jobs"], strict=True):
            self.told[body["id"]] = (body, job)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def submit_again(self, data):
        body, told = self.told[data.draw(st.sampled_from(sorted(self.told)))]
        answer = self.client.post("/v1/jobs", json=body)
        assert (answer.status_code, answer.json()) == (201, told)

    @precondition(lambda self: self.told)
    @rule(data=st.data(), verdict=st.sampled_from(["approve", "deny"]))
    def override(self, data, verdict):
        job_id = data.draw(st.sampled_from(sorted(self.told)))
        (decision, *_) = self.client.get("/v1/decisions", params={"job_id": job_id}).json()["decisions"]
        path = f"/v1/decisions/{decision['id']}"
        shown = self.client.post(f"{path}/override-risk", json={"verdict": verdict})
        assert shown.status_code in {200, 422}
        if shown.status_code == 200:
            body = {"verdict": verdict, "reason": "x", "risk_id": shown.json()["risk_id"]}
            accepted = self.client.post(f"{path}/override", json=body)
            assert accepted.status_code in {201, 422}, accepted.text
            self.forced |= accepted.status_code == 201 and verdict == "approve" and shown.json()["over_mw"] != 0

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def cancel(self, data):
        job_id = data.draw(st.sampled_from(sorted(self.told)))
        answer = self.client.post("/v1/cancellations", json={"job_id": job_id, "reason": "x"})
        assert answer.status_code in {200, 409}, answer.text

    @precondition(lambda self: self.clock.hour < NOW + 40)
    @rule()
    def pass_an_hour(self):
        self.clock.hour += 1
        hours = DAYS * DAY + int((self.clock.hour - NOW) / np.timedelta64(1, "h"))
        write_telemetry(self.home / "telemetry.parquet", WHOLE.hours(0, hours))
        self.service.loop.tick()
        assert self.service.loop.fault == ""

    @rule()
    def restart(self):
        self.stack.close()
        self._open()

    @invariant()
    def nothing_is_lost_doubled_or_promised_twice(self):
        ledger = self.service.ledger
        assert list(ledger.verify().faults) == []
        recorded = ledger.decisions(mode="live")
        by_id = {record.id: record.as_dict() for record in recorded}
        assert len(by_id) == len(recorded)
        for _, told in self.told.values():
            assert by_id[told["decision"]["id"]] == told["decision"]
        held = reserved_mw(ledger.jobs(mode="live"), FLEET, self.clock.hour, 60)
        if not self.forced:
            assert held.max() <= HEADROOM_MW + 1e-6
        current = self.service.intake.current
        if current is not None:
            with ledger.deciding_at_once() as writer:
                picture = current.caught_up(writer).open_hour.reserved_mw
            assert np.allclose(picture[:, :60], held)


@pytest.mark.slow
def test_random_sequences_keep_every_promise(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    run_state_machine_as_test(
        OperatedService, settings=settings(max_examples=10, stateful_step_count=12, deadline=None)
    )
