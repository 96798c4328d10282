"""EirGrid, on recorded answers; days on which the clocks change come from recorded files of the older interface."""

import csv
import json
import random

import numpy as np
import pytest
from support.payloads import CARBON, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads


def chart(name: str) -> bytes:
    """Return a recorded file of rows in the shape of the present interface."""
    rows = [
        {"EffectiveTime": time, "FieldName": field, "Region": region, "Value": float(value) if value else None}
        for time, field, region, value in csv.reader(recorded(f"eirgrid/{name}").decode().splitlines())
    ]
    return json.dumps({"ErrorMessage": None, "Rows": rows}).encode()


def test_quarter_hours_of_winter_time_are_utc():
    query = query_of("eirgrid", ["grid_demand_mw"], first="2023-11-04", end="2023-11-07", zone="NI")
    reading = parsed(recorded("eirgrid/chart_demandactual_NI_2023-11.json"), query)
    # 685, 670, 656, 641.
    assert value_at(reading, "grid_demand_mw", "2023-11-04T00") == 663
    # The rows of the evening exist without values.
    assert reading.values.time_utc[-1] == np.datetime64("2023-11-06T16", "h")


def test_every_second_quarter_hour_is_no_hour():
    content = json.loads(recorded("eirgrid/chart_windactual.json"))
    content["Rows"] = content["Rows"][::2]
    query = query_of("eirgrid", ["grid_wind_mw"], first="2025-06-03", end="2025-06-05", zone="ROI")
    assert parsed(json.dumps(content).encode(), query).values is None


def test_summer_time_is_one_hour_ahead_of_utc():
    query = query_of("eirgrid", ["grid_wind_mw"], first="2025-06-03", end="2025-06-05", zone="ROI")
    reading = parsed(recorded("eirgrid/chart_windactual.json"), query)
    # Local 00:00 on 4 June: 1527, 1508, 1434, 1359.
    assert value_at(reading, "grid_wind_mw", "2025-06-03T23") == 1457


def test_in_spring_the_hour_that_does_not_exist_is_left_out():
    query = query_of("eirgrid", [CARBON], first="2022-03-26", end="2022-03-29", zone="ALL")
    reading = parsed(chart("co2intensity_ALL_dst-start_2022-03-26..28.csv"), query)
    # Local 00:00 is 00:00Z, and local 02:00 is 01:00Z: no hour is missing in UTC.
    assert value_at(reading, CARBON, "2022-03-27T00") == pytest.approx((440 + 444 + 437 + 440) / 4)
    assert value_at(reading, CARBON, "2022-03-27T01") == pytest.approx((432 + 441 + 441 + 434) / 4)
    assert np.isfinite(reading.values.values[CARBON]).all()


def test_in_autumn_the_hour_that_occurs_once_is_left_out_because_it_may_be_either():
    query = query_of("eirgrid", [CARBON], first="2022-10-29", end="2022-11-01", zone="ALL")
    reading = parsed(chart("co2intensity_ALL_dst-end_2022-10-29..31.csv"), query)
    # Local 01:00 on 30 October is 00:00Z or 01:00Z.
    assert np.isnan(value_at(reading, CARBON, "2022-10-30T00"))
    assert np.isnan(value_at(reading, CARBON, "2022-10-30T01"))
    assert np.isfinite(value_at(reading, CARBON, "2022-10-30T02"))
    assert "4 values of the repeated hour" in reading.notes[0]


def test_in_autumn_an_hour_that_occurs_twice_is_two_hours():
    content = json.loads(chart("co2intensity_ALL_dst-end_2022-10-29..31.csv"))
    first = [row for row in content["Rows"] if row["EffectiveTime"].startswith("30-Oct-2022 01:")]
    position = content["Rows"].index(first[-1]) + 1
    content["Rows"][position:position] = [{**row, "Value": 100.0} for row in first]
    query = query_of("eirgrid", [CARBON], first="2022-10-29", end="2022-11-01", zone="ALL")
    # The order of the rows is not part of the interface.
    for rows in (content["Rows"], content["Rows"][::-1]):
        reading = parsed(json.dumps({**content, "Rows": rows}).encode(), query)
        assert value_at(reading, CARBON, "2022-10-30T01") == 100
        assert value_at(reading, CARBON, "2022-10-30T00") == pytest.approx(np.mean([row["Value"] for row in first]))


@pytest.mark.parametrize("how", ["all twice", "each twice", "shuffled"])
def test_in_autumn_rows_that_are_there_twice_or_not_in_order_are_not_two_hours(how):
    content = json.loads(chart("co2intensity_ALL_dst-end_2022-10-29..31.csv"))
    rows = content["Rows"]
    if how == "shuffled":
        first = [row for row in rows if row["EffectiveTime"].startswith("30-Oct-2022 01:")]
        rows += [{**row, "Value": 100.0} for row in first]
        random.Random(1).shuffle(rows)  # noqa: S311
    else:
        rows = [*rows, *rows] if how == "all twice" else [row for row in rows for _ in range(2)]
    query = query_of("eirgrid", [CARBON], first="2022-10-29", end="2022-11-01", zone="ALL")
    reading = parsed(json.dumps({**content, "Rows": rows}).encode(), query)
    for hour in ("2022-10-30T00", "2022-10-30T01"):
        assert np.isnan(value_at(reading, CARBON, hour))
    assert np.isfinite(value_at(reading, CARBON, "2022-10-30T02"))


def test_a_value_at_a_time_that_clocks_skip_shows_that_the_stamps_are_not_local():
    payload = chart("co2intensity_ALL_dst-start_2022-03-26..28.csv").replace(
        b'"27-Mar-2022 01:00:00", "FieldName": "CO2_INTENSITY", "Region": "ALL", "Value": null',
        b'"27-Mar-2022 01:00:00", "FieldName": "CO2_INTENSITY", "Region": "ALL", "Value": 430',
    )
    query = query_of("eirgrid", [CARBON], first="2022-03-26", end="2022-03-29", zone="ALL")
    with pytest.raises(SourceError, match="a time that Irish clocks skip, expected local time; the stamps may be UTC"):
        parsed(payload, query)


def test_a_forecast_begins_with_the_hour_of_the_answer():
    query = query_of(
        "eirgrid_forecast", ["grid_wind_mw"], first="2025-06-04", end="2025-06-05", zone="ROI",
        received="2025-06-04T10:20:00Z",
    )  # fmt: skip
    reading = parsed(recorded("eirgrid/chart_windforecast.json"), query)
    assert value_at(reading, "grid_wind_mw", "2025-06-04T10", issued="2025-06-04T10") == 1784
    assert np.isfinite(reading.values.values["grid_wind_mw"]).sum() == 13


def test_half_hours_of_demand_are_read():
    query = query_of(
        "eirgrid_forecast", ["grid_demand_mw"], first="2023-11-09", end="2023-11-10", zone="ROI",
        received="2023-11-09T10:05:00Z",
    )  # fmt: skip
    reading = parsed(recorded("eirgrid/chart_demandforecast.json"), query)
    # 4364 and 4371.
    assert value_at(reading, "grid_demand_mw", "2023-11-09T11", issued="2023-11-09T10") == 4367.5
