"""An unknown column is refused, and the known column that it resembles is named."""

import pytest

from fleet.domain.column_names import refuse_misspelt_columns, refuse_unknown_columns
from fleet.domain.quantities import QUANTITIES
from fleet.errors import DataError

JOBS = ("id", "power_mw", "duration_h", "earliest_utc", "deadline_utc", "home_region", "name", "regions", "data_gb")


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("regoins", "regions"),
        ("allowed_regions", "regions"),
        ("Regions", "regions"),
        ("region", "regions"),
        ("data_GB", "data_gb"),
        ("deadline utc", "deadline_utc"),
        ("power_kw", "power_mw"),
        ("dead_utc", "deadline_utc"),
        ("dur_h", "duration_h"),
        ("priorty", None),
    ],
)
def test_an_unknown_column_is_refused_and_the_near_miss_is_named(found, meant):
    expected = f"column {found} is unknown; " + (f"did you mean {meant}" if meant else "expected only id")
    with pytest.raises(DataError, match=expected):
        refuse_unknown_columns([*JOBS, found], JOBS, table="jobs.csv")


def test_a_shortened_column_of_telemetry_names_the_whole_one():
    for found, meant in (("temp_c", "temperature_c"), ("carb_g_per_kwh", "carbon_g_per_kwh")):
        with pytest.raises(DataError, match=f"column {found} is unknown; did you mean {meant}"):
            refuse_unknown_columns([found], tuple(QUANTITIES), table="t.csv")
    with pytest.raises(DataError, match="expected only"):
        refuse_unknown_columns(["te_c"], tuple(QUANTITIES), table="t.csv")


def test_all_unknown_columns_are_named_at_once_for_they_may_be_known_ones_with_other_names():
    with pytest.raises(DataError, match=r"load are unknown; .*; rename or remove them") as refused:
        refuse_unknown_columns(["region", "timestamp", "load"], ("region", *QUANTITIES), table="t.csv")
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("found", ["Temperature_C", "temprature_c", "it-load-mw", "carbon_g_per_kwhh", "dewpoint_c"])
def test_a_misspelt_column_is_refused_beside_any_other_column(found):
    with pytest.raises(DataError, match="did you mean"):
        refuse_misspelt_columns([found, "humidity"], tuple(QUANTITIES), table="t.csv")


@pytest.mark.parametrize(
    "found", ["load", "temperature_f", "it_load_kw", "price_eur_per_mwh", "temperature_c_2", "wet_bulb_c", "cloud"]
)
def test_another_quantity_another_unit_or_a_second_sensor_is_not_misspelt(found):
    refuse_misspelt_columns([found], tuple(QUANTITIES), table="t.csv")
