"""Moist air at any altitude. Source: ASHRAE Fundamentals 2017, chapter 1."""

import numpy as np

from fleet.units import KELVIN_AT_0_C, PA_PER_HPA, SEA_LEVEL_HPA, FloatArray

_WATER_TO_AIR_MOLAR_MASS = 0.621945
_TRIPLE_POINT_C = 0.01
_DRY_AIR_J_PER_KG_K = 287.042
_LEAST_HUMIDITY_RATIO = 1e-7  # bone-dry air: keeps the solve inside the range of the vapour tables
_NO_VAPOUR_C = -100.0  # dew point: below the least humidity ratio at any pressure
# Below the first a bulb may be of ice as well, and then stands lower by up to the second: both at 400 hPa, the most.
_WICK_ALONE_C, _ICE_BELOW_WICK_K = 1.2, 1.2
_BISECTIONS = 16  # 65 K of wet-bulb depression down to 0.001 K
_DEW_POINT_STEPS = 4


def pressure_hpa(altitude_m: float) -> float:
    """Station pressure of the standard atmosphere, up to 11 km."""
    return float(SEA_LEVEL_HPA * (1 - 2.25577e-5 * altitude_m) ** 5.2559)


def dry_air_density_kg_m3(temperature_c: FloatArray, pressure_hpa: FloatArray | float) -> FloatArray:
    """Density of dry air; moist air is up to 2 % lighter. Source: ASHRAE equation 26 without moisture."""
    return pressure_hpa * PA_PER_HPA / (_DRY_AIR_J_PER_KG_K * (np.asarray(temperature_c) + KELVIN_AT_0_C))


def saturation_pressure_hpa(temperature_c: FloatArray) -> FloatArray:
    """Vapour pressure at saturation, over ice up to the triple point and over water above it.

    Source: Hyland and Wexler 1983, ASHRAE equations 5 and 6.
    """
    celsius = np.asarray(temperature_c, dtype=np.float64)
    pressure = np.atleast_1d(np.exp(_ln_pressure_over_water(celsius)))
    frozen = np.atleast_1d(celsius <= _TRIPLE_POINT_C)
    pressure[frozen] = np.exp(_ln_pressure_over_ice(np.atleast_1d(celsius)[frozen]))
    return np.reshape(pressure / PA_PER_HPA, celsius.shape)


def dew_point_c(temperature_c: FloatArray, relative_humidity_pct: FloatArray) -> FloatArray:
    """Dew point (frost point below freezing) of air at a relative humidity in (0, 100] %."""
    vapour_hpa = saturation_pressure_hpa(temperature_c) * np.asarray(relative_humidity_pct) / 100
    # Magnus' closed form is within half a degree; Newton on the logarithm, which is nearly straight, does the rest.
    magnus = np.log(vapour_hpa / 6.112)
    dew_point = 243.12 * magnus / (17.62 - magnus)
    step = 1e-3
    for _ in range(_DEW_POINT_STEPS):
        missing = np.log(vapour_hpa / saturation_pressure_hpa(dew_point))
        slope = np.log(saturation_pressure_hpa(dew_point + step) / saturation_pressure_hpa(dew_point)) / step
        dew_point = dew_point + missing / slope
    return np.minimum(dew_point, temperature_c)


def relative_humidity_pct(temperature_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
    """Relative humidity; a dew point above the temperature, as sensors report in fog, counts as 100 %."""
    dew_point = np.minimum(dew_point_c, temperature_c)
    return 100 * (saturation_pressure_hpa(dew_point) / saturation_pressure_hpa(temperature_c))


def wet_bulb_c(temperature_c: FloatArray, dew_point_c: FloatArray, pressure_hpa: FloatArray | float) -> FloatArray:
    """Thermodynamic wet-bulb temperature; always between dew point and temperature.

    Args:
        temperature_c: dry-bulb.
        dew_point_c: capped here at the temperature.
        pressure_hpa: station pressure, not reduced to sea level.
    Source: ASHRAE equations 33 and 35, solved by bisection. Where wet wick and ice bulb both balance, within 0.7 K of
        freezing in cool air, the choice is that of the bisection.
    """
    dry, dew, pressure = np.broadcast_arrays(
        np.asarray(temperature_c, dtype=np.float64), np.minimum(dew_point_c, temperature_c), pressure_hpa
    )
    target = np.maximum(_saturation_humidity_ratio(dew, pressure), _LEAST_HUMIDITY_RATIO)
    low, high = dew, dry
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = _humidity_ratio_at_wet_bulb(dry, middle, pressure) > target
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    # A last straight line makes the answer smooth in its inputs, to about 1e-8 K.
    ratio_low = _humidity_ratio_at_wet_bulb(dry, low, pressure)
    ratio_high = _humidity_ratio_at_wet_bulb(dry, high, pressure)
    span = np.maximum(ratio_high - ratio_low, np.finfo(np.float64).tiny)
    wet: FloatArray = low + (high - low) * np.clip((target - ratio_low) / span, 0, 1)
    return wet


def driest_wet_bulb_c(temperature_c: FloatArray, pressure_hpa: FloatArray | float) -> FloatArray:
    """The lowest wet bulb that air of a temperature can have: that of air without vapour, on wick or ice.

    Args: as for `wet_bulb_c`.
    """
    dry = np.asarray(temperature_c, dtype=np.float64)
    bone_dry = wet_bulb_c(dry, np.full_like(dry, _NO_VAPOUR_C), pressure_hpa)
    return np.where(bone_dry < _WICK_ALONE_C, bone_dry - _ICE_BELOW_WICK_K, bone_dry)


def _ln_pressure_over_water(celsius: FloatArray) -> FloatArray:
    """Natural logarithm of pascals."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 1.3914993 + t * (-4.8640239e-2 + t * (4.1764768e-5 - 1.4452093e-8 * t))
    return -5.8002206e3 / t + polynomial + 6.5459673 * np.log(t)


def _ln_pressure_over_ice(celsius: FloatArray) -> FloatArray:
    """Natural logarithm of pascals."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 6.3925247 + t * (-9.677843e-3 + t * (6.2215701e-7 + t * (2.0747825e-9 - 9.484024e-13 * t)))
    return -5.6745359e3 / t + polynomial + 4.1635019 * np.log(t)


def _saturation_humidity_ratio(temperature_c: FloatArray, pressure: FloatArray) -> FloatArray:
    """Water per dry air, by mass, of saturated air."""
    vapour = saturation_pressure_hpa(temperature_c)
    return _WATER_TO_AIR_MOLAR_MASS * vapour / (pressure - vapour)


def _humidity_ratio_at_wet_bulb(dry: FloatArray, wet: FloatArray, pressure: FloatArray) -> FloatArray:
    """Water per dry air, by mass, of air that would show this wet-bulb temperature."""
    saturated = _saturation_humidity_ratio(wet, pressure)
    over_water = ((2_501 - 2.326 * wet) * saturated - 1.006 * (dry - wet)) / (2_501 + 1.86 * dry - 4.186 * wet)
    over_ice = ((2_830 - 0.24 * wet) * saturated - 1.006 * (dry - wet)) / (2_830 + 1.86 * dry - 2.1 * wet)
    return np.where(wet >= 0, over_water, over_ice)
