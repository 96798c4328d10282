"""The wet-bulb temperature of moist air. Source: ASHRAE Fundamentals 2017, equations 33 and 35.

The solution is that of a bisection. An estimate tells where the bisection ends, and is checked there, which takes about
half the time. If the check fails, the bisection is made.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from fleet.compiled import compiled
from fleet.physics.psychrometrics import TRIPLE_POINT_C, ln_pressure_over_ice, ln_pressure_over_water
from fleet.units import KELVIN_AT_0_C, PA_PER_HPA, FloatArray

_WATER_TO_AIR_MOLAR_MASS = 0.621945
_LEAST_HUMIDITY_RATIO = 1e-7  # drier air counts as this dry, because the vapour formulas do not hold for it
_BISECTIONS = 16  # halvings of 65 K of wet-bulb depression down to 0.001 K
# The secant method begins at this share of the way from the dew point to the temperature, with this share as its first
# step. Its error falls with the power 1.6, so after a step of _LAST_STEP_K it is below a millionth of a kelvin.
_FIRST_SHARE, _FIRST_STEP, _MOST_SECANTS, _LAST_STEP_K = 0.3, 0.1, 6, 3e-4
# So near to freezing, both a wet wick and an ice bulb can be solutions: 0.7 K at sea level, 1.1 K in 330 hPa.
_NEAR_FREEZING_K = 2.0
_TINY = float(np.finfo(np.float64).tiny)
# The formulas of arrays, compiled for one number.
_ln_over_water: Callable[[float], float] = compiled(cast(Any, ln_pressure_over_water))
_ln_over_ice: Callable[[float], float] = compiled(cast(Any, ln_pressure_over_ice))


@compiled
def wet_bulbs(dry: FloatArray, dew: FloatArray, pressure_hpa: FloatArray, repeat: int) -> FloatArray:
    """Return the wet-bulb temperature [degC] at each place of arrays of one dimension. See `wet_bulb_c`.

    Args:
        repeat: where the air is that of `repeat` places before, the wet bulb is taken from there.
    """
    wet = np.full(len(dry), np.nan)
    for place in range(len(dry)):
        air, moist, pressure = dry[place], dew[place], pressure_hpa[place]
        earlier = max(place - repeat, 0)
        if earlier < place and air == dry[earlier] and moist == dew[earlier] and pressure == pressure_hpa[earlier]:
            wet[place] = wet[earlier]
            continue
        ratio = _humidity_ratio(moist, pressure)
        if np.isnan(ratio):
            continue
        target = max(ratio, _LEAST_HUMIDITY_RATIO)
        estimate = _estimate(air, moist, pressure, target)
        low, high = moist, air
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (low, middle) if middle > estimate else (middle, high)
        ratio_low = _humidity_ratio_at_wet_bulb(air, low, pressure)
        ratio_high = _humidity_ratio_at_wet_bulb(air, high, pressure)
        # The moisture rises with the wet bulb, except at freezing. So if the solution is between the ends, a bisection
        # ends here, too.
        is_between = (ratio_low <= target or low == moist) and (ratio_high > target or high == air)
        if not is_between or abs(estimate) < _NEAR_FREEZING_K:
            low, high = moist, air
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2
                is_above = _humidity_ratio_at_wet_bulb(air, middle, pressure) > target
                low, high = (low, middle) if is_above else (middle, high)
            ratio_low = _humidity_ratio_at_wet_bulb(air, low, pressure)
            ratio_high = _humidity_ratio_at_wet_bulb(air, high, pressure)
        # Linear interpolation in the last interval. Without it, the result would change in steps of 0.001 K.
        share = (target - ratio_low) / max(ratio_high - ratio_low, _TINY)
        wet[place] = low + (high - low) * min(max(share, 0.0), 1.0)
    return wet


@compiled
def _estimate(dry: float, dew: float, pressure_hpa: float, target: float) -> float:
    """Return the wet bulb of air with the moisture `target`, from some steps of the secant method; it may be wrong."""
    before = dew + _FIRST_SHARE * (dry - dew)
    excess_before = _humidity_ratio_at_wet_bulb(dry, before, pressure_hpa) - target
    wet = before + np.copysign(_FIRST_STEP * (dry - dew), -excess_before)
    for _ in range(_MOST_SECANTS):
        excess = _humidity_ratio_at_wet_bulb(dry, wet, pressure_hpa) - target
        if excess == excess_before:
            break
        step = excess * (wet - before) / (excess - excess_before)
        before, excess_before = wet, excess
        wet = min(max(wet - step, dew), dry)
        if abs(wet - before) < _LAST_STEP_K:
            break
    return float(wet)


@compiled
def _humidity_ratio(celsius: float, pressure_hpa: float) -> float:
    """Return the mass of water per mass of dry air in saturated air; NaN where air cannot be."""
    if not celsius > -KELVIN_AT_0_C:
        return np.nan
    logarithm = _ln_over_ice(celsius) if celsius <= TRIPLE_POINT_C else _ln_over_water(celsius)
    vapour_hpa = np.exp(logarithm) / PA_PER_HPA
    if vapour_hpa == pressure_hpa:
        return np.nan
    return float(_WATER_TO_AIR_MOLAR_MASS * vapour_hpa / (pressure_hpa - vapour_hpa))


@compiled
def _humidity_ratio_at_wet_bulb(dry: float, wet: float, pressure_hpa: float) -> float:
    """Return the mass of water per mass of dry air in air with this wet-bulb temperature."""
    saturated = _humidity_ratio(wet, pressure_hpa)
    if wet >= 0:
        return ((2_501 - 2.326 * wet) * saturated - 1.006 * (dry - wet)) / (2_501 + 1.86 * dry - 4.186 * wet)
    return ((2_830 - 0.24 * wet) * saturated - 1.006 * (dry - wet)) / (2_830 + 1.86 * dry - 2.1 * wet)
