"""The contract of every source, tested on a recorded answer."""

import inspect
import io
from typing import get_type_hints

import numpy as np
import pytest
from support.builders import table
from support.corrupted import RECORDINGS
from support.payloads import PRICE, needs_payloads, query_of, recorded

from fleet.domain.feed import AnyFeed
from fleet.domain.quantities import QUANTITIES, check_magnitude
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError, SourceError
from fleet.sources import SOURCES, Query, Reading

pytestmark = [pytest.mark.parametrize("name", SOURCES), needs_payloads]

MATRIX = (
    b'{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": '
    b'[[1704067200, "21"], [1704070800, "22"]]}]}}'
)
MARKET = {"entsoe": ("A44_day-ahead-prices_FR_2023_A01.xml", PRICE, "10YFR-RTE------C", "2023-05-06T22")} | {
    "entsoe_forecast": ("A65_load-forecast_DK2.xml", "grid_demand_mw", "10YDK-2--------M", "2023-12-30T15")
}


def answer_and_query(name: str) -> tuple[bytes, Query]:
    """Return an answer that the source reads, and its query."""
    if name in RECORDINGS:
        return recorded(RECORDINGS[name].path), RECORDINGS[name].query(name)
    day = {"first": "2024-01-01", "end": "2024-01-02"}
    if name == "table":
        buffer = io.BytesIO()
        table(50).write_parquet(buffer)
        return buffer.getvalue(), query_of(name, ["temperature_c"], **day, path="site.parquet")
    if name == "prometheus":
        return MATRIX, query_of(
            name, ["temperature_c"], **day, url="http://localhost", query="t", unit="degC", step_s=3600
        )
    path, column, zone, first = MARKET[name]
    return recorded(f"entsoe/{path}"), query_of(name, [column], first=first, end="2024-01-01", zone=zone, factor=2.0)


def test_fetch_and_parse_have_the_signature_of_the_contract(name):
    hints = get_type_hints(SOURCES[name].parse)
    assert hints["return"] is Reading
    assert hints["payload"] is bytes
    assert inspect.signature(SOURCES[name].fetch).return_annotation is bytes
    assert inspect.signature(SOURCES[name].parse).parameters["query"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_source_has_a_record_in_the_fleet_file_and_known_columns(name):
    kinds = [kind for kind in AnyFeed.__origin__.__args__ if name in kind.model_fields["source"].annotation.__args__]
    assert len(kinds) == 1
    assert set(kinds[0].columns) <= {*QUANTITIES, "*"}
    assert SOURCES[name].gives in {"telemetry", "outlooks"}


def test_parse_is_pure_and_returns_plausible_values_in_utc(name):
    payload, query = answer_and_query(name)
    copy = bytes(payload)
    first, second = (SOURCES[name]().parse(payload, query=query) for _ in range(2))
    assert payload == copy
    if first.values is None:
        assert name.startswith("watttime")
        return
    assert isinstance(first.values, Telemetry) == (SOURCES[name].gives == "telemetry")
    assert first.values.regions == ("here",)
    assert set(first.values.values) <= set(query.feeds)
    assert set(first.conversions) >= set(first.values.values)
    for column, values in first.values.values.items():
        np.testing.assert_array_equal(values, second.values.values[column])
        check_magnitude(column, values.ravel(), where=name)


def test_what_is_received_later_changes_no_observed_value(name):
    payload, query = answer_and_query(name)
    # The answer of open_meteo_recent also holds forecasts; only the time of the answer tells which hours are over.
    if SOURCES[name].gives == "telemetry" and name != "open_meteo_recent":
        later = Query(**{**vars(query), "received_utc": "2030-01-01T00:00:00Z"})
        first, second = (SOURCES[name]().parse(payload, query=asked) for asked in (query, later))
        assert (first.values is None) == (second.values is None)
        for column, values in ({} if first.values is None else first.values.values).items():
            np.testing.assert_array_equal(values, second.values.values[column])


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"<html>", b"\xff\xfe\x00", b"{" * 5_000])
def test_what_is_no_answer_is_refused_in_one_line(name, payload):
    with pytest.raises((DataError, SourceError)) as refusal:
        SOURCES[name]().parse(payload, query=answer_and_query(name)[1])
    assert len(str(refusal.value)) < 500
    assert "\n" not in str(refusal.value)
