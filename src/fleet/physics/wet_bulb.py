"""The wet-bulb temperature of moist air, by bisection. Source: ASHRAE Fundamentals 2017, equations 33 and 35."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from fleet.compiled import compiled
from fleet.physics.psychrometrics import TRIPLE_POINT_C, ln_pressure_over_ice, ln_pressure_over_water
from fleet.units import KELVIN_AT_0_C, PA_PER_HPA, FloatArray

_WATER_TO_AIR_MOLAR_MASS = 0.621945
_LEAST_HUMIDITY_RATIO = 1e-7  # drier air counts as this dry, because the vapour formulas do not hold for it
_BISECTIONS = 16  # halvings of 65 K of wet-bulb depression down to 0.001 K
_TINY = float(np.finfo(np.float64).tiny)
# The formulas of arrays, compiled for one number.
_ln_over_water: Callable[[float], float] = compiled(cast(Any, ln_pressure_over_water))
_ln_over_ice: Callable[[float], float] = compiled(cast(Any, ln_pressure_over_ice))


@compiled
def wet_bulbs(dry: FloatArray, dew: FloatArray, pressure_hpa: FloatArray) -> FloatArray:
    """Return the wet-bulb temperature [degC] at each place of arrays of one dimension. See `wet_bulb_c`."""
    wet = np.full(len(dry), np.nan)
    for place in range(len(dry)):
        ratio = _humidity_ratio(dew[place], pressure_hpa[place])
        if np.isnan(ratio):
            continue
        target = max(ratio, _LEAST_HUMIDITY_RATIO)
        low, high = dew[place], dry[place]
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if _humidity_ratio_at_wet_bulb(dry[place], middle, pressure_hpa[place]) > target:
                high = middle
            else:
                low = middle
        # Linear interpolation in the last interval. Without it, the result would change in steps of 0.001 K.
        ratio_low = _humidity_ratio_at_wet_bulb(dry[place], low, pressure_hpa[place])
        ratio_high = _humidity_ratio_at_wet_bulb(dry[place], high, pressure_hpa[place])
        share = (target - ratio_low) / max(ratio_high - ratio_low, _TINY)
        wet[place] = low + (high - low) * min(max(share, 0.0), 1.0)
    return wet


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
