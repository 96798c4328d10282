"""What is stale or broken is named, jobs are denied or queued meanwhile, and the service recovers by itself."""

import sqlite3
import time

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.service_homes import DAYS, FLEET, NOW, client_of, job_body, open_service, write_service_home
from support.sites import DAY, calm, changed

from fleet.domain.clock import iso
from fleet.ledger.tables import decisions
from fleet.storage.telemetry_store import read_telemetry, write_telemetry


def broken(client):
    answer = client.get("/readyz")
    names = {check["name"]: check["detail"] for check in answer.json()["checks"] if not check["ok"]}
    assert answer.status_code == (503 if names else 200)
    return names


def submit(client, name):
    answer = client.post("/v1/jobs", json=job_body(name, deadline_utc=iso(NOW + 40)))
    return answer.status_code, answer.json()


@pytest.mark.slow
def test_a_healthy_service_is_ready(client):
    assert broken(client) == {}
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.slow
def test_metrics_can_be_parsed_and_name_the_headroom(client):
    client.post("/v1/jobs", json=job_body())
    families = {one.name: one for one in text_string_to_metric_families(client.get("/metrics").text)}
    headroom = {sample.labels["region"]: sample.value for sample in families["fleet_headroom_mw"].samples}
    assert headroom == {"alpha": 3.0, "beta": 4.0}
    counted = [sample for sample in families["fleet_decisions"].samples if sample.name.endswith("_total")]
    assert [(sample.labels, sample.value) for sample in counted] == [({"verdict": "approve", "limit": "it"}, 1.0)]
    assert "fleet_breach_bound" in families


@pytest.mark.slow
def test_methods_and_paths_of_clients_make_no_new_labels(client):
    for number in range(20):
        client.request(f"METHOD{number}", f"/v1/path{number}")
        client.request(f"METHOD{number}", "/v1/jobs")
    text = client.get("/metrics").text
    assert "METHOD" not in text
    assert "path1" not in text


def test_without_new_telemetry_jobs_are_queued_with_the_reason_and_decided_when_it_comes(client, service, clock, home):
    clock.hour += 30
    service.loop.tick()
    status, answer = submit(client, "late")
    assert (status, answer["status"], answer["decision"]) == (202, "queued", None)
    assert "older than the clock" in answer["reason"]
    assert {"telemetry", "decisions", "plan"} <= broken(client).keys()
    telemetry = calm(FLEET, DAYS + 2)
    write_telemetry(home / "telemetry.parquet", telemetry.hours(0, DAYS * DAY + 30))
    service.loop._failed_at = -1e9
    service.loop.tick()
    assert broken(client) == {}
    (decision,) = client.get("/v1/decisions", params={"job_id": "late"}).json()["decisions"]
    assert decision["region"] is not None


@pytest.mark.slow
def test_a_region_without_values_gets_no_new_job_and_is_named(client, service, home):
    telemetry = read_telemetry(home / "telemetry.parquet")
    for name in ("temperature_c", "it_load_mw"):
        telemetry = changed(telemetry, name, (0, slice(-13, None)), np.nan)
    write_telemetry(home / "telemetry.parquet", telemetry)
    service.loop.tick()
    assert "alpha" in broken(client)["bounds"]
    assert "of alpha" in broken(client)["telemetry"]
    assert submit(client, "a")[1]["decision"]["region"] == "beta"


@pytest.mark.slow
def test_too_little_history_for_a_bound_places_nothing(tmp_path, clock):
    home = write_service_home(tmp_path / "short", calm(FLEET, 60, start="2024-03-06T00"))
    service = open_service(home, clock)
    with client_of(service) as client:
        service.loop.tick()
        decision = submit(client, "a")[1]["decision"]
        assert decision is None or decision["region"] is None


@pytest.mark.slow
def test_a_damaged_table_is_named_and_the_service_recovers(client, service, home):
    path = home / "telemetry.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    service.loop.tick()
    assert submit(client, "a")[1]["status"] == "queued"
    assert {"telemetry", "decisions", "plan"} <= broken(client).keys()
    path.write_bytes(whole)
    service.loop._failed_at = -1e9
    service.loop.tick()
    assert broken(client) == {}
    assert submit(client, "a")[1]["status"] == "queued"
    assert client.get("/v1/decisions", params={"job_id": "a"}).json()["decisions"][0]["region"] == "alpha"


@pytest.mark.slow
def test_a_torn_snapshot_changes_nothing(client, service, home):
    submit(client, "a")
    for path in (home / "snapshots").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:40])
    service.intake.forget()
    service.loop.tick()
    assert broken(client) == {}
    assert submit(client, "b")[0] == 201


@pytest.mark.service
def test_a_lost_database_is_named_and_nothing_is_half_written(tmp_path, clock, postgres, monkeypatch):
    url = postgres.new_database()
    monkeypatch.setenv("FLEET_DATABASE_URL", url)
    service = open_service(write_service_home(tmp_path / "home"), clock)
    with client_of(service) as client:
        service.loop.tick()
        submit(client, "before")
        postgres.stop()
        status, problem = submit(client, "lost")
        assert (status, "nothing was recorded" in problem["detail"]) == (503, True)
        assert "database" in broken(client)
        postgres.start()
        service.loop.tick()
        assert submit(client, "lost")[0] == 201
        assert broken(client) == {}
        assert not service.ledger.verify().faults


@pytest.mark.slow
def test_a_disk_that_is_full_answers_503_and_leaves_nothing(client, service, monkeypatch):
    from fleet.ledger import chain

    def full(*_words):
        raise sqlite3.OperationalError("database or disk is full")

    submit(client, "before")
    if service.ledger._engine.dialect.name == "sqlite":
        with monkeypatch.context() as patch:
            patch.setattr(chain, "insert_rows", full)
            assert submit(client, "lost")[0] == 503
            assert client.post("/v1/batches", json={"jobs": [job_body("x"), job_body("y")]}).status_code == 503
    assert submit(client, "after")[0] == 201
    with service.ledger.reading() as connection:
        jobs = set(connection.scalars(decisions.select().with_only_columns(decisions.c.job_id)))
    assert jobs == {"before", "after"}
    assert not service.ledger.verify().faults
    held = service.intake.current.open_hour.reserved_mw
    assert held.sum() == pytest.approx(2 * 2 * 1.0)


@pytest.mark.slow
def test_a_locked_database_is_answered_in_time_and_the_job_is_decided_once(home, clock, tmp_path, monkeypatch):
    path = tmp_path / "locked.sqlite"
    monkeypatch.setenv("FLEET_DATABASE_URL", f"sqlite:///{path}")
    with client_of(open_service(home, clock, answer_s=0.5)) as client:
        submit(client, "before")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        status, problem = submit(client, "locked")
        assert (status, "ask again" in problem["detail"]) == (503, True)
        other.execute("ROLLBACK")
        other.close()
        until = time.monotonic() + 60
        while submit(client, "locked")[0] != 201:
            assert time.monotonic() < until
        jobs = [one["job_id"] for one in client.get("/v1/decisions").json()["decisions"]]
        assert sorted(jobs) == ["before", "locked"]


@pytest.mark.slow
def test_outcomes_are_recorded_once_their_hours_are_known(client, service, clock, home):
    submit(client, "safe")
    clock.hour += 3
    whole = calm(FLEET, DAYS + 1)
    write_telemetry(home / "telemetry.parquet", whole.hours(0, DAYS * DAY + 3))
    service.loop.tick()
    (outcome,) = client.get("/v1/outcomes").json()["outcomes"]
    assert (outcome["job_id"], outcome["region"], outcome["breached"]) == ("safe", "alpha", False)
    evidence = client.get("/v1/evidence").json()
    assert (evidence["judged_jobs"], evidence["breach_rate"]) == (1, 0.0)
    assert evidence["outcomes"]["alpha"] == {"breached": 0, "safe": 1, "unknown": 0}
    assert (evidence["controller"]["alpha"]["resolved"], evidence["fleet_bound"]) == (1, 1.0)
    service.intake.has_queued = True
    service.loop.tick()
    assert len(client.get("/v1/outcomes").json()["outcomes"]) == 1


@pytest.mark.slow
def test_a_breach_is_an_outcome(client, service, clock, home):
    submit(client, "breached")
    clock.hour += 3
    hot = changed(calm(FLEET, DAYS + 1), "it_load_mw", (0, DAYS * DAY + 1), 9.5)
    write_telemetry(home / "telemetry.parquet", hot.hours(0, DAYS * DAY + 3))
    service.loop.tick()
    (outcome,) = client.get("/v1/outcomes").json()["outcomes"]
    assert outcome["breached"] is True
    assert client.get("/v1/evidence").json()["breach_rate"] == 1.0


@pytest.mark.slow
def test_coverage_counts_the_hours_whose_value_was_inside_the_stated_band(client, service, clock, home):
    whole = changed(calm(FLEET, DAYS + 1), "temperature_c", (0, DAYS * DAY + 1), 11.0)
    for hours in (1, 2, 3):
        clock.hour += 1
        write_telemetry(home / "telemetry.parquet", whole.hours(0, DAYS * DAY + hours))
        service.loop.tick()
        assert service.loop.fault == ""
    coverage = client.get("/v1/evidence").json()["coverage"]
    counted = {(one["region"], one["column"]): (one["inside"], one["hours"]) for one in coverage}
    # The bands of three hours are known to be right or wrong; one hour in alpha was hotter than its band.
    assert counted["alpha", "temperature_c"] == (2, 3)
    assert counted["beta", "temperature_c"] == (3, 3)
    shown = {
        line.split(" ")[0]: float(line.split(" ")[1])
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("fleet_coverage{")
    }
    assert shown['fleet_coverage{column="temperature_c",region="alpha"}'] == pytest.approx(2 / 3)
