"""A corrupted answer gives one line that names source, region, field, found and expected; a null is missing."""

import re

import numpy as np
import pytest
from support.corrupted import FAULTS, RECORDINGS
from support.payloads import PRICE, edited, needs_payloads, parsed, query_of, recorded

from fleet.errors import SourceError

pytestmark = needs_payloads

NAMED = {
    "truncated": "expected complete JSON",
    "renamed": "{field} is absent",
    "text": "{field} is 'many', expected a number",
    "list": "{field} is a list, expected a number",
    "infinite": "{field} is '1e999', expected a finite number",
    "zone": "ELSEWHERE",
    "unit": "furlong",
}


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("source", RECORDINGS)
def test_a_corrupted_answer_is_refused_in_one_line(source, how):
    recording = RECORDINGS[source]
    payload = recording.corrupted(how)
    if payload is None:
        return
    with pytest.raises(SourceError) as refusal:
        parsed(payload, recording.query(source))
    line = str(refusal.value)
    assert line.startswith(f"{source}, region here: ")
    assert NAMED[how].format(field=recording.field[-1]) in line
    assert "expected" in line
    assert "\n" not in line
    assert len(line) < 500


@pytest.mark.parametrize("source", [name for name in RECORDINGS if not name.startswith("open_meteo")])
def test_a_null_is_missing_and_never_zero(source):
    recording = RECORDINGS[source]
    before = parsed(recorded(recording.path), recording.query(source)).values
    after = parsed(edited(recorded(recording.path), *recording.field, to=None), recording.query(source)).values
    if after is None:
        return
    column = recording.columns[0]
    assert before is not None
    assert np.nanmin(after.values[column]) >= np.nanmin(before.values[column]) - 5
    assert np.isfinite(after.values[column]).sum() <= np.isfinite(before.values[column]).sum()


@pytest.mark.parametrize("source", RECORDINGS)
def test_a_field_that_occurs_twice_is_refused(source):
    recording = RECORDINGS[source]
    twice = recorded(recording.path).replace(b"{", b'{"zone": 1, "zone": 2, ', 1)
    with pytest.raises(SourceError, match="field 'zone' occurs twice in one object, expected it once"):
        parsed(twice, recording.query(source))


FRANCE = {"first": "2023-05-06T22", "end": "2023-05-08T22", "zone": "10YFR-RTE------C", "factor": 2.0}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"<currency_Unit.name>", b"<renamed>", "is not complete XML"),
        (b"price.amount>", b"renamed>", "field quantity is absent (found position, renamed)"),
        (b">106.78<", b">many<", "field price.amount is 'many', expected a number"),
        (b">106.78<", b"><", "field price.amount is absent"),
        (b">10YFR-RTE------C<", b">10YNL----------L<", "field in_Domain.mRID is '10YNL----------L'"),
        (b">EUR<", b">FRF<", "unit of price_usd_per_mwh is 'FRF/MWh', expected one of USD/MWh"),
        (b">MWH<", b">KWH<", "field price_Measure_Unit.name is 'KWH', expected 'MWH'"),
        (b">PT60M<", b">P1D<", "field resolution is 'P1D', expected one of PT15M, PT30M, PT60M"),
        (b"<position>24<", b"<position>99<", "field position is [99], expected 1 to 24"),
        (b"2023-05-06T22:00Z</start>", b"yesterday</start>", "field timeInterval.start is 'yesterday'"),
        (b"2023-05-06T22:00Z</start>", b"0001-01-01T00:00+14:00</start>", "field timeInterval.start is '0001"),
        (b"2023-05-07T22:00Z</end>", b"9999-05-07T22:00Z</end>", "spans 69,9"),
        (b"2023-05-07T22:00Z</end>", b"2023-05-01T22:00Z</end>", "spans -120 steps, expected 1 to 35,136"),
    ],
)
def test_a_corrupted_market_document_is_refused_in_one_line(old, new, found):
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml")
    assert old in payload
    with pytest.raises(SourceError) as refusal:
        parsed(payload.replace(old, new), query_of("entsoe", [PRICE], **FRANCE))
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_two_units_of_one_column_in_a_market_document_are_refused():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml").decode()
    first, last = payload.index(">EUR<"), payload.rindex(">EUR<")
    assert first != last
    payload = f"{payload[:last]}>GBP<{payload[last + 5 :]}"
    with pytest.raises(SourceError, match="the unit of price_usd_per_mwh is both EUR/MWh and GBP/MWh, expected one"):
        parsed(payload.encode(), query_of("entsoe", [PRICE], **FRANCE))


def test_two_values_of_one_position_are_refused():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml")
    point = re.search(rb"<Point>.*?</Point>", payload, re.DOTALL).group()
    again = point.replace(b"106.78", b"99.00")
    assert again != point
    with pytest.raises(SourceError, match=r"position 1 of a period is both 106.78 and 99.00, expected it once"):
        parsed(payload.replace(point, point + again), query_of("entsoe", [PRICE], **FRANCE))
    parsed(payload.replace(point, point + point), query_of("entsoe", [PRICE], **FRANCE))


def test_a_truncated_market_document_is_refused():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml")
    with pytest.raises(SourceError, match="entsoe, region here: the answer is not complete XML"):
        parsed(payload[:2000], query_of("entsoe", [PRICE], **FRANCE))


def test_an_answer_for_another_place_is_refused():
    recording = RECORDINGS["open_meteo_archive"]
    payload = edited(recorded(recording.path), "latitude", to=37.75)
    with pytest.raises(SourceError, match=r"field latitude is 37.75, expected -37.75 within 1 degree"):
        parsed(payload, recording.query("open_meteo_archive"))


def test_two_values_of_one_time_are_refused():
    recording = RECORDINGS["electricity_maps"]
    payload = edited(recorded(recording.path), "history", 1, "datetime", to="2026-08-21T18:00:00.000Z")
    with pytest.raises(SourceError, match=r"2026-08-21T18:00Z is both 246.0 and 272.0, expected each time once"):
        parsed(payload, recording.query("electricity_maps"))


def test_one_impossible_value_of_many_is_left_out_and_told():
    recording = RECORDINGS["electricity_maps"]
    payload = edited(recorded(recording.path), *recording.field, to=99_999)
    reading = parsed(payload, recording.query("electricity_maps"))
    assert np.isnan(reading.values.values["carbon_g_per_kwh"][0, 3])
    assert (
        "carbon_g_per_kwh is 99999 at 2026-08-21T21:00Z, expected 0 to 2500; 1 such values were left out"
        in (reading.notes[0])
    )
