"""The three sources of Open-Meteo, on recorded answers."""

import json

import numpy as np
import pytest
from support.payloads import edited, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads

MELBOURNE = {"latitude_deg": -37.75, "longitude_deg": 144.875}
ENSCHEDE = {"latitude_deg": 52.27, "longitude_deg": 6.87}
SEVEN_DAYS = "open_meteo/forecast_hourly_melbourne_2025-10-25_7d_GMT.json"
WEATHER = ["temperature_c", "wind_speed_m_s"]


def test_a_forecast_becomes_outlooks_from_the_hour_of_the_answer_on():
    query = query_of(
        "open_meteo_forecast",
        WEATHER,
        first="2025-10-25",
        end="2025-10-26",
        received="2025-10-25T11:30:00Z",
        **MELBOURNE,
    )
    reading = parsed(recorded(SEVEN_DAYS), query)
    assert list(reading.values.issued_utc) == [np.datetime64("2025-10-25T11", "h")]
    assert value_at(reading, "temperature_c", "2025-10-25T11", issued="2025-10-25T11") == 13.5
    # 3.6 km/h.
    assert value_at(reading, "wind_speed_m_s", "2025-10-25T11", issued="2025-10-25T11") == pytest.approx(1.0)
    # 168 h from midnight, 11 of them are over.
    assert np.isfinite(reading.values.values["temperature_c"]).sum() == 157
    assert reading.conversions["wind_speed_m_s"].text == "km/h x 0.27778"


def test_an_archive_gives_the_asked_hours():
    query = query_of("open_meteo_archive", WEATHER, first="2025-10-25T01", end="2025-10-25T03", **MELBOURNE)
    reading = parsed(recorded(SEVEN_DAYS), query)
    assert reading.values.values["temperature_c"].tolist() == [[16.2, 16.9]]
    # 6.3 km/h in hour 1.
    assert value_at(reading, "wind_speed_m_s", "2025-10-25T01") == pytest.approx(6.3 / 3.6)


def test_recent_hours_are_over_and_count_as_estimated():
    query = query_of(
        "open_meteo_recent", ["temperature_c"], first="2025-10-25", end="2025-10-26", received="2025-10-25T11:30:00Z",
        **MELBOURNE,
    )  # fmt: skip
    reading = parsed(recorded(SEVEN_DAYS), query)
    assert reading.values.time_utc[-1] == np.datetime64("2025-10-25T10", "h")
    assert reading.estimated["temperature_c"].all()


def test_nulls_at_the_end_are_missing_and_not_zero():
    content = json.loads(recorded(SEVEN_DAYS))
    content["hourly"]["temperature_2m"][22:] = [None] * len(content["hourly"]["temperature_2m"][22:])
    query = query_of("open_meteo_archive", WEATHER, first="2025-10-25T20", end="2025-10-26", **MELBOURNE)
    reading = parsed(json.dumps(content).encode(), query)
    assert np.isnan(reading.values.values["temperature_c"]).tolist() == [[False, False, True, True]]
    assert np.isfinite(reading.values.values["wind_speed_m_s"]).all()


def test_previous_runs_carry_the_hour_at_which_they_were_published_at_the_latest():
    query = query_of("open_meteo_previous_runs", ["temperature_c"], first="2026-10-02", end="2026-10-03", **ENSCHEDE)
    reading = parsed(recorded("open_meteo/previous-runs_cut.json"), query)
    # Hour 2026-10-02T00: 14.2 from one day before, 14.4 from two days before, each published 6 h after its start.
    assert value_at(reading, "temperature_c", "2026-10-02T00", issued="2026-10-01T06") == 14.2
    assert value_at(reading, "temperature_c", "2026-10-02T00", issued="2026-09-30T06") == 14.4


def test_an_answer_in_local_time_is_refused_because_one_offset_would_count_for_all_hours():
    query = query_of("open_meteo_archive", ["temperature_c"], first="1953-01-31", end="1953-02-01", **ENSCHEDE)
    with pytest.raises(SourceError, match="utc_offset_seconds is 7200, expected 0"):
        parsed(recorded("open_meteo/archive_wrong-offset_cut.json"), query)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("open_meteo/error_429_daily-limit.json", "Daily API request limit exceeded"),
        ("open_meteo/error_400_timezone-required.json", "Timezone is required"),
    ],
)
def test_an_error_inside_an_answer_is_shown(path, reason):
    query = query_of("open_meteo_forecast", ["temperature_c"], first="2025-10-25", end="2025-10-26", **MELBOURNE)
    with pytest.raises(SourceError, match=f"open_meteo_forecast, region here: the service reports '{reason}"):
        parsed(recorded(path), query)


def test_an_archive_of_joined_forecasts_is_no_forecast_as_issued():
    """The hours of the historical-forecast service are over when they are fetched, so none becomes an outlook."""
    payload = edited(recorded("open_meteo/historical-forecast_cut.json"), "utc_offset_seconds", to=0)
    query = query_of("open_meteo_forecast", ["temperature_c"], first="2024-01-01", end="2024-01-02", **ENSCHEDE)
    assert parsed(payload, query).values is None
