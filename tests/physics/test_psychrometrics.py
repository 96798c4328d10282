import numpy as np
import psychrolib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.physics import wet_bulb
from fleet.physics.psychrometrics import (
    dew_point_c,
    pressure_hpa,
    relative_humidity_pct,
    saturation_pressure_hpa,
    wet_bulb_c,
)

psychrolib.SetUnitSystem(psychrolib.SI)

temperatures = st.floats(-35, 50)
depressions = st.floats(0, 45)


def moist_air(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    temperature = rng.uniform(-35, 50, count)
    return temperature, np.maximum(temperature - rng.exponential(12, count), -60)


def test_pressure_at_cheyenne_is_four_fifths_of_sea_level() -> None:
    assert pressure_hpa(0) == pytest.approx(1_013.25)
    assert pressure_hpa(1_860) / pressure_hpa(0) == pytest.approx(0.80, abs=0.005)


def test_saturation_pressure_over_water_and_ice_agrees_with_psychrolib() -> None:
    temperature = np.linspace(-60, 60, 241)
    expected = [psychrolib.GetSatVapPres(value) / 100 for value in temperature]
    np.testing.assert_allclose(saturation_pressure_hpa(temperature), expected, rtol=1e-9)


@pytest.mark.parametrize("pressure", [1_013.25, pytest.param(810.0, marks=pytest.mark.slow)])
def test_wet_bulb_is_within_a_twentieth_of_a_kelvin_of_psychrolib(pressure: float) -> None:
    temperature, dew_point = moist_air(1_500)
    expected = [
        psychrolib.GetTWetBulbFromTDewPoint(t, d, pressure * 100) for t, d in zip(temperature, dew_point, strict=True)
    ]
    np.testing.assert_allclose(wet_bulb_c(temperature, dew_point, pressure), expected, atol=0.05)


@pytest.mark.parametrize("pressure", [1_013.25, 810.0])
def test_air_with_the_wet_bulb_has_the_moisture_of_the_dew_point(pressure: float) -> None:
    temperature, dew_point = moist_air(500)
    wet = wet_bulb_c(temperature, dew_point, pressure)
    # A solution that stepped by 0.001 K would be off by some 1e-4.
    at_wet_bulb, expected = (
        np.array([of(*values, pressure * 100) for values in zip(*arguments, strict=True)])
        for of, arguments in (
            (psychrolib.GetHumRatioFromTWetBulb, (temperature, wet)),
            (psychrolib.GetHumRatioFromTDewPoint, (dew_point,)),
        )
    )
    np.testing.assert_allclose(at_wet_bulb, expected, rtol=1e-6, atol=2e-8)


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Run the wet bulb as Python, so that a test can replace its parts."""
    for name in ("_estimate", "_humidity_ratio", "_humidity_ratio_at_wet_bulb", "_ln_over_water", "_ln_over_ice"):
        monkeypatch.setattr(wet_bulb, name, getattr(wet_bulb, name).py_func)
    return monkeypatch


@pytest.mark.parametrize("low_c", [-3.0, -40.0, 5.0])
def test_an_estimate_does_not_change_the_wet_bulb_even_if_it_is_wrong(low_c: float, uncompiled) -> None:
    rng = np.random.default_rng(4)
    dry = rng.uniform(low_c, low_c + 10, 1_000)
    air = dry, dry - rng.exponential(6, dry.size), rng.uniform(600, 1_050, dry.size), 0
    found = wet_bulb.wet_bulbs(*air)
    for wrong in (lambda dry, dew, *_: dew, lambda dry, dew, *_: dry, lambda dry, dew, *_: (dry + dew) / 2):
        uncompiled.setattr(wet_bulb, "_estimate", wrong)
        np.testing.assert_allclose(wet_bulb.wet_bulbs.py_func(*air), found, atol=1e-9)
    # So near to freezing, the whole bisection is always made.
    uncompiled.setattr(wet_bulb, "_NEAR_FREEZING_K", np.inf)
    np.testing.assert_allclose(wet_bulb.wet_bulbs.py_func(*air), found, atol=1e-9)


def test_wet_bulb_of_dry_air_is_lower_in_thin_air() -> None:
    thick, thin = wet_bulb_c(np.array([30.0, 30.0]), np.array([0.0, 0.0]), np.array([1_013.25, 810.0]))
    assert thin < thick - 0.5


@given(temperatures, depressions)
def test_wet_bulb_lies_between_dew_point_and_temperature(temperature: float, depression: float) -> None:
    dew_point = temperature - depression
    wet = wet_bulb_c(np.array([temperature]), np.array([dew_point]), 900.0)[0]
    assert dew_point - 1e-6 <= wet <= temperature + 1e-6


def test_dew_point_above_temperature_counts_as_saturated() -> None:
    assert wet_bulb_c(np.array([10.0]), np.array([12.0]), 1_000.0)[0] == pytest.approx(10)
    assert relative_humidity_pct(np.array([10.0]), np.array([12.0]))[0] == pytest.approx(100)


@given(temperatures, depressions)
def test_dew_point_and_relative_humidity_are_inverses(temperature: float, depression: float) -> None:
    dry = np.array([temperature])
    dew_point = dry - depression
    humidity = relative_humidity_pct(dry, dew_point)
    assert 0 < humidity[0] <= 100
    np.testing.assert_allclose(dew_point_c(dry, humidity), dew_point, atol=1e-6)


def test_hours_that_repeat_from_origin_to_origin_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(7)
    dry = rng.uniform(-20, 40, 60)
    dew = dry - rng.exponential(6, 60)
    dry[[20, 21]], dew[30] = np.nan, dew[29]
    windows = np.lib.stride_tricks.sliding_window_view(np.stack([dry, dew]), 24, axis=1)
    alone = wet_bulb_c(dry, dew, 900.0)
    np.testing.assert_array_equal(wet_bulb_c(windows[0], windows[1], 900.0), alone[np.arange(37)[:, None] + range(24)])
    # The same temperature in other air has a wet bulb of its own.
    humid, pressure = windows[1].copy(), np.linspace(600, 1_000, 37)[:, None]
    humid[1::2] -= 1.0
    expected = [wet_bulb_c(*row, 900.0) for row in zip(windows[0], humid, strict=True)]
    np.testing.assert_array_equal(wet_bulb_c(windows[0], humid, 900.0), expected)
    expected = [wet_bulb_c(*row) for row in zip(*windows, pressure[:, 0], strict=True)]
    np.testing.assert_array_equal(wet_bulb_c(windows[0], windows[1], pressure), expected)


def test_missing_weather_gives_missing_results() -> None:
    some, missing = np.array([20.0, np.nan]), np.array([np.nan, 5.0])
    assert np.isnan(wet_bulb_c(some, missing, 1_000.0)).all()
    assert np.isnan(wet_bulb_c(np.array([20.0]), np.array([5.0]), np.array([np.nan]))).all()
    assert np.isnan(relative_humidity_pct(some, missing)).all()
    assert np.isnan(dew_point_c(some, missing)).all()


def test_any_array_shape_is_kept() -> None:
    temperature = np.full((2, 3, 4), 30.0)
    assert wet_bulb_c(temperature, temperature - 10, 1_000.0).shape == (2, 3, 4)
    assert wet_bulb_c(np.zeros((0, 3)), np.zeros((0, 3)), 1_000.0).shape == (0, 3)
    assert saturation_pressure_hpa(np.float64(20.0)).shape == ()
