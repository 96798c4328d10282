"""Moist air at any altitude. Source: ASHRAE Fundamentals 2017, chapter 1."""

import numpy as np

from fleet.units import KELVIN_AT_0_C, PA_PER_HPA, SEA_LEVEL_HPA, FloatArray

TRIPLE_POINT_C = 0.01
_DRY_AIR_J_PER_KG_K = 287.042
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
    pressure = np.atleast_1d(np.exp(ln_pressure_over_water(celsius)))
    is_frozen = np.atleast_1d(celsius <= TRIPLE_POINT_C)
    pressure[is_frozen] = np.exp(ln_pressure_over_ice(np.atleast_1d(celsius)[is_frozen]))
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
    Returns: of the shape to which the arguments broadcast; NaN where one of them is NaN.
    Source: ASHRAE equations 33 and 35, solved by bisection. If the wet bulb is within 0.7 K of freezing, both a wet
        wick and an ice bulb can be solutions; the bisection then returns one of them.
    """
    from fleet.physics.wet_bulb import wet_bulbs  # numba is slow to import, and most commands need no wet bulb

    dry, dew, pressure = np.broadcast_arrays(temperature_c, np.minimum(dew_point_c, temperature_c), pressure_hpa)
    # In (origin, lead) actual values, an hour of one origin is the next hour of the origin before it.
    repeat = dry.shape[-1] - 1 if dry.ndim else 0
    # Copies have one kind of memory, so numba compiles once.
    air = [grid.astype(np.float64).flatten() for grid in (dry, dew, pressure)]
    wet = wet_bulbs(air[0], air[1], air[2], repeat)
    return wet.reshape(dry.shape)


def ln_pressure_over_water(celsius: FloatArray) -> FloatArray:
    """Return the natural logarithm of the saturation pressure in Pa."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 1.3914993 + t * (-4.8640239e-2 + t * (4.1764768e-5 - 1.4452093e-8 * t))
    return -5.8002206e3 / t + polynomial + 6.5459673 * np.log(t)


def ln_pressure_over_ice(celsius: FloatArray) -> FloatArray:
    """Return the natural logarithm of the saturation pressure in Pa."""
    t = celsius + KELVIN_AT_0_C
    polynomial = 6.3925247 + t * (-9.677843e-3 + t * (6.2215701e-7 + t * (2.0747825e-9 - 9.484024e-13 * t)))
    return -5.6745359e3 / t + polynomial + 4.1635019 * np.log(t)
