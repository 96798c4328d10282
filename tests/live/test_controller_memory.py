"""With memories of earlier hours, an hour reads less of the ledger and gets the same controller, to the last bit."""

from dataclasses import fields

import numpy as np
import pytest
from support.controllers import counted
from support.entries import decision, entry
from support.entries import job as recorded_job
from support.sites import NAIVE, calm, changed, fleet_of, hour, region

from fleet.domain.decision import Alternative, Verdict
from fleet.errors import LedgerError
from fleet.ledger import Ledger, PlaceChoice, sqlite_url
from fleet.live.controller_memory import ControllerMemories
from fleet.live.ledger_hour import LedgerHour, read_ledger
from fleet.preparation.state_codec import StateCodec
from fleet.storage.snapshot_store import SnapshotStore

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NAMES = FLEET.region_ids


class History:
    """Hours of random decisions, overrides and telemetry, one after another."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.random = ledger, np.random.default_rng(seed)
        stored = calm(FLEET)
        # Alpha and beta have 10 MW, so some hours breach with the jobs.
        noise = self.random.normal(0.0, 1.5, (2, len(stored.time_utc)))
        self.telemetry = changed(stored, "it_load_mw", ..., 6.5 + noise)
        self.latest: dict[str, str] = {}

    def known(self, at):
        return self.telemetry.hours(0, self.telemetry.position(at) + 1)

    def decide(self, at) -> None:
        """Record new jobs, and decide some of the jobs again that have not begun."""
        entries = []
        for number in range(self.random.integers(0, 4)):
            name, power_mw = f"{at}-{number}", float(self.random.choice([0.5, 1.0, 2.0]))
            entries += [
                self._entry(name if tasks == 1 else f"{name}-{task}", at, power_mw)
                for tasks in (int(self.random.choice([1, 3])),)
                for task in range(tasks)
            ]
        for record in self.ledger.jobs(mode="live"):
            if record.has_place and not record.overridden and record.start_utc > at + 1 and self.random.random() < 0.3:
                entries.append(self._entry(record.job_id, at, record.power_mw, previous_id=record.id))
        self.ledger.append(entries)
        self.latest |= {made.decision.job_id: made.id for made in entries}

    def _entry(self, name, at, power_mw, previous_id=""):
        start, duration_h = at + 1 + int(self.random.integers(0, 20)), int(self.random.choice([1, 3, 12]))
        alternative = Alternative(region="beta", start_utc=at + 9, cost_usd=4.0, headroom_left_mw=1.0)
        is_placed = self.random.random() < 0.9
        made = decision(
            name,
            origin_utc=at,
            region=str(self.random.choice(NAMES)) if is_placed else None,
            start_utc=start if is_placed else None,
            verdict=Verdict.DEFER if is_placed else Verdict.DENY,
            policy=str(self.random.choice(["greedy", "home_region"], p=[0.9, 0.1])),
            alternatives=(alternative,),
        )
        asked = recorded_job(name, power_mw=power_mw, duration_h=duration_h, earliest_utc=at, deadline_utc=at + 99)
        return entry(made, job=asked, made_utc=f"{at + 1}:00:00Z", previous_id=previous_id)

    def override(self, at) -> None:
        """Let a person deny or move a job, which may run already or have ended."""
        if not self.latest or self.random.random() > 0.25:
            return
        row_id = str(self.random.choice(sorted(self.latest.values())[-30:]))
        verdict = Verdict.DENY if self.random.random() < 0.6 else Verdict.APPROVE
        choice = PlaceChoice(is_forced=True) if verdict is Verdict.APPROVE else None
        try:
            self.ledger.override(
                row_id, verdict, by="Ann", reason=f"at {at}", made_utc=f"{at + 1}:00:00Z", choice=choice
            )
        except LedgerError:
            # The place has passed.
            return

    def correct(self, at) -> None:
        """Change the telemetry of recent hours: values come late, are corrected or stay missing."""
        if self.random.random() < 0.25:
            since = self.telemetry.position(at) - int(self.random.integers(0, 30))
            value = float(self.random.choice([np.nan, 6.0, 9.5]))
            self.telemetry = changed(self.telemetry, "it_load_mw", (0, slice(since, since + 2)), value)


def assert_equal(found: LedgerHour, expected: LedgerHour) -> None:
    assert list(found.ended) == list(expected.ended)
    for item in fields(expected.controller):
        np.testing.assert_array_equal(getattr(found.controller, item.name), getattr(expected.controller, item.name))


# The outcomes of jobs without actual values are given up after a week, so the longest run sees that, too.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "hours"),
    [(0, 40), (1, 40), pytest.param(2, 60, marks=pytest.mark.slow), pytest.param(3, 220, marks=pytest.mark.slow)],
)
def test_hours_with_memories_have_the_controller_of_the_whole_ledger(ledger, tmp_path, seed, hours, monkeypatch):
    history, read = History(ledger, seed), []
    store = SnapshotStore(tmp_path / "memories", StateCodec(), "1")
    memories = ControllerMemories(store)
    places = ledger.places

    def noted(*, mode, needed=None):
        found = places(mode=mode, needed=needed)
        read.append(needed is not None)
        return found

    for at in AT + np.arange(hours):
        history.decide(at)
        history.override(at)
        history.correct(at)
        if history.random.random() < 0.2:
            memories = ControllerMemories(SnapshotStore(tmp_path / "memories", StateCodec(), "1"))
        known = history.known(at)
        expected = read_ledger(ledger, known, FLEET, NAIVE, ControllerMemories())
        with monkeypatch.context() as patch:
            patch.setattr(ledger, "places", noted)
            found = read_ledger(ledger, known, FLEET, NAIVE, memories)
        assert_equal(found, expected)
        held = {record.job_id: record for record in expected.recorded}
        assert all(held[record.job_id] == record for record in found.recorded)
        not_ended = {name for name, record in held.items() if record.has_place and record.end_utc > at + 1}
        assert not_ended <= {record.job_id for record in found.recorded}
    assert sum(counted(expected.controller.resolved)) > 10
    assert sum(counted(expected.controller.breached)) > 0
    # Most hours went on from a memory, in spite of the overrides and the corrections.
    assert np.mean(read) > 0.5


def test_a_memory_is_used_only_with_its_own_telemetry_fleet_and_ledger(ledger, tmp_path):
    history = History(ledger, 1)
    for at in AT + np.arange(5):
        history.decide(at)
    known, memories = history.known(AT + 5), ControllerMemories()
    assert memories.newest(known, FLEET, NAIVE, ledger) is None
    read_ledger(ledger, known, FLEET, NAIVE, memories)
    later = history.known(AT + 6)
    assert memories.newest(later, FLEET, NAIVE, ledger).hour == AT + 4
    other_fleet = fleet_of(region("alpha"), region("beta", it_capacity_mw=11.0))
    assert memories.newest(later, other_fleet, NAIVE, ledger) is None
    corrected = changed(later, "it_load_mw", (1, -20), 9.0)
    assert memories.newest(corrected, FLEET, NAIVE, ledger) is None
    with Ledger(sqlite_url(tmp_path / "other" / "ledger.sqlite")) as other:
        assert memories.newest(later, FLEET, NAIVE, other) is None
    begun = next(record for record in ledger.jobs(mode="live") if record.has_place and record.start_utc <= AT + 4)
    ledger.override(begun.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc="2024-05-20T07:00:00Z")
    assert memories.newest(later, FLEET, NAIVE, ledger) is None


def test_the_first_hour_of_all_has_no_memory(ledger):
    known = calm(FLEET).hours(0, 1)
    read = read_ledger(ledger, known, FLEET, NAIVE, ControllerMemories())
    assert counted(read.controller.unresolved) == [0, 0]
