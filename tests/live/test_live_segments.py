"""A live job that may pause: its segments are decided one after another, each with a row of its own."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.decision import Verdict
from fleet.domain.segments import in_segments
from fleet.domain.workload import Workload
from fleet.errors import LedgerError
from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.segment_order import check_order
from fleet.live.controller_memory import ControllerMemories
from fleet.live.engine import Engine
from fleet.live.hour import LiveHour, LiveInputs, decide_live_hour
from fleet.placement.priced import Priced
from fleet.preparation.prepare import prepare
from fleet.replay.hour_loop import decide_all

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
# Beta is more expensive, and has room for 0.5 MW only.
STORED = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 90.0}, "it_load_mw": {"beta": 9.5}})
# From the hour after AT + 21 on, alpha has room for 0.2 MW for ten hours.
BUSY = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) + 22, STORED.position(AT) + 32)), 9.8)
# 20, 20 and 10 hours, and twelve hours of slack.
TRAIN = job("train", power_mw=2.0, duration_h=50, checkpoint_h=20, deadline_utc=AT + 63)


def now(at) -> str:
    return f"{(at + 1).astype('datetime64[s]')}Z"


def decide_at(ledger, jobs=(TRAIN,), at=AT, telemetry=STORED) -> LiveHour:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return decide_live_hour(inputs, list(jobs), ledger, policy="priced", made_utc=now(at))


def places(ledger) -> dict:
    """Return verdict and start by job id, of the latest decision with its override."""
    return {record.job_id: (record.verdict, record.start_utc) for record in ledger.jobs(mode="live")}


def record_of(ledger, job_id: str):
    (record,) = [record for record in ledger.jobs(mode="live") if record.job_id == job_id]
    return record


def test_the_first_segment_is_promised_and_the_next_one_is_decided_when_it_has_begun(ledger):
    (first,) = decide_at(ledger).entries
    assert (first.decision.job_id, first.job.duration_h, first.decision.start_utc) == ("train", 20, AT + 1)
    assert first.decision.reason.endswith(
        " Segment 1 of 3 (20 of 50 h): only these hours are promised; the 30 h after them are planned, are decided as "
        "segment 2 (the job's id and #2) when this segment has begun, and may pause; if they cannot end by "
        "2024-05-22T15:00Z, the job is not completed."
    )
    assert not decide_at(ledger).entries
    (waiting,) = decide_at(ledger, at=AT + 1).entries
    assert (waiting.decision.job_id, waiting.decision.start_utc) == ("train#2", None)
    assert waiting.decision.reason.endswith(
        "Segment 2 of 3 (20 of 50 h): until it gets a place, the job pauses after 20 h."
    )
    # All its hours are within the horizon now. It follows without a pause, though a later start costs the same.
    (second,) = decide_at(ledger, at=AT + 17).entries
    assert (second.decision.job_id, second.decision.start_utc) == ("train#2", AT + 21)
    assert "Segment 2 of 3 (20 of 50 h): only these hours are promised; the 10 h after them" in second.decision.reason
    decide_at(ledger, at=AT + 21)
    (third,) = decide_at(ledger, at=AT + 35).entries
    assert (third.decision.job_id, third.decision.start_utc, third.job.duration_h) == ("train#3", AT + 41, 10)
    assert third.decision.reason.endswith("Segment 3 of 3 (10 of 50 h): with it the job is completed.")
    assert [record.asked.segment.number for record in ledger.jobs(mode="live")] == [1, 2, 3]
    assert not ledger.verify().faults


def test_a_job_without_checkpoints_has_the_cells_of_earlier_versions(ledger):
    (entry,) = decide_at(ledger, [replace(TRAIN, checkpoint_h=None)]).entries
    assert entry.job.duration_h == 50
    assert "segment" not in entry.row["asked"]
    assert "segment" not in ledger.decision(entry.id).as_dict()["asked"]
    assert "Segment" not in entry.decision.reason


@pytest.mark.slow
def test_a_job_pauses_while_its_region_is_full_and_is_completed_in_order(ledger):
    # The other job has a higher priority and takes all 4 MW for eight hours, when the first segment has ended.
    block = job("block", power_mw=4.0, duration_h=8, priority=1, earliest_utc=AT + 10, deadline_utc=AT + 30)
    jobs = [TRAIN, replace(block, regions=("alpha",))]
    for step in (0, 1, 10, 17, 22, 26, 30, 40):
        decide_at(ledger, jobs, AT + step)
    assert {name: start for name, (_, start) in places(ledger).items()} == {
        "train": AT + 1,
        "block": AT + 21,
        "train#2": AT + 29,
        "train#3": AT + 49,
    }
    assert not ledger.verify().faults


def test_a_job_that_cannot_be_completed_says_so_in_its_last_row(ledger):
    full = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) + 2, None)), 9.8)
    for step in (0, 1, 10, 31, 32, 34):
        decide_at(ledger, at=AT + step, telemetry=full)
    last = ledger.decisions(mode="live")[0]
    assert (last.job_id, last.verdict) == ("train#2", Verdict.DENY)
    assert last.reason.endswith(
        "Segment 2 of 3 (20 of 50 h): the job is not completed; 20 h were decided before, and the last 30 h do not run."
    )
    assert "train#3" not in places(ledger)


def test_a_segment_whose_hours_went_by_without_a_decision_is_recorded_as_denied(ledger):
    decide_at(ledger)
    (late,) = decide_at(ledger, at=AT + 50).entries
    assert (late.decision.job_id, late.decision.verdict) == ("train#2", Verdict.DENY)


def test_the_denial_of_a_segment_ends_the_whole_job(ledger):
    (first,) = decide_at(ledger).entries
    decide_at(ledger, at=AT + 17)
    assert places(ledger)["train#2"] == ("defer", AT + 21)
    ledger.override(first.id, Verdict.DENY, by="Ann", reason="not needed", made_utc=now(AT + 17))
    assert places(ledger) == {"train": ("deny", None), "train#2": ("deny", None)}
    for step in (18, 22, 41):
        assert not decide_at(ledger, at=AT + step).entries
    assert not ledger.verify().faults


def test_a_segment_that_is_approved_again_lets_the_next_plan_decide_the_one_denied_with_it(ledger):
    # The first segment starts later, so that it can be approved again after its denial.
    later = replace(TRAIN, duration_h=28, deadline_utc=AT + 60)
    (first,) = decide_at(ledger, [later]).entries
    decide_at(ledger, [later], AT + 17)
    assert places(ledger)["train#2"] == ("defer", AT + 21)
    ledger.override(first.id, Verdict.DENY, by="Ann", reason="not needed", made_utc=now(AT))
    assert places(ledger) == {"train": ("deny", None), "train#2": ("deny", None)}
    ledger.override(first.id, Verdict.APPROVE, by="Ann", reason="needed after all", made_utc=now(AT))
    assert places(ledger) == {"train": ("approve", AT + 1), "train#2": ("defer", None)}
    decide_at(ledger, [later], AT + 18)
    assert places(ledger)["train#2"] == ("defer", AT + 21)
    second = ledger.decision(record_of(ledger, "train#2").id)
    assert not second.overrides
    assert not ledger.verify().faults


def test_a_segment_that_a_person_denied_itself_stays_denied_when_the_one_before_it_is_approved_again(ledger):
    (first,) = decide_at(ledger).entries
    (second,) = decide_at(ledger, at=AT + 17).entries
    ledger.override(second.id, Verdict.DENY, by="Bob", reason="no", made_utc=now(AT + 17))
    ledger.override(first.id, Verdict.DENY, by="Ann", reason="no", made_utc=now(AT))
    ledger.override(first.id, Verdict.APPROVE, by="Ann", reason="yes", made_utc=now(AT))
    assert places(ledger) == {"train": ("approve", AT + 1), "train#2": ("deny", None)}


def test_a_place_that_a_person_gives_a_segment_keeps_the_order_and_the_job_goes_on_after_it(ledger):
    (first,) = decide_at(ledger).entries
    (second,) = decide_at(ledger, at=AT + 17).entries
    with ledger.reading() as connection:
        check_order(connection, ledger.names, ledger.decision(second.id), AT + 21)
        with pytest.raises(LedgerError, match=r"the segment after it, train#2, starts at 2024-05-20T21:00Z"):
            check_order(connection, ledger.names, ledger.decision(first.id), AT + 2)
        with pytest.raises(LedgerError, match=r"the segment before it, train, ends at 2024-05-20T21:00Z"):
            check_order(connection, ledger.names, ledger.decision(second.id), AT + 20)
    ledger.override(second.id, Verdict.APPROVE, by="Ann", reason="x", made_utc=now(AT + 17))
    decide_at(ledger, at=AT + 35)
    assert places(ledger)["train#3"] == ("defer", AT + 41)


@pytest.mark.slow
def test_a_replay_and_live_hours_that_restart_decide_the_same(tmp_path):
    """Two equal jobs are an array. The busy hours make segments wait."""
    job_of_28_h = replace(TRAIN, duration_h=28, deadline_utc=AT + 40)
    jobs = [job_of_28_h, replace(job_of_28_h, id="twin"), job("short", power_mw=1.0, deadline_utc=AT + 12)]
    jobs.append(job("long", power_mw=0.4, duration_h=30, checkpoint_h=8, earliest_utc=AT + 3, deadline_utc=AT + 42))
    hours, restarts_every = 41, 10
    for step in range(hours):
        if step % restarts_every == 0:
            ledger, engine, memories = Ledger(sqlite_url(tmp_path / "ledger.sqlite")), Engine(), ControllerMemories()
        inputs = LiveInputs(telemetry=BUSY, fleet=FLEET, settings=NAIVE, at=AT + step, engine=engine, memories=memories)
        last_hour = decide_live_hour(inputs, jobs, ledger, policy="priced", made_utc=now(AT + step))
        if step % restarts_every == restarts_every - 1:
            ledger.close()
    latest = {record.id: record for record in ledger.decisions(mode="live")}
    live = {
        record.job_id: (record.region, record.start_utc, latest[record.id].reason)
        for record in ledger.jobs(mode="live")
    }
    ledger.close()
    start = BUSY.position(AT)
    prepared = prepare(BUSY, FLEET, start + np.arange(hours), NAIVE)
    work = Workload.of(in_segments(jobs), FLEET.region_ids)
    tracker = OutcomeTracker(ActualHours.of(BUSY, FLEET), BUSY.time_utc[0])
    record = decide_all(prepared, work, Priced(), tracker, start, lambda _: None, explain=True)
    assert live == {one.job_id: (one.region, one.start_utc, one.reason) for one in record.decisions}
    assert {"train#2", "twin#2", "long#2"} & live.keys()
    # Equal jobs share a reason, so it names none of them.
    assert not any("train" in reason or "twin" in reason for *_, reason in live.values())
    for counts in ("level", "unresolved", "resolved"):
        np.testing.assert_array_equal(getattr(last_hour.controller, counts), getattr(record.controllers[-1], counts))


def test_a_job_with_the_id_of_a_segment_of_a_decided_job_is_not_decided(ledger):
    decide_at(ledger)
    result = decide_at(ledger, [job("train#2", power_mw=1.0, duration_h=2)])
    assert [named.reason for named in result.changed] == [
        "the id is that of a segment of train; submit this job under a new id"
    ]
    assert not result.entries
    # `train` has three segments, and `free` has none. Numbers are written as the program writes them.
    free_ids = ("train#4", "train#x", "free#2", "#2", "train#02", "train#\u0662")
    others = [job(job_id, power_mw=0.1, duration_h=2) for job_id in free_ids]
    assert len(decide_at(ledger, others).entries) == 6
    # The job itself goes on.
    assert [entry.decision.job_id for entry in decide_at(ledger, at=AT + 1).entries] == ["train#2"]
    # A segment has no segments.
    assert len(decide_at(ledger, [job("train#2#2", power_mw=0.1, duration_h=2)], at=AT + 1).entries) == 1


def test_a_job_one_of_whose_segments_has_the_id_of_a_decided_job_is_not_decided(ledger):
    decide_at(ledger, [job("train#2", power_mw=1.0, duration_h=2)])
    result = decide_at(ledger)
    assert [named.reason for named in result.changed] == [
        "its segment train#2 has the id of another job; submit this job under a new id"
    ]
    assert not result.entries


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration_h": 55}, "duration_h is 55, decided was 50"),
        *(
            pytest.param(change, reason, marks=pytest.mark.slow)
            for change, reason in (
                ({"deadline_utc": AT + 80}, "deadline_utc is 2024-05-23T08:00Z, decided was 2024-05-22T15:00Z"),
                ({"checkpoint_h": 15}, "the segment that checkpoint_h gives, in hours, is 15, decided was 20"),
                ({"checkpoint_h": None}, "the segment that checkpoint_h gives, in hours, is null, decided was 20"),
            )
        ),
    ],
)
def test_a_changed_job_with_segments_is_told_by_the_cells_of_its_row(ledger, change, reason):
    # The other job has a higher priority and takes all 4 MW for three hours, so `train` has not begun.
    full = job("full", power_mw=4.0, duration_h=3, priority=1, regions=("alpha",))
    decide_at(ledger, [full, TRAIN])
    (named,) = decide_at(ledger, [full, replace(TRAIN, **change)]).changed
    assert named.reason.startswith(f"{reason}; decided anew")
