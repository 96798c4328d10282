"""Electricity Maps v3 and v4, on recorded answers."""

import numpy as np
import pytest
from support.payloads import CARBON, PRICE, edited, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads

GERMANY = {"first": "2024-03-05T20", "end": "2024-03-06T20", "zone": "DE", "version": "v3"}
ZEALAND = {"first": "2026-08-21T18", "end": "2026-08-23T18", "zone": "DK-DK2"}


def test_a_day_of_v3_has_values_flags_and_times_of_revision():
    reading = parsed(
        recorded("electricitymaps/v3_carbon-intensity_history_DE.json"),
        query_of("electricity_maps", [CARBON], **GERMANY),
    )
    assert reading.values.values[CARBON].shape == (1, 24)
    assert value_at(reading, CARBON, "2024-03-05T20") == 599
    assert value_at(reading, CARBON, "2024-03-06T19") == 689
    assert not reading.estimated[CARBON][0, 0]
    assert reading.estimated[CARBON][0, -1]
    assert reading.published_utc[CARBON][0, 0].astype("datetime64[s]") == np.datetime64("2024-03-06T15:48:54")


def test_the_newest_value_comes_without_a_list_and_is_an_estimate():
    query = query_of("electricity_maps", [CARBON], first="2024-03-06T19", end="2024-03-06T20", zone="US-CAR-DUK")
    reading = parsed(recorded("electricitymaps/v3_carbon-intensity_latest_estimated.json"), query)
    assert reading.values.values[CARBON].tolist() == [[216]]
    assert reading.estimated[CARBON].tolist() == [[True]]


def test_a_day_of_v4_has_two_estimated_hours():
    reading = parsed(
        recorded("electricitymaps/v4_carbon-intensity_history_DK-DK2.json"),
        query_of("electricity_maps", [CARBON], **ZEALAND),
    )
    assert value_at(reading, CARBON, "2026-08-21T19") == 272
    assert reading.estimated[CARBON].sum() == 2


def test_a_forecast_is_issued_when_it_was_updated():
    query = query_of("electricity_maps_forecast", [CARBON], **ZEALAND)
    reading = parsed(recorded("electricitymaps/v4_carbon-intensity_forecast_DK-DK2.json"), query)
    assert list(reading.values.issued_utc) == [np.datetime64("2026-08-22T17", "h")]
    assert value_at(reading, CARBON, "2026-08-22T18", issued="2026-08-22T17") == 76
    assert value_at(reading, CARBON, "2026-08-23T17", issued="2026-08-22T17") == 135


def test_a_price_in_euro_needs_a_factor():
    payload = recorded("electricitymaps/v4_price-day-ahead_combined_DK-DK2.json")
    reading = parsed(payload, query_of("electricity_maps", [PRICE], factor=1.1, **ZEALAND))
    # 141.73 EUR/MWh.
    assert value_at(reading, PRICE, "2026-08-22T17") == pytest.approx(155.903)
    with pytest.raises(SourceError, match=r"unit of price_usd_per_mwh is 'EUR/MWh'.*state the USD of one EUR"):
        parsed(payload, query_of("electricity_maps", [PRICE], **ZEALAND))


def test_two_units_in_one_answer_are_refused():
    payload = edited(
        recorded("electricitymaps/v4_price-day-ahead_combined_DK-DK2.json"), "data", 3, "unit", to="GBP/MWh"
    )
    with pytest.raises(SourceError, match="field unit is both EUR/MWh and GBP/MWh, expected one in an answer"):
        parsed(payload, query_of("electricity_maps", [PRICE], factor=1.1, **ZEALAND))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("v3_error_401_invalid-token.json", "Invalid auth-token"),
        ("v3_error_404_no-recent-data.json", "No recent data for zone"),
        ("v4_error_401_not-in-plan.json", "You do not have access to this specific endpoint"),
        ("v3_home-assistant_no-data_HTTP200.json", "field status is 'no-data', expected 'ok'"),
    ],
)
def test_an_answer_without_data_says_why(path, found):
    with pytest.raises(SourceError, match=found):
        parsed(recorded(f"electricitymaps/{path}"), query_of("electricity_maps", [CARBON], **GERMANY))
