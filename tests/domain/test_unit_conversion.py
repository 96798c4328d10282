"""Units of sources become the unit of the column."""

import pytest

from fleet.domain.quantities import QUANTITIES
from fleet.domain.unit_conversion import conversion, own_unit
from fleet.errors import DataError


@pytest.mark.parametrize(
    ("column", "unit", "value", "expected"),
    [
        ("temperature_c", "°F", 68.0, 20.0),
        ("dew_point_c", "K", 283.15, 10.0),
        ("wind_speed_m_s", "km/h", 36.0, 10.0),
        ("wind_speed_m_s", "mph", 10.0, 4.4704),
        ("pressure_hpa", "Pa", 101_325.0, 1_013.25),
        ("carbon_g_per_kwh", "lbs_co2_per_mwh", 1_000.0, 453.59237),
        ("it_load_mw", "W", 2_500_000.0, 2.5),
        ("grid_demand_mw", "MAW", 3_000.0, 3_000.0),
        ("price_usd_per_mwh", "USD/kWh", 0.05, 50.0),
    ],
)
def test_a_unit_is_converted(column, unit, value, expected):
    how = conversion(column, unit)
    assert (value + how.offset) * how.scale == pytest.approx(expected)


def test_the_conversion_is_shown():
    assert conversion("temperature_c", "°F").text == "°F - 32, x 0.55556"
    assert conversion("it_load_mw", "MW").text == "MW"
    assert conversion("it_load_mw", "kW", factor=2.0).text == "kW x 0.002"


def test_a_unit_that_the_column_cannot_have_is_refused():
    with pytest.raises(DataError, match="unit of temperature_c is 'MW', expected one of °C"):
        conversion("temperature_c", "MW")


def test_a_currency_needs_a_rate():
    with pytest.raises(DataError, match=r"expected USD/MWh; state the USD of one EUR as `factor`"):
        conversion("price_usd_per_mwh", "EUR/MWh")
    assert conversion("price_usd_per_mwh", "EUR/MWh", factor=1.1).scale == 1.1


def test_every_column_has_a_unit():
    assert all(own_unit(column).unit for column in QUANTITIES)
