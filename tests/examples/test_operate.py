"""A region operated hour by hour: its results, the input that it refuses, and the messages."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from
from support.plants import AIR_CHILLED, EVAPORATIVE, PLANTS, region_with
from twin_study.operate import Operation, OutdoorAir, operate

from fleet.domain.region import AirSide, Plant
from fleet.errors import DataError
from fleet.physics.psychrometrics import dew_point_c, pressure_hpa, wet_bulb_c

HOURS = hours_from("2024-07-01T12", 3)
REGION = region_with(EVAPORATIVE)


def run(plant: Plant = EVAPORATIVE, it_load_mw: Any = 40.0, **changes: Any) -> Operation:
    weather: dict[str, Any] = {"temperature_c": 38.0, "pressure_hpa": 1_000.0}
    if not {"wet_bulb_c", "relative_humidity_pct", "dew_point_c"} & changes.keys():
        weather["wet_bulb_c"] = 20.0
    return operate(region_with(plant), HOURS, OutdoorAir(**(weather | changes)), it_load_mw)


def test_a_hot_dry_hour_of_an_evaporative_plant_adds_up_by_hand() -> None:
    operation = run()
    # 38 - 0.88 (38 - 20) = 22.16 degC; at half load 1 + 2 / 2 = 2 K more at the inlet.
    np.testing.assert_allclose(operation.supply_c, 22.16)
    np.testing.assert_allclose(operation.inlet_c, 24.16)
    # Fans 5 (1013.25 / 1000)^2 / 8 = 0.642 MW, of the supply 4 %, fixed 4 MW.
    fans = 5 * 1.01325**2 / 8
    np.testing.assert_allclose(operation.fan_mw, fans)
    np.testing.assert_allclose(operation.facility_mw, 40 + 1.6 + 4 + fans)
    np.testing.assert_allclose(operation.pue, (45.6 + fans) / 40)
    # (3600 / 2450) (38 - 22.16) / 10 x 3 / 2 = 3.491 L/kWh, of 40,000 kWh.
    np.testing.assert_allclose(operation.wue_l_per_kwh, 3.491, atol=1e-3)
    np.testing.assert_allclose(operation.water_l, 40_000 * operation.wue_l_per_kwh)
    assert operation.region == REGION.id


@pytest.mark.parametrize("plant", PLANTS)
def test_every_array_has_one_value_for_each_hour(plant: Plant) -> None:
    operation = run(plant, temperature_c=np.array([10.0, 20.0, 30.0]), wet_bulb_c=np.array([5.0, 10.0, 15.0]))
    for field in fields(operation):
        if field.name != "region":
            assert getattr(operation, field.name).shape == HOURS.shape, field.name


@given(st.floats(-30, 40), st.floats(0.1, 30))
def test_the_three_humidities_give_the_same_result(temperature: float, depression: float) -> None:
    dew = temperature - depression
    wet = float(wet_bulb_c(np.array([temperature]), np.array([dew]), 1_000.0)[0])
    by_dew, by_wet = run(temperature_c=temperature, dew_point_c=dew), run(temperature_c=temperature, wet_bulb_c=wet)
    np.testing.assert_allclose(by_wet.inlet_c, by_dew.inlet_c, atol=1e-6)
    humidity = 50.0
    dew = float(dew_point_c(np.array([temperature]), np.array([humidity]))[0])
    np.testing.assert_allclose(
        run(temperature_c=temperature, relative_humidity_pct=humidity).inlet_c,
        run(temperature_c=temperature, dew_point_c=dew).inlet_c,
        atol=1e-6,
    )


def test_the_extremes_of_humidity_are_accepted() -> None:
    damp, dry = run(relative_humidity_pct=100.0), run(relative_humidity_pct=0.0)
    np.testing.assert_allclose(damp.supply_c, 38.0, atol=1e-6)
    np.testing.assert_allclose(dry.supply_c, 18.0, atol=1.0)
    # Rounding may lift a wet bulb by less than a millionth of a kelvin; in fog a dew point may be 2 K too high.
    assert (run(wet_bulb_c=38.0 + 5e-7).supply_c <= 38.0).all()
    np.testing.assert_allclose(run(temperature_c=15.0, dew_point_c=16.9).supply_c, 18.0)


def test_the_default_pressure_is_that_of_the_altitude() -> None:
    high = region_with(EVAPORATIVE, altitude_m=1_860.0)
    air = OutdoorAir(temperature_c=38.0, wet_bulb_c=20.0)
    default, explicit = (operate(high, HOURS, a, 40.0) for a in (air, replace(air, pressure_hpa=pressure_hpa(1_860))))
    for field in fields(default):
        np.testing.assert_array_equal(getattr(default, field.name), getattr(explicit, field.name))


def second(value: float, usual: float) -> np.ndarray:
    return np.array([usual, value, usual])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wet_bulb_c": second(38.1, 20)}, "wet_bulb_c is 38.1, expected at most the temperature of 38"),
        ({"wet_bulb_c": second(13.6, 20)}, "wet_bulb_c is 13.6, expected at least bone-dry air's wet bulb of 13.69"),
        ({"relative_humidity_pct": second(100.5, 50)}, "relative_humidity_pct is 100.5, expected 0 to 100"),
        ({"relative_humidity_pct": second(-0.1, 50)}, "relative_humidity_pct is -0.1, expected 0 to 100"),
        ({"temperature_c": second(10, 38), "dew_point_c": 12.5}, "dew_point_c is 12.5, expected at most 2 K above"),
        ({"temperature_c": second(np.nan, 38)}, "temperature_c is nan, expected a finite number"),
        ({"temperature_c": second(np.inf, 38)}, "temperature_c is inf, expected a finite number"),
        ({"temperature_c": second(311.0, 38)}, "temperature_c is 311, expected -90 to 60; looks like kelvin"),
        ({"wet_bulb_c": second(np.nan, 20)}, "wet_bulb_c is nan"),
        ({"dew_point_c": second(np.nan, 20)}, "dew_point_c is nan"),
        ({"relative_humidity_pct": second(np.nan, 20)}, "relative_humidity_pct is nan"),
        ({"pressure_hpa": second(0.0, 1_000)}, "pressure_hpa is 0, expected 400 to 1100; correct it or make it null"),
        ({"pressure_hpa": second(-5.0, 1_000)}, "pressure_hpa is -5"),
        ({"pressure_hpa": second(np.nan, 1_000)}, "pressure_hpa is nan"),
        ({"pressure_hpa": second(101.3, 1_000)}, "pressure_hpa is 101.3, expected 400 to 1100; looks like kilopascal"),
        ({"it_load_mw": second(-0.1, 40)}, "it_load_mw is -0.1, expected 0"),
        ({"it_load_mw": second(80.1, 40)}, "it_load_mw is 80.1, expected at most the 80 MW that are installed"),
        ({"it_load_mw": second(np.nan, 40)}, "it_load_mw is nan"),
    ],
)
def test_impossible_input_is_refused_with_region_hour_and_value(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as refused:
        run(**changes)
    assert str(refused.value).startswith(f"region alpha at 2024-07-01T13:00Z: {message}")


@pytest.mark.parametrize(
    ("humidity", "found"),
    [({}, "missing"), ({"wet_bulb_c": 20.0, "relative_humidity_pct": 30.0}, "wet_bulb_c and relative_humidity_pct")],
)
def test_one_humidity_is_needed_and_not_two(humidity: dict[str, float], found: str) -> None:
    with pytest.raises(DataError, match=f"region alpha: humidity is {found}, expected one of"):
        operate(REGION, HOURS, OutdoorAir(temperature_c=38.0, **humidity), 40.0)


@pytest.mark.parametrize("pressure", [1_000.0, 700.0, 400.0])
def test_any_possible_wet_bulb_is_accepted(pressure: float) -> None:
    # The grid includes air in which both a wet wick and an ice bulb are solutions.
    temperature, dew = (grid.ravel() for grid in np.meshgrid(np.linspace(-30, 50, 161), np.linspace(-99, 25, 32)))
    wet = wet_bulb_c(temperature, np.minimum(dew, temperature), pressure)
    hours = hours_from("2024-01-01T00", wet.size)
    air = OutdoorAir(temperature_c=temperature, wet_bulb_c=wet, pressure_hpa=pressure)
    assert operate(REGION, hours, air, 40.0).region == "alpha"


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (
            np.array([HOURS[0], np.datetime64("NaT", "h"), HOURS[2]]),
            "hours are NaT at index 1, expected an hour of UTC",
        ),
        (np.array([0.0, 1.0, 2.0]), r"hours are float64, expected datetime64\[h\] of UTC"),
        (HOURS.astype("datetime64[D]"), r"hours are datetime64\[D\], expected"),
    ],
)
def test_invalid_hours_are_refused(hours: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=f"region alpha: {message}"):
        operate(REGION, hours, OutdoorAir(temperature_c=38.0, wet_bulb_c=20.0), 40.0)


def test_an_unknown_kind_of_plant_is_refused_with_its_region() -> None:
    immersion = AirSide(supply_setpoint_c=18, design_supply_c=22, fan_reference_mw=5, fixed_mw=4)
    region = REGION.model_copy(update={"plant": immersion})
    with pytest.raises(DataError, match="region alpha: plant kind 'AirSide' is unknown"):
        operate(region, HOURS, OutdoorAir(temperature_c=38.0, wet_bulb_c=20.0), 40.0)


def test_a_shape_that_does_not_fit_the_hours_is_refused() -> None:
    with pytest.raises(DataError, match=r"temperature_c has shape \(2,\) and hours \(3,\)"):
        run(temperature_c=np.full(2, 38.0))
    with pytest.raises(DataError, match=r"hours \(3, 1\)"):
        operate(REGION, HOURS[:, None], OutdoorAir(temperature_c=38.0, wet_bulb_c=20.0), 40.0)


def test_a_load_beyond_the_chillers_heats_the_hall() -> None:
    operation = run(AIR_CHILLED, temperature_c=48.0, it_load_mw=70.0)
    assert (operation.cooling_capacity_mw < 60).all()
    np.testing.assert_allclose(operation.heat_stored_mw, 70 - operation.cooling_capacity_mw)
    assert (operation.heat_removed_mw == operation.cooling_capacity_mw).all()


def test_an_idle_hall_has_an_infinite_pue_and_uses_no_water() -> None:
    operation = run(it_load_mw=0.0)
    assert np.isinf(operation.pue).all()
    assert (operation.water_l == 0).all()
    assert (operation.facility_mw == 4).all()


def test_inputs_stay_unchanged() -> None:
    inputs = {"temperature_c": np.full(3, 38.0), "wet_bulb_c": np.full(3, 20.0), "it_load_mw": np.full(3, 40.0)}
    run(**inputs)
    assert [values[0] for values in inputs.values()] == [38.0, 20.0, 40.0]
