"""The carbon intensity of Great Britain, on recorded answers."""

import json

import numpy as np
import pytest
from support.payloads import CARBON, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads

SUMMER_DAY = {"first": "2026-08-03T23", "end": "2026-08-04T23"}


def test_measured_half_hours_become_hours_by_the_mean():
    query = query_of("gb_carbon", [CARBON], **SUMMER_DAY)
    reading = parsed(recorded("gb_carbon_intensity/intensity_date_2026-08-04.json"), query)
    # A day of British Summer Time begins at 23:00Z. 158 and 158; then 167 and 169.
    assert value_at(reading, CARBON, "2026-08-03T23") == 158
    assert value_at(reading, CARBON, "2026-08-04T00") == 168
    assert reading.values.values[CARBON].shape == (1, 24)
    assert reading.notes == ["carbon_g_per_kwh: values within an hour became one value by the rule mean"]


@pytest.mark.parametrize("first", [0, 1])
def test_one_half_hour_is_not_taken_for_its_hour(first):
    content = json.loads(recorded("gb_carbon_intensity/intensity_date_2026-08-04.json"))
    content["data"] = content["data"][first::2]
    assert parsed(json.dumps(content).encode(), query_of("gb_carbon", [CARBON], **SUMMER_DAY)).values is None


def test_a_half_hour_that_was_not_measured_is_missing_and_never_its_forecast():
    query = query_of("gb_carbon", [CARBON], first="2020-05-24T20", end="2020-05-25T20")
    assert parsed(recorded("gb_carbon_intensity/intensity_fw24h_2020-05-24.json"), query).values is None


def test_a_national_forecast_begins_with_the_hour_of_the_answer():
    query = query_of("gb_carbon_forecast", [CARBON], **SUMMER_DAY, received="2020-05-24T21:05:00Z")
    reading = parsed(recorded("gb_carbon_intensity/intensity_fw24h_2020-05-24.json"), query)
    # The first of the 49 half hours ends where the asked time begins.
    assert np.isfinite(reading.values.values[CARBON]).sum() == 24
    assert value_at(reading, CARBON, "2020-05-24T21", issued="2020-05-24T21") == 148
    # 144 and 140.
    assert value_at(reading, CARBON, "2020-05-24T22", issued="2020-05-24T21") == 142


def test_a_regional_forecast_names_its_region():
    payload = recorded("gb_carbon_intensity/regional_postcode_BS7_2023-01-01.json")
    query = query_of("gb_carbon_forecast", [CARBON], **SUMMER_DAY, received="2022-12-31T23:31:00Z", zone="11")
    reading = parsed(payload, query)
    # 181 and 189; the half hour before has no partner.
    assert value_at(reading, CARBON, "2023-01-01T00", issued="2022-12-31T23") == 185
    wrong = query_of("gb_carbon_forecast", [CARBON], **SUMMER_DAY, received="2022-12-31T23:31:00Z", zone="12")
    with pytest.raises(SourceError, match=r"field data.regionid is 11, expected 12"):
        parsed(payload, wrong)


@pytest.mark.parametrize(
    "path", ["intensity_date_empty_HTTP200.json", "regional_fw48h_postcode_empty-object_HTTP200.json"]
)
def test_an_empty_answer_has_no_value(path):
    query = query_of("gb_carbon", [CARBON], **SUMMER_DAY)
    assert parsed(recorded(f"gb_carbon_intensity/{path}"), query).values is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("error_400_range-too-long.json", "greater than 31 days"),
        ("error_400_region-id.json", "enter a valid region ID"),
    ],
)
def test_an_error_says_what_the_service_says(path, found):
    with pytest.raises(SourceError, match=found):
        parsed(recorded(f"gb_carbon_intensity/{path}"), query_of("gb_carbon", [CARBON], **SUMMER_DAY))
