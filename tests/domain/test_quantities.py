import numpy as np
import pytest
from support.builders import JANUARY, hours_from

from fleet.domain.quantities import QUANTITIES, check_dew_point, check_magnitude, plausible_range
from fleet.errors import DataError


@pytest.mark.parametrize("column", ["temp_c", "temp_mean_c", "temperature_2m_c", "air_temp_c", "wet_bulb_c"])
def test_outdoor_temperatures_of_other_names_have_the_range_of_air(column):
    assert plausible_range(column) is QUANTITIES["temperature_c"]


@pytest.mark.parametrize("column", ["gpu_temp_c_mean", "temp_f", "inlet_temp_c", "temperature", "demand_mw", "temp_k"])
def test_columns_of_other_names_have_no_range(column):
    assert plausible_range(column) is None


@pytest.mark.parametrize(
    ("column", "value", "cause"),
    [
        ("temperature_c", 293.15, "kelvin"),
        ("temperature_c", 108.0, "Fahrenheit"),  # a Phoenix afternoon: 42.2 C = 108 F
        ("dew_point_c", 288.0, "kelvin"),
        ("wind_speed_m_s", -1.0, "sign"),
        ("pressure_hpa", 101_325.0, "pascal"),
        ("pressure_hpa", 101.3, "kilopascal"),
        ("carbon_g_per_kwh", -5.0, "sign"),
        ("it_load_mw", 20_000.0, "kilowatt"),
        ("price_usd_per_mwh", 40_000.0, "cents"),
    ],
)
def test_a_magnitude_that_the_unit_cannot_have_is_refused_with_its_likely_cause(column, value, cause):
    with pytest.raises(DataError, match=cause):
        check_magnitude(column, np.array([np.nan, value]), where="t")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("temperature_c", -300.0),  # from kelvin it would be -573 C, from Fahrenheit -184 C
        ("temperature_c", 900.0),
        ("wind_speed_m_s", 999.0),  # from km/h it would be 278 m/s
        ("pressure_hpa", 0.0),
        ("carbon_g_per_kwh", 1e9),
    ],
)
def test_no_cause_is_named_that_does_not_explain_the_value(column, value):
    with pytest.raises(DataError, match=r"expected .* to .*; correct it or make it null"):
        check_magnitude(column, np.array([np.nan, value]), where="t")


@pytest.mark.parametrize("column", QUANTITIES)
def test_both_ends_of_a_range_and_gaps_pass(column):
    allowed = QUANTITIES[column]
    check_magnitude(column, np.array([allowed.low, np.nan, allowed.high]), where="t")


@pytest.mark.parametrize(
    ("column", "value", "cause"),
    [
        ("it_load_mw", -3.0, "a wrong sign: correct it"),
        ("it_load_mw", 20_000.0, "kilowatt: convert it"),
        ("wind_speed_m_s", -5.0, "a wrong sign: correct it"),
        ("wind_speed_m_s", 120.0, "km/h: convert it"),
        ("carbon_g_per_kwh", 300_000.0, "g/MWh: convert it"),
        ("temperature_c", 293.0, "kelvin: convert it"),
        ("temperature_c", 75.0, "degrees Fahrenheit: convert it"),
        ("pressure_hpa", 101.3, "kilopascal: convert it"),
    ],
)
def test_only_a_cause_that_explains_the_value_is_named(column, value, cause):
    with pytest.raises(DataError, match=f"; looks like {cause}$"):
        check_magnitude(column, np.array([value]), where="t")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_refused_in_any_column(value):
    with pytest.raises(DataError, match=r"^t: anything is infinite, expected a number or null$"):
        check_magnitude("anything", np.array([1.0, value]), where="t")


def test_a_filler_for_missing_values_is_refused_in_any_column():
    with pytest.raises(DataError, match="filler"):
        check_magnitude("anything", np.array([1.0, 1e200]), where="t")


@pytest.mark.parametrize(("value", "found"), [(-3.0, "-3"), (np.inf, "infinite"), (1e200, "1e\\+200")])
def test_a_refused_value_is_told_with_its_hour_and_how_many_there_are(value, found):
    hours = hours_from(JANUARY, 4)
    with pytest.raises(DataError, match=f"^t: it_load_mw is {found} at 2024-01-01T02:00Z, expected"):
        check_magnitude("it_load_mw", np.array([1.0, np.nan, value, 2.0]), where="t", time_utc=hours)
    several = rf"^t: it_load_mw is {found} at 2024-01-01T01:00Z \(the first of 3 such values\), expected"
    with pytest.raises(DataError, match=several):
        check_magnitude("it_load_mw", np.array([1.0, value, value, value]), where="t", time_utc=hours)


def test_carbon_in_kilograms_is_recognised_by_its_largest_value():
    with pytest.raises(DataError, match="kg/kWh"):
        check_magnitude("carbon_g_per_kwh", np.array([0.2, np.nan, 0.9]), where="t")
    check_magnitude("carbon_g_per_kwh", np.array([0.2, 12.0]), where="t")
    check_magnitude("carbon_g_per_kwh", np.array([0.0, 0.0]), where="t")
    check_magnitude("carbon_g_per_kwh", np.array([np.nan]), where="t")


def with_dew_point(value: float, dry: float = 10.0) -> dict[str, np.ndarray]:
    return {"temperature_c": np.array([[10.0, dry]]), "dew_point_c": np.array([[5.0, value]])}


def test_a_dew_point_far_above_its_temperature_is_refused_with_region_and_hour():
    with pytest.raises(
        DataError, match=r"t: dew_point_c of region alpha at 2024-01-01T01:00Z is 12.1, expected at most"
    ):
        check_dew_point(with_dew_point(12.1), ["alpha"], hours_from(JANUARY, 2), where="t")


@pytest.mark.parametrize(("value", "dry"), [(12.0, 10.0), (np.nan, 10.0), (30.0, np.nan)])
def test_fog_and_gaps_pass(value, dry):
    check_dew_point(with_dew_point(value, dry), ["alpha"], hours_from(JANUARY, 2), where="t")


def test_one_of_the_two_columns_without_the_other_passes():
    for name in ("temperature_c", "dew_point_c"):
        check_dew_point({name: with_dew_point(30.0)[name]}, ["alpha"], hours_from(JANUARY, 2), where="t")
