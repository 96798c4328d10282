"""EIA v2, on recorded answers."""

import json

import numpy as np
import pytest
from support.payloads import CARBON, edited, needs_payloads, parsed, query_of, recorded, value_at

from fleet.errors import SourceError

pytestmark = needs_payloads

DEMAND = ["grid_demand_mw"]
MIX = [CARBON, "grid_wind_mw", "grid_solar_mw"]
NEW_YEAR = {"first": "2023-12-31T23", "end": "2024-01-02T00", "zone": "PACW"}
FUELS = "eia/v2_fuel-type-data_PACW_2024-01-01.json"


def test_a_period_is_the_end_of_its_hour_and_texts_are_numbers():
    query = query_of("eia", DEMAND, first="2022-12-31T23", end="2023-01-08T00", zone="PACW")
    reading = parsed(recorded("eia/v2_region-data_PACW_D_2023-01_string-values.json"), query)
    assert value_at(reading, "grid_demand_mw", "2022-12-31T23") == 2455
    assert value_at(reading, "grid_demand_mw", "2023-01-01T00") == 2579
    assert np.isfinite(reading.values.values["grid_demand_mw"]).sum() == 169


def test_carbon_is_the_mean_of_the_fuels_weighted_by_their_generation():
    reading = parsed(recorded(FUELS), query_of("eia", MIX, **NEW_YEAR))
    # Period T00: gas 0, other 49, solar 43, water 256, wind 0. Other counts as gas, 440 kg/MWh.
    assert value_at(reading, CARBON, "2023-12-31T23") == pytest.approx(440 * 49 / (49 + 43 + 256))
    assert value_at(reading, "grid_solar_mw", "2023-12-31T23") == 43
    assert "OTH 440" in reading.notes[0]


def test_the_own_use_of_idle_stations_is_no_generation():
    reading = parsed(recorded(FUELS), query_of("eia", MIX, **NEW_YEAR))
    # Period T01: wind -2, other 48, solar 6, water 283.
    assert value_at(reading, "grid_wind_mw", "2024-01-01T00") == 0
    assert value_at(reading, CARBON, "2024-01-01T00") == pytest.approx(440 * 48 / (48 + 6 + 283))


def test_the_fleet_file_may_give_other_factors():
    query = query_of("eia", MIX, **NEW_YEAR, kg_per_mwh={"OTH": 0.0, "WAT": 100.0})
    assert value_at(parsed(recorded(FUELS), query), CARBON, "2023-12-31T23") == pytest.approx(100 * 256 / 348)


def test_a_fuel_without_a_value_makes_the_carbon_of_its_hour_unknown():
    payload = edited(recorded(FUELS), "response", "data", 1, "value", to=None)
    reading = parsed(payload, query_of("eia", MIX, **NEW_YEAR))
    assert np.isnan(value_at(reading, CARBON, "2023-12-31T23"))
    assert np.isfinite(value_at(reading, CARBON, "2024-01-01T00"))


def test_a_fuel_that_is_absent_makes_the_carbon_of_its_hour_unknown():
    content = json.loads(recorded(FUELS))
    rows = content["response"]["data"]
    absent = next(row for row in rows if (row["period"], row["fueltype"]) == ("2024-01-01T02", "OTH"))
    rows.remove(absent)
    content["response"]["total"] = len(rows)
    reading = parsed(json.dumps(content).encode(), query_of("eia", MIX, **NEW_YEAR))
    assert np.isnan(value_at(reading, CARBON, "2024-01-01T01"))
    assert np.isfinite(value_at(reading, CARBON, "2024-01-01T02"))
    assert np.isfinite(value_at(reading, "grid_wind_mw", "2024-01-01T01"))


def test_a_fuel_that_only_later_hours_have_makes_the_carbon_of_the_first_hours_unknown():
    content = json.loads(recorded(FUELS))
    rows = content["response"]["data"]
    first = min(row["period"] for row in rows)
    content["response"]["data"] = [row for row in rows if (row["period"], row["fueltype"]) != (first, "OTH")]
    content["response"]["total"] = len(content["response"]["data"])
    reading = parsed(json.dumps(content).encode(), query_of("eia", MIX, **NEW_YEAR))
    assert np.isnan(value_at(reading, CARBON, "2023-12-31T23"))
    assert np.isfinite(value_at(reading, CARBON, "2024-01-01T00"))


def test_sun_and_wind_with_a_battery_count_and_have_no_emissions():
    content = json.loads(recorded(FUELS))
    rows = content["response"]["data"]
    rows += [{**row, "fueltype": "SNB", "value": "7"} for row in rows if row["fueltype"] == "SUN"]
    content["response"]["total"] = len(rows)
    reading = parsed(json.dumps(content).encode(), query_of("eia", MIX, **NEW_YEAR))
    assert value_at(reading, "grid_solar_mw", "2023-12-31T23") == 43 + 7
    assert value_at(reading, CARBON, "2023-12-31T23") == pytest.approx(440 * 49 / (49 + 43 + 7 + 256))


def test_an_answer_without_the_number_of_its_rows_is_refused():
    payload = edited(recorded(FUELS), "response", "total", to=None)
    with pytest.raises(SourceError, match=r"field response.total is null, expected the number of all rows"):
        parsed(payload, query_of("eia", MIX, **NEW_YEAR))


def test_two_values_of_one_fuel_and_hour_are_refused():
    content = json.loads(recorded(FUELS))
    rows = content["response"]["data"]
    rows.append({**rows[0], "value": "12345"})
    content["response"]["total"] = len(rows)
    with pytest.raises(SourceError, match=r"is both .* and 12345, expected each time once"):
        parsed(json.dumps(content).encode(), query_of("eia", MIX, **NEW_YEAR))


def test_hours_of_california_with_an_early_stamp_are_told():
    payload = recorded(FUELS).replace(b"PACW", b"CISO").replace(b"2024-01-01T", b"2022-01-01T")
    reading = parsed(payload, query_of("eia", [CARBON], first="2021-12-31T23", end="2022-01-02T00", zone="CISO"))
    assert "until 2022-06-16, CISO stamped the start of an hour: these are 1 h early" in reading.notes
    reading = parsed(recorded(FUELS), query_of("eia", MIX, **NEW_YEAR))
    assert not any("stamped the start" in note for note in reading.notes)


def test_an_unknown_fuel_is_refused_until_its_factor_is_given():
    payload = edited(recorded(FUELS), "response", "data", 1, "fueltype", to="XYZ")
    with pytest.raises(SourceError, match=r"field data.fueltype is 'XYZ'.*state its kg_per_mwh"):
        parsed(payload, query_of("eia", MIX, **NEW_YEAR))
    parsed(payload, query_of("eia", MIX, **NEW_YEAR, kg_per_mwh={"XYZ": 900.0}))


def test_an_answer_that_was_cut_is_refused():
    query = query_of("eia", DEMAND, first="2023-05-01", end="2023-05-02", zone="BPAT")
    with pytest.raises(SourceError, match=r"response.data has 2 rows, expected response.total of 3"):
        parsed(recorded("eia/v2_region-data_BPAT_demand.json"), query)


def test_a_null_is_missing():
    content = json.loads(recorded("eia/v2_fuel-type-data_null-value_edited.json"))
    content["response"]["total"] = 2
    query = query_of("eia", [CARBON], first="2022-10-31T10", end="2022-10-31T12", zone="PGE")
    reading = parsed(json.dumps(content).encode(), query)
    # Gas alone: 440 g/kWh; the first hour is null.
    assert reading.values.time_utc[0] == np.datetime64("2022-10-31T11", "h")
    assert reading.values.values[CARBON].tolist() == [[440]]


def test_an_empty_answer_has_no_value():
    query = query_of("eia", [CARBON], first="2022-10-31", end="2022-11-01", zone="SC")
    assert parsed(recorded("eia/v2_fuel-type-data_SC_empty.json"), query).values is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("v2_error_403_API_KEY_INVALID.json", "An invalid api_key was supplied"),
        ("v2_error_HTTP500_not-found-404-body.json", "Not found"),
    ],
)
def test_both_shapes_of_an_error_are_read(path, found):
    with pytest.raises(SourceError, match=found):
        parsed(recorded(f"eia/{path}"), query_of("eia", DEMAND, **NEW_YEAR))
