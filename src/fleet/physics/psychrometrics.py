"""Moist air at any altitude. Source: ASHRAE Fundamentals 2017, chapter 1."""

import numpy as np

from fleet.units import KELVIN_AT_0_C, PA_PER_HPA, SEA_LEVEL_HPA, FloatArray

_WATER_TO_AIR_MOLAR_MASS = 0.621945
_TRIPLE_POINT_C = 0.01
_DRY_AIR_J_PER_KG_K = 287.042
_LEAST_HUMIDITY_RATIO = 1e-7  # drier air counts as this dry, because the vapour formulas do not hold for it
_BISECTIONS = 16  # halvings of 65 K of wet-bulb depression down to 0.001 K
_DEW_POINT_STEPS = 4


def pressure_hpa(altitude_m: float) -> float:
    """Return the station pressure [hPa] of the standard atmosphere, up to 11 km."""
    return float(SEA_LEVEL_HPA * (1 - 2.25577e-5 * altitude_m) ** 5.2559)


def dry_air_density_kg_m3(temperature_c: FloatArray, pressure_hpa: FloatArray | float) -> FloatArray:
    """Return the density of dry air [kg/m3]. Moist air is up to 2 % lighter.

    Source: ASHRAE equation 26 without moisture.
    """
    return pressure_hpa * PA_PER_HPA / (_DRY_AIR_J_PER_KG_K * (np.asarray(temperature_c) + KELVIN_AT_0_C))


def saturation_pressure_hpa(temperature_c: FloatArray) -> FloatArray:
    """Return the vapour pressure at saturation [hPa], over ice up to the triple point and over water above.

    Source: Hyland and Wexler 1983, ASHRAE equations 5 and 6.
    """
    celsius = np.asarray(temperature_c, dtype=np.float64)
    pressure = np.atleast_1d(np.exp(_ln_pressure_over_water(celsius)))
    is_frozen = np.atleast_1d(celsius <= _TRIPLE_POINT_C)
    pressure[is_frozen] = np.exp(_ln_pressure_over_ice(np.atleast_1d(celsius)[is_frozen]))
    return np.reshape(pressure / PA_PER_HPA, celsius.shape)


def dew_point_c(temperature_c: FloatArray, relative_humidity_pct: FloatArray) -> FloatArray:
    """Return the dew point [degC] of air; below freezing, the frost point.

    Args:
        temperature_c: dry bulb.
        relative_humidity_pct: in (0, 100], of a shape that broadcasts with the temperature.
    """
    vapour_hpa = saturation_pressure_hpa(temperature_c) * np.asarray(relative_humidity_pct) / 100
    # Magnus' closed form is within half a degree. Newton steps on the logarithm, which is nearly linear, refine it.
    magnus = np.log(vapour_hpa / 6.112)
    dew_point = 243.12 * magnus / (17.62 - magnus)
    step = 1e-3
    for _ in range(_DEW_POINT_STEPS):
        difference = np.log(vapour_hpa / saturation_pressure_hpa(dew_point))
        slope = np.log(saturation_pressure_hpa(dew_point + step) / saturation_pressure_hpa(dew_point)) / step
        dew_point = dew_point + difference / slope
    return np.minimum(dew_point, temperature_c)


def relative_humidity_pct(temperature_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
    """Return the relative humidity [%].

    A dew point above the temperature, as sensors report in fog, counts as 100 %.
    """
    dew_point = np.minimum(dew_point_c, temperature_c)
    return 100 * (saturation_pressure_hpa(dew_point) / saturation_pressure_hpa(temperature_c))


def wet_bulb_c(temperature_c: FloatArray, dew_point_c: FloatArray, pressure_hpa: FloatArray | float) -> FloatArray:
    """Return the thermodynamic wet-bulb temperature [degC], between dew point and temperature.

    Args:
        temperature_c: dry bulb.
        dew_point_c: a value above the temperature counts as the temperature.
        pressure_hpa: station pressure, not reduced to sea level.
    Returns: of the shape to which the arguments broadcast.
    Source: ASHRAE equations 33 and 35, solved by bisection. If the wet bulb is within 0.7 K of freezing, both a wet
        wick and an ice bulb can be solutions; the bisection then returns one of them.
    """
    dry, dew, pressure = np.broadcast_arrays(
        np.asarray(temperature_c, dtype=np.float64), np.minimum(dew_point_c, temperature_c), pressure_hpa
    )
    target = np.maximum(_saturation_humidity_ratio(dew, pressure), _LEAST_HUMIDITY_RATIO)
    low, high = dew, dry
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_above = _humidity_ratio_at_wet_bulb(dry, middle, pressure) > target
        low, high = np.where(is_above, low, middle), np.where(is_above, middle, high)
    # Linear interpolation in the last interval. Without it, the result would change in steps of 0.001 K.
    ratio_low = _humidity_ratio_at_wet_bulb(dry, low, pressure)
    ratio_high = _humidity_ratio_at_wet_bulb(dry, high, pressure)
    span = np.maximum(ratio_high - ratio_low, np.finfo(np.float64).tiny)
    wet: FloatArray = low + (high - low) * np.clip((target - ratio_low) / span, 0, 1)
    return wet


def _ln_pressure_over_water(celsius: FloatArray) -> FloatArray:
    """Return the natural logarithm of the pressure in Pa."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 1.3914993 + t * (-4.8640239e-2 + t * (4.1764768e-5 - 1.4452093e-8 * t))
    return -5.8002206e3 / t + polynomial + 6.5459673 * np.log(t)


def _ln_pressure_over_ice(celsius: FloatArray) -> FloatArray:
    """Return the natural logarithm of the pressure in Pa."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 6.3925247 + t * (-9.677843e-3 + t * (6.2215701e-7 + t * (2.0747825e-9 - 9.484024e-13 * t)))
    return -5.6745359e3 / t + polynomial + 4.1635019 * np.log(t)


def _saturation_humidity_ratio(temperature_c: FloatArray, pressure: FloatArray) -> FloatArray:
    """Return the mass of water per mass of dry air in saturated air."""
    vapour = saturation_pressure_hpa(temperature_c)
    return _WATER_TO_AIR_MOLAR_MASS * vapour / (pressure - vapour)


def _humidity_ratio_at_wet_bulb(dry: FloatArray, wet: FloatArray, pressure: FloatArray) -> FloatArray:
    """Return the mass of water per mass of dry air in air with this wet-bulb temperature."""
    saturated = _saturation_humidity_ratio(wet, pressure)
    over_water = ((2_501 - 2.326 * wet) * saturated - 1.006 * (dry - wet)) / (2_501 + 1.86 * dry - 4.186 * wet)
    over_ice = ((2_830 - 0.24 * wet) * saturated - 1.006 * (dry - wet)) / (2_830 + 1.86 * dry - 2.1 * wet)
    return np.where(wet >= 0, over_water, over_ice)
