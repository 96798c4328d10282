"""The National Weather Service, on recorded answers."""

import json

import numpy as np
import pytest
from support.payloads import edited, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads

OBSERVED = ["temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa"]
FORECAST = ["temperature_c", "dew_point_c", "wind_speed_m_s"]
FLORIDA = {"first": "2019-06-27", "end": "2019-06-28", "zone": "KFLL"}
GRID = {"first": "2019-06-27", "end": "2019-06-28", "received": "2022-03-05T23:30:00Z", "zone": "TAE/58,65"}


@pytest.mark.parametrize("name", ["stations_observations", "stations_observations_other-unitcode"])
def test_a_report_counts_to_the_hour_in_which_it_was_made(name):
    reading = parsed(recorded(f"nws/{name}.json"), query_of("nws_observation", OBSERVED, **FLORIDA))
    # 10:53Z: 10 degC, 10 m/s, 100,000 Pa.
    assert value_at(reading, "temperature_c", "2019-06-27T10") == 10
    assert value_at(reading, "wind_speed_m_s", "2019-06-27T10") == 10
    assert value_at(reading, "pressure_hpa", "2019-06-27T10") == 1000


def test_kilometres_per_hour_are_converted():
    payload = edited(
        recorded("nws/stations_observations.json"),
        "features", 0, "properties", "windSpeed", "unitCode", to="wmoUnit:km_h-1",
    )  # fmt: skip
    reading = parsed(payload, query_of("nws_observation", OBSERVED, **FLORIDA))
    assert value_at(reading, "wind_speed_m_s", "2019-06-27T10") == pytest.approx(10 / 3.6)


def test_a_value_that_only_the_raw_report_has_is_read_from_it():
    payload = recorded("nws/stations_observations_null-values_metar-only.json")
    reading = parsed(payload, query_of("nws_observation", OBSERVED, **FLORIDA))
    # T02560228; the raw report is not read for wind and pressure.
    assert value_at(reading, "temperature_c", "2019-06-27T10") == 25.6
    assert value_at(reading, "dew_point_c", "2019-06-27T10") == 22.8
    assert set(reading.values.values) == {"temperature_c", "dew_point_c"}


def test_a_frost_in_the_raw_report_is_below_zero():
    payload = recorded("nws/stations_observations_null-values_metar-only.json").replace(b"T02560228", b"T10441100")
    reading = parsed(payload, query_of("nws_observation", OBSERVED, **FLORIDA))
    assert value_at(reading, "temperature_c", "2019-06-27T10") == -4.4
    assert value_at(reading, "dew_point_c", "2019-06-27T10") == -10


def test_a_value_that_the_service_rejected_is_missing():
    payload = edited(
        recorded("nws/stations_observations.json"),
        "features", 0, "properties", "temperature", "qualityControl", to="qc:X",
    )  # fmt: skip
    reading = parsed(payload, query_of("nws_observation", OBSERVED, **FLORIDA))
    assert "temperature_c" not in reading.values.values


def test_an_empty_collection_has_no_value():
    query = query_of("nws_observation", OBSERVED, **FLORIDA)
    assert parsed(recorded("nws/stations_observations_empty.json"), query).values is None


def test_impossible_values_are_refused():
    query = query_of("nws_observation", OBSERVED, **FLORIDA)
    with pytest.raises(SourceError, match="temperature_c is -100 at 2019-06-27T10:50Z, expected -90 to 60"):
        parsed(recorded("nws/stations_observations_unsorted.json"), query)


def test_a_forecast_is_issued_at_its_update_and_converted_from_fahrenheit():
    reading = parsed(
        recorded("nws/gridpoints_forecast_hourly_12-periods_2022-03-05.json"),
        query_of("nws_forecast", FORECAST, **GRID),
    )
    assert list(reading.values.issued_utc) == [np.datetime64("2022-03-05T23", "h")]
    # Local 20:00-05:00 is 01:00Z: 60 F and 3 mph.
    assert value_at(reading, "temperature_c", "2022-03-06T01", issued="2022-03-05T23") == pytest.approx((60 - 32) / 1.8)
    assert value_at(reading, "wind_speed_m_s", "2022-03-06T01", issued="2022-03-05T23") == pytest.approx(3 * 0.44704)
    # The older shape has no dew point.
    assert "dew_point_c" not in reading.values.values


def test_a_range_of_wind_counts_with_its_mean():
    payload = recorded("nws/gridpoints_forecast_hourly_us_1-period.json").replace(b'"0 mph"', b'"5 to 10 mph"')
    reading = parsed(payload, query_of("nws_forecast", FORECAST, **GRID))
    assert value_at(reading, "wind_speed_m_s", "2019-10-15T00", issued="2019-10-14T23") == pytest.approx(7.5 * 0.44704)
    assert value_at(reading, "dew_point_c", "2019-10-15T00", issued="2019-10-14T23") == 5


def test_periods_without_any_value_are_left_out_and_counted():
    reading = parsed(
        recorded("nws/gridpoints_forecast_hourly_all-null.json"), query_of("nws_forecast", FORECAST, **GRID)
    )
    assert reading.values is None
    assert "periods without any value" in reading.notes[0]


def test_a_forecast_that_was_issued_after_the_answer_is_refused():
    payload = recorded("nws/gridpoints_forecast_hourly_us_1-period.json")
    with pytest.raises(
        SourceError, match=r"issued at 2019-10-14T23:00Z, expected a time before the answer \(2019-10-14T22"
    ):
        parsed(payload, query_of("nws_forecast", FORECAST, **{**GRID, "received": "2019-10-14T22:30:00Z"}))


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        # Summer time ends: 01:00 occurs twice. It begins: 02:00 does not occur.
        (("00:00:00-04:00", "01:00:00-04:00", "01:00:00-05:00", "02:00:00-05:00"), (4, 5, 6, 7)),
        (("00:00:00-05:00", "01:00:00-05:00", "03:00:00-04:00"), (5, 6, 7)),
    ],
)
def test_hours_with_an_offset_are_right_when_clocks_change(local, utc):
    day = "2024-11-03" if len(local) == 4 else "2024-03-10"
    periods = [
        {"startTime": f"{day}T{text}", "temperature": 10 + number, "temperatureUnit": "C"}
        for number, text in enumerate(local)
    ]
    payload = json.dumps({"properties": {"updateTime": f"{day}T00:10:00+00:00", "periods": periods}}).encode()
    query = query_of("nws_forecast", ["temperature_c"], **{**GRID, "received": f"{day}T00:30:00Z"})
    reading = parsed(payload, query)
    found = [value_at(reading, "temperature_c", f"{day}T{hour:02d}", issued=f"{day}T00") for hour in utc]
    assert found == [10 + number for number in range(len(utc))]
    assert np.isfinite(reading.values.values["temperature_c"]).sum() == len(utc)
