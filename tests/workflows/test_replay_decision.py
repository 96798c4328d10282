"""A recorded decision is made again from what was known then."""

import pytest
from support.service_homes import FLEET, NOW, ORIGIN, SETTINGS, Clock, job_body, write_service_home
from support.sites import DAY, calm, changed

from fleet.domain.clock import iso
from fleet.domain.supplied import Supplied
from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.earlier_ledger import ledger_before, write_of
from fleet.service.bodies import JobBody
from fleet.storage.telemetry_store import add_telemetry, write_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.job_intake import JobIntake
from fleet.workflows.plan_hour import plan_hour
from fleet.workflows.replay_decision import replay_decision
from fleet.workflows.submit_group import SubmitRequest


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def home(tmp_path):
    home = write_service_home(tmp_path / "home")
    # A table with versions: corrections keep the values from before.
    (home / "telemetry.parquet").unlink()
    add_telemetry(home / "telemetry.parquet", Supplied.of(calm(FLEET, 125)), stored_utc="2024-05-01T00:00:00Z")
    return Workspace(home)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as ledger:
        yield ledger


def request(home, now):
    return HourRequest(workspace=home, fleet=FLEET, settings=SETTINGS, now_utc=now)


def submitted(ledger, home, clock, *groups):
    """Submit groups of requests; each group is one write, and each request a list of jobs."""
    intake = JobIntake(ledger, lambda now: request(home, now), clock)
    for group in groups:
        requests = [
            SubmitRequest(
                jobs=[JobBody(**body).as_job() for body in bodies], by="a", request_key=str(bodies), body_hash=""
            )
            for bodies in group
        ]
        assert all(not isinstance(answer, Exception) for answer in intake.submit(requests))


@pytest.mark.slow
def test_decisions_on_submitted_jobs_are_made_again_the_same(ledger, home, clock):
    single = [[job_body(f"s{number}", power_mw=0.5 + number / 2)] for number in range(4)]
    batch = [[job_body(f"b{number}", power_mw=0.7 + number / 10) for number in range(5)]]
    submitted(ledger, home, clock, single[:1], single[1:], batch)
    for record in ledger.decisions():
        assert list(replay_decision(home, FLEET, ledger, record.id).differences) == []


@pytest.mark.slow
def test_a_correction_after_the_decision_changes_nothing_and_one_of_the_ledger_is_named(ledger, home, clock):
    submitted(ledger, home, clock, [[job_body()]])
    (record,) = ledger.decisions()
    corrected = changed(calm(FLEET, 125), "it_load_mw", (slice(None), slice(-DAY, None)), 9.5)
    add_telemetry(home.telemetry, Supplied.of(corrected), stored_utc=iso(NOW).replace("Z", ":30Z"), reason="meter")
    assert list(replay_decision(home, FLEET, ledger, record.id).differences) == []
    write_telemetry(home.telemetry, corrected)
    differences = replay_decision(home, FLEET, ledger, record.id).differences
    assert any(text.startswith("input_hash") for text in differences)


@pytest.mark.slow
def test_a_plan_of_an_hour_is_made_again_the_same(ledger, home, clock):
    submitted(
        ledger, home, clock, [[job_body(f"q{number}", power_mw=2.5, earliest_utc=iso(NOW + 3))] for number in range(4)]
    )
    add_telemetry(
        home.telemetry,
        Supplied.of(calm(FLEET, 126).hours(0, 125 * DAY + 1)),
        stored_utc=iso(NOW + 1).replace("Z", ":01Z"),
    )
    warm = changed(calm(FLEET, 126).hours(0, 125 * DAY + 1), "it_load_mw", (slice(None), slice(-1, None)), 7.5)
    add_telemetry(home.telemetry, Supplied.of(warm), stored_utc=iso(NOW + 1).replace("Z", ":02Z"), reason="meter")
    clock.hour += 1
    hour = plan_hour(request(home, clock()), ledger)
    made = [record for record in ledger.decisions() if record.made_utc == clock()]
    assert len(made) == len(hour.entries)
    for record in made:
        assert list(replay_decision(home, FLEET, ledger, record.id).differences) == []


@pytest.mark.slow
def test_decisions_on_the_segments_of_a_job_of_a_table_are_made_again_the_same(ledger, home, clock):
    train = JobBody(**job_body("train", duration_h=40, checkpoint_h=12, deadline_utc=iso(NOW + 60))).as_job()
    add_telemetry(
        home.telemetry,
        Supplied.of(calm(FLEET, 126).hours(0, 125 * DAY + 1)),
        stored_utc=iso(NOW + 1).replace("Z", ":01Z"),
    )
    for _ in range(2):
        decide_hour(request(home, clock()), [train], ledger, policy="priced", made_utc=clock())
        clock.hour += 1
    assert [record.job_id for record in ledger.decisions()] == ["train#2", "train"]
    for record in ledger.decisions():
        assert list(replay_decision(home, FLEET, ledger, record.id).differences) == []


def test_the_ledger_before_a_write_has_the_rows_before_it(ledger, home, clock):
    submitted(ledger, home, clock, [[job_body("a")]], [[job_body("b")], [job_body("c")]])
    newest = ledger.decisions()[0]
    with ledger.reading() as connection:
        write = write_of(connection, newest)
    with ledger_before(ledger, write) as before:
        assert [record.job_id for record in before.decisions()] == ["a"]
    assert (write.action, ORIGIN) == ("submit", newest.origin_utc)
