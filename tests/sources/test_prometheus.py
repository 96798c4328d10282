"""Answers of Prometheus: recorded ones, and ones in the recorded shape."""

import json

import numpy as np
import pytest
from support.payloads import needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError
from fleet.sources.prometheus import page_hours

DAY = {"first": "2022-01-11", "end": "2022-01-12", "url": "http://localhost:9090", "query": "sum(w)", "unit": "W"}
# 2022-01-11T00:00Z.
MIDNIGHT_S = 1_641_859_200


def matrix(values: list[list[object]], **more: object) -> bytes:
    data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
    return json.dumps({"status": "success", "data": data, **more}).encode()


def test_watts_become_megawatts_and_an_hour_takes_its_largest_value():
    values = [[MIDNIGHT_S + 300 * step, str(2_000_000 + 1000 * step)] for step in range(24)]
    reading = parsed(matrix(values), query_of("prometheus", ["it_load_mw"], **DAY))
    assert reading.values.values["it_load_mw"].tolist() == [[pytest.approx(2.011), pytest.approx(2.023)]]
    assert reading.conversions["it_load_mw"].text == "W x 1e-06"


def test_the_factor_of_the_fleet_file_counts():
    values = [[MIDNIGHT_S + 300.5 * 0 + 300 * step, "2e6"] for step in range(12)]
    reading = parsed(matrix(values), query_of("prometheus", ["it_load_mw"], **DAY, factor=0.5))
    assert reading.values.values["it_load_mw"].tolist() == [[pytest.approx(1.0)]]


def test_nan_and_infinity_are_missing_and_never_zero():
    values = [[MIDNIGHT_S + 3600, "NaN"], [MIDNIGHT_S, "3e6"], [MIDNIGHT_S + 7200, "+Inf"], [MIDNIGHT_S + 10800, "4e6"]]
    reading = parsed(matrix(values), query_of("prometheus", ["it_load_mw"], **DAY, step_s=3600))
    assert np.isnan(reading.values.values["it_load_mw"]).tolist() == [[False, True, True, False]]


def test_an_hour_in_which_the_exporter_was_silent_for_half_of_it_is_left_out():
    steps = [step for step in range(36) if not 12 <= step < 18]
    values = [[MIDNIGHT_S + 300 * step, "2e6"] for step in steps]
    reading = parsed(matrix(values), query_of("prometheus", ["it_load_mw"], **DAY))
    assert np.isnan(value_at(reading, "it_load_mw", "2022-01-11T01"))
    assert np.isfinite(value_at(reading, "it_load_mw", "2022-01-11T02"))


def test_one_value_of_an_hour_is_not_taken_for_the_hour():
    values = [[MIDNIGHT_S + 3600 * hour, "2e6"] for hour in range(3)]
    reading = parsed(matrix(values), query_of("prometheus", ["it_load_mw"], **DAY))
    assert reading.values is None
    assert "it_load_mw: 3 hours with less than three quarters of their values were left out" in reading.notes


def test_a_request_keeps_below_the_points_that_the_server_allows():
    assert page_hours(query_of("prometheus", ["it_load_mw"], **DAY, step_s=15).feed, 168) == 45
    assert page_hours(query_of("prometheus", ["it_load_mw"], **DAY).feed, 168) == 168


def test_a_warning_of_the_server_is_shown():
    payload = matrix([[MIDNIGHT_S, "1"]], warnings=["one block is missing"])
    reading = parsed(payload, query_of("prometheus", ["it_load_mw"], **DAY))
    assert "the server warns: one block is missing" in reading.notes


@needs_payloads
def test_a_wrong_name_of_a_metric_is_told_although_it_is_no_error_there():
    reading = parsed(
        recorded("prometheus/query_range_unknown-metric_empty.json"), query_of("prometheus", ["it_load_mw"], **DAY)
    )
    assert reading.values is None
    assert "the query matches no series" in reading.notes[0]


@needs_payloads
@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("query_range_400_bad_data.json", "parse error: unexpected"),
        ("query_range_matrix_jobs.json", r"the query gives 8 series .*expected one; join them, such as sum\(...\)"),
    ],
)
def test_what_is_not_one_series_is_refused(path, found):
    with pytest.raises(SourceError, match=found):
        parsed(recorded(f"prometheus/{path}"), query_of("prometheus", ["it_load_mw"], **DAY))


@needs_payloads
@pytest.mark.parametrize("name", ["gap", "inf", "nan"])
def test_a_few_seconds_are_no_hour(name):
    query = query_of("prometheus", ["it_load_mw"], **DAY)
    assert parsed(recorded(f"prometheus/query_range_{name}.json"), query).values is None
