"""WattTime v3, on the examples of its documentation and on recorded errors."""

import json

import numpy as np
import pytest
from support.faulty_server import in_turn, serving, status
from support.payloads import MARGINAL, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError
from fleet.sources.client import Client
from fleet.sources.watttime import WattTime

pytestmark = needs_payloads

CALIFORNIA = {"first": "2022-07-15T00", "end": "2022-07-15T02", "zone": "CAISO_NORTH"}


def full_hour(name: str, *path: str | int) -> bytes:
    """Return a documented example whose rows are continued to a full hour of five-minute values."""
    content = json.loads(recorded(f"watttime/{name}"))
    rows = content
    for key in path:
        rows = rows[key]
    rows += [
        {**rows[1], "point_time": f"2022-07-15T00:{minute:02d}:00+00:00"} for minute in range(5 * len(rows), 60, 5)
    ]
    return json.dumps(content).encode()


def test_pounds_per_mwh_become_grams_per_kwh_and_imputed_values_are_estimates():
    payload = full_hour("v3_historical_imputed_doc-example.json", "data")
    reading = parsed(payload, query_of("watttime", [MARGINAL], **CALIFORNIA))
    # (870 + 11 x 860) / 12 lb/MWh, times 0.45359237.
    assert value_at(reading, MARGINAL, "2022-07-15T00") == pytest.approx((870 + 11 * 860) / 12 * 0.45359237)
    assert reading.estimated[MARGINAL].tolist() == [[True]]
    assert reading.published_utc[MARGINAL][0, 0].astype("datetime64[s]") == np.datetime64("2023-10-01T00:05:00")
    assert "the service warns: This is just an example" in reading.notes


def test_a_few_minutes_are_no_hour():
    reading = parsed(
        recorded("watttime/v3_historical_imputed_doc-example.json"), query_of("watttime", [MARGINAL], **CALIFORNIA)
    )
    assert reading.values is None
    assert any("1 hours with less than three quarters" in note for note in reading.notes)


def test_every_second_value_is_no_hour():
    content = json.loads(full_hour("v3_historical_imputed_doc-example.json", "data"))
    content["data"] = content["data"][::2]
    reading = parsed(json.dumps(content).encode(), query_of("watttime", [MARGINAL], **CALIFORNIA))
    assert reading.values is None


def test_a_forecast_is_issued_when_it_was_generated():
    payload = full_hour("v3_forecast_doc-example.json", "data", 0, "forecast")
    reading = parsed(payload, query_of("watttime_forecast", [MARGINAL], **CALIFORNIA))
    found = value_at(reading, MARGINAL, "2022-07-15T00", issued="2022-07-15T00")
    assert found == pytest.approx(870 * 0.45359237)


def test_the_index_is_refused_because_it_has_no_mass():
    query = query_of("watttime", [MARGINAL], first="2024-06-18T18", end="2024-06-18T19", zone="PSCO")
    with pytest.raises(SourceError, match=r"field meta.units is 'percentile', expected 'lbs_co2_per_mwh'"):
        parsed(recorded("watttime/v3_signal-index_realtime.json"), query)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("v3_forecast_403_invalid-scope.json", "Invalid query parameters.*Invalid scope"),
        ("v3_login_403_nginx.html", "expected complete JSON"),
        ("v3_region-from-loc_404_no-coverage.json", "No coverage available"),
    ],
)
def test_an_error_says_what_the_service_says(path, found):
    with pytest.raises(SourceError, match=found):
        parsed(recorded(f"watttime/{path}"), query_of("watttime", [MARGINAL], **CALIFORNIA))


def test_one_login_serves_many_pages(monkeypatch):
    monkeypatch.setenv("FLEET_WATTTIME_LOGIN", "me:password")
    with serving(status(200, b'{"token": "t0ken"}')) as server, Client() as client:
        for _ in range(3):
            WattTime().fetch(query_of("watttime", [MARGINAL], **CALIFORNIA, url=server.url), client)
        assert [path.split("?")[0] for path in server.paths] == ["/login", *["/v3/historical"] * 3]


def test_a_login_answer_that_was_cut_off_does_not_show_its_token(monkeypatch):
    monkeypatch.setenv("FLEET_WATTTIME_LOGIN", "me:password")
    with serving(in_turn(status(200, b'{"token": "t0ken'))) as server, Client() as client:
        query = query_of("watttime", [MARGINAL], **CALIFORNIA, url=server.url)
        with pytest.raises(SourceError, match="expected complete JSON") as refusal:
            WattTime().fetch(query, client)
    assert "t0ken" not in str(refusal.value)
