"""ENTSO-E, on recorded documents."""

import re

import numpy as np
import pytest
from support.faulty_server import serving, status
from support.payloads import PRICE, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError
from fleet.sources.client import Client
from fleet.sources.entsoe import Entsoe

pytestmark = needs_payloads

SPAIN = {"first": "2025-09-28T22", "end": "2025-10-02T22", "zone": "10YES-REE------0", "factor": 2.0}
FRANCE = {"first": "2023-05-06T22", "end": "2023-05-08T22", "zone": "10YFR-RTE------C", "factor": 2.0}
JUTLAND = {"first": "2023-12-28T15", "end": "2023-12-31T00", "zone": "10YDK-1--------W"}
POWERS = ["grid_wind_mw", "grid_solar_mw"]


def test_a_document_with_hours_and_quarter_hours_is_read_whole():
    reading = parsed(
        recorded("entsoe/A44_day-ahead-prices_ES_PT60M-to-PT15M_A03.xml"), query_of("entsoe", [PRICE], **SPAIN)
    )
    # The factor is 2 USD/EUR. Hours until 30 September: 51.6 and 47.7; then quarters: 105.1, 104.24, 102.28, 102.
    assert value_at(reading, PRICE, "2025-09-28T22") == pytest.approx(2 * 51.6)
    assert value_at(reading, PRICE, "2025-09-28T23") == pytest.approx(2 * 47.7)
    assert value_at(reading, PRICE, "2025-09-30T22") == pytest.approx(2 * (105.1 + 104.24 + 102.28 + 102) / 4)
    # Positions that curve type A03 leaves out repeat the one before, so no hour is missing.
    assert np.isfinite(reading.values.values[PRICE]).sum() == 96


def test_an_old_document_of_hours_is_read():
    reading = parsed(recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml"), query_of("entsoe", [PRICE], **FRANCE))
    assert value_at(reading, PRICE, "2023-05-06T23") == pytest.approx(2 * 95.02)
    assert reading.values.values[PRICE].shape == (1, 48)


def test_a_load_ends_before_the_asked_end():
    reading = parsed(recorded("entsoe/A65_load-actual_DK1.xml"), query_of("entsoe", ["grid_demand_mw"], **JUTLAND))
    assert value_at(reading, "grid_demand_mw", "2023-12-28T16") == 3152
    assert reading.values.time_utc[-1] == np.datetime64("2023-12-30T13", "h")


def test_a_load_forecast_holds_the_hours_after_the_document_was_made():
    query = query_of("entsoe_forecast", ["grid_demand_mw"], **{**JUTLAND, "zone": "10YDK-2--------M"})
    reading = parsed(recorded("entsoe/A65_load-forecast_DK2.xml"), query)
    assert list(reading.values.issued_utc) == [np.datetime64("2023-12-30T15", "h")]
    # From 30 December 15:00Z to 31 December 23:00Z.
    assert np.isfinite(reading.values.values["grid_demand_mw"]).sum() == 32


def test_wind_and_sun_of_a_forecast_are_means_of_quarter_hours():
    query = query_of("entsoe_forecast", POWERS, first="2024-02-09", end="2024-02-11", zone="10YFI-1--------U")
    reading = parsed(recorded("entsoe/A69_wind-solar-forecast_FI_A01.xml"), query)
    assert list(reading.values.issued_utc) == [np.datetime64("2024-02-09T18", "h")]
    # Positions 41 to 44 from 23:00Z: 145, 154, 161, 165 and 957, 963, 955, 953.
    ninth = {"hour": "2024-02-10T09", "issued": "2024-02-09T18"}
    assert value_at(reading, "grid_solar_mw", **ninth) == (145 + 154 + 161 + 165) / 4
    assert value_at(reading, "grid_wind_mw", **ninth) == (957 + 963 + 955 + 953) / 4
    assert set(reading.values.values) == set(POWERS)


def test_a_gap_of_a_quarter_hour_is_not_filled_and_the_rest_of_the_hour_counts():
    query = query_of("entsoe", POWERS, first="2024-05-21T00", end="2024-05-25T00", zone="10YLU-CEGEDEL-NQ")
    reading = parsed(recorded("entsoe/A75_generation_LU_A01_gap-two-periods.xml"), query)
    assert value_at(reading, "grid_wind_mw", "2024-05-21T10") == 2.75


def test_no_matching_data_is_an_empty_answer():
    reading = parsed(recorded("entsoe/ack_999_no-matching-data.xml"), query_of("entsoe", [PRICE], **FRANCE))
    assert reading.values is None
    assert reading.notes == ["the service has no data: No matching data found"]


def test_no_matching_data_with_status_400_is_an_empty_answer(monkeypatch):
    monkeypatch.setenv("FLEET_ENTSOE_TOKEN", "t0ken")
    document = recorded("entsoe/ack_999_no-matching-data.xml")
    with serving(status(400, document)) as server, Client() as client:
        query = query_of("entsoe", [PRICE], **FRANCE, url=server.url)
        assert parsed(Entsoe().fetch(query, client), query).values is None


def test_of_two_periods_of_one_time_the_one_with_the_shorter_step_counts():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml").decode()
    start, end = payload.index("<TimeSeries>"), payload.index("</TimeSeries>") + len("</TimeSeries>")
    series = payload[start:end]
    period = series.index("<Period>")
    quarters = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
        for position, price in ((1, 10), (2, 20), (3, 30), (4, 40))
    )
    finer = (
        f"{series[:period]}<Period><timeInterval><start>2023-05-06T22:00Z</start><end>2023-05-06T23:00Z</end>"
        f"</timeInterval><resolution>PT15M</resolution>{quarters}</Period></TimeSeries>"
    )
    for both in (series + finer, finer + series):
        document = (payload[:start] + both + payload[end:]).encode()
        reading = parsed(document, query_of("entsoe", [PRICE], **FRANCE))
        assert value_at(reading, PRICE, "2023-05-06T22") == pytest.approx(2 * (10 + 20 + 30 + 40) / 4)
        assert value_at(reading, PRICE, "2023-05-06T23") == pytest.approx(2 * 95.02)


def test_another_acknowledgement_is_an_error():
    payload = recorded("entsoe/ack_999_no-matching-data.xml").replace(b"No matching data found", b"Too many instances")
    with pytest.raises(SourceError, match="the service reports 'Too many instances'"):
        parsed(payload, query_of("entsoe", [PRICE], **FRANCE))


def test_a_document_type_is_refused_before_an_entity_grows_or_reads_a_file():
    attack = (
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>'
        b"<Publication_MarketDocument>&c;&d;</Publication_MarketDocument>"
    )
    for payload in (attack, attack.decode().encode("utf-16")):
        with pytest.raises(SourceError, match="has a document type, expected plain XML"):
            parsed(payload, query_of("entsoe", [PRICE], **FRANCE))


def test_the_first_of_several_auctions_counts():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml").decode()
    start, end = payload.index("<TimeSeries>"), payload.index("</TimeSeries>") + len("</TimeSeries>")
    name = "classificationSequence_AttributeInstanceComponent.position"
    first = payload[start:end].replace("<curveType>", f"<{name}>1</{name}><curveType>", 1)
    second = first.replace(f"<{name}>1<", f"<{name}>2<").replace("106.78", "999.00")
    reading = parsed((payload[:start] + second + first + payload[end:]).encode(), query_of("entsoe", [PRICE], **FRANCE))
    assert value_at(reading, PRICE, "2023-05-06T22") == pytest.approx(2 * 106.78)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [("2023-10-28T22:00Z", "2023-10-29T23:00Z", 25), ("2023-03-25T23:00Z", "2023-03-26T22:00Z", 23)],
)
def test_a_day_on_which_clocks_change_has_25_or_23_hours(start, end, hours):
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml").decode()
    points = "".join(
        f"<Point><position>{position}</position><price.amount>{position}</price.amount></Point>"
        for position in range(1, hours + 1)
    )
    period = (
        f"<Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>"
        f"<resolution>PT60M</resolution>{points}</Period>"
    )
    series = re.search("<TimeSeries>.*?</TimeSeries>", payload, re.DOTALL).group()
    day = re.sub("<Period>.*?</Period>", period, series, flags=re.DOTALL)
    document = f"{payload[: payload.index('<TimeSeries>')]}{day}</Publication_MarketDocument>".encode()
    reading = parsed(document, query_of("entsoe", [PRICE], **{**FRANCE, "first": start[:13], "end": end[:13]}))
    assert reading.values.values[PRICE][0].tolist() == [2.0 * position for position in range(1, hours + 1)]
