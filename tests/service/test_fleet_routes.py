"""Regions, headroom, forecasts, and telemetry that clients push."""

import numpy as np
import pytest
from support.service_homes import DAYS, FLEET, NOW, ORIGIN, job_body
from support.sites import DAY

from fleet.domain.clock import iso
from fleet.storage.telemetry_store import read_telemetry


def push(client, *rows, **more):
    return client.post("/v1/telemetry", json={"rows": list(rows)} | more)


@pytest.mark.slow
def test_headroom_is_what_the_next_decision_gets(client):
    shown = client.get("/v1/headroom", params={"duration_h": 3, "region": "alpha"}).json()
    assert list(shown["regions"]) == ["alpha"]
    first = shown["regions"]["alpha"]["hours"][0]
    assert (first["headroom_mw"], first["binding"], first["start_utc"]) == (4.0, "it", iso(NOW))
    fitting, larger = (
        client.post("/v1/what-if", json={"jobs": [job_body("x", power_mw=mw, duration_h=3)]}).json()["jobs"][0]
        for mw in (4.0, 4.1)
    )
    assert fitting["decision"]["region"] == "alpha"
    assert larger["decision"]["region"] is None


@pytest.mark.slow
def test_forecasts_have_bands_of_each_column(client):
    answer = client.get("/v1/forecasts", params={"region": "beta"}).json()
    hours = answer["regions"]["beta"]["temperature_c"]
    assert len(hours) == 24
    assert hours[0]["time_utc"] == iso(NOW)
    assert hours[0]["lower"] <= hours[0]["forecast"] <= hours[0]["upper"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/v1/headroom", "/v1/forecasts"])
def test_an_unknown_region_is_not_found(client, path):
    assert client.get(path, params={"region": "atlantis"}).status_code == 404


@pytest.mark.slow
def test_regions_show_their_limits_and_the_age_of_their_streams(client):
    answer = client.get("/v1/regions").json()
    assert [region["id"] for region in answer["regions"]] == list(FLEET.region_ids)
    assert {stream["age_h"] for stream in answer["streams"]} == {0}


@pytest.mark.slow
def test_pushed_values_are_stored_and_used_by_the_next_decision(client, service, clock, home):
    clock.hour += 1
    rows = [
        {"region": region, "time_utc": iso(NOW), "temperature_c": 10.0, "dew_point_c": 5.0, "it_load_mw": 6.0}
        for region in FLEET.region_ids
    ]
    answer = push(client, *rows)
    assert answer.json() == {"new": 6, "revised": 0, "withdrawn": 0}
    stored = read_telemetry(home / "telemetry.parquet")
    assert stored.time_utc[-1] == NOW
    # A column that was not pushed stays missing.
    assert np.isnan(stored.values["carbon_g_per_kwh"][:, -1]).all()
    decision = client.post("/v1/jobs", json=job_body(earliest_utc=iso(NOW + 1))).json()["decision"]
    assert decision["origin_utc"] == iso(NOW)


@pytest.mark.slow
def test_a_column_that_a_row_does_not_name_keeps_its_value_and_null_withdraws_it(client, home):
    push(client, {"region": "alpha", "time_utc": iso(ORIGIN), "temperature_c": 11.0})
    answer = push(
        client,
        {"region": "alpha", "time_utc": iso(ORIGIN), "dew_point_c": None},
        {"region": "beta", "time_utc": iso(ORIGIN), "temperature_c": 12.0},
    )
    assert (answer.json()["withdrawn"], answer.json()["revised"]) == (1, 1)
    stored = read_telemetry(home / "telemetry.parquet")
    assert stored.values["temperature_c"][:, DAYS * DAY - 1].tolist() == [11.0, 12.0]
    assert stored.values["it_load_mw"][0, -1] == 6.0
    assert np.isnan(stored.values["dew_point_c"][0, -1])


REFUSED = [
    {"region": "atlantis", "time_utc": iso(ORIGIN), "temperature_c": 1.0},
    {"region": "alpha", "time_utc": iso(NOW + 30), "temperature_c": 1.0},
    {"region": "alpha", "time_utc": iso(ORIGIN), "temperature_c": 400.0},
    {"region": "alpha", "time_utc": iso(ORIGIN), "temperature_c": "warm"},
    {"region": "alpha", "time_utc": iso(ORIGIN), "colour": 1.0},
    {"region": "alpha", "time_utc": iso(ORIGIN - 24 * 30), "temperature_c": 12.0},
    {"region": "alpha", "time_utc": iso(ORIGIN)},
]


def test_values_that_cannot_be_stored_are_refused_as_a_whole(client, service, home):
    before = (home / "telemetry.parquet").read_bytes()
    good = {"region": "beta", "time_utc": iso(ORIGIN), "temperature_c": 12.0}
    for row in REFUSED:
        answer = push(client, good, row)
        assert (answer.status_code, len(answer.json()["detail"]) < 500) == (422, True), row
        assert (home / "telemetry.parquet").read_bytes() == before, row
    with service.ledger.reading() as connection:
        actions = [row[0] for row in connection.exec_driver_sql("SELECT action FROM journal")]
    assert "push telemetry" not in actions


@pytest.mark.slow
def test_a_correction_of_old_values_needs_a_reason(client):
    row = {"region": "alpha", "time_utc": iso(ORIGIN - 24 * 30), "temperature_c": 12.0}
    assert push(client, row, reason="the sensor was repaired").json()["revised"] == 1
