"""Conversion factors and constants, and the rule that compares a load with a limit.

A value in B times `A_PER_B` is the value in A.
"""

from typing import overload

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Largest rounding error of a sum of loads. It is one milliwatt, which is no load.
ROUNDING_MW = 1e-9

# Standard deviation of a normal distribution over its median absolute deviation.
SIGMA_PER_MAD = 1.4826

HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8_760

KELVIN_AT_0_C = 273.15
SEA_LEVEL_HPA = 1_013.25  # of the standard atmosphere
PA_PER_HPA = 100.0
KW_PER_MW = 1_000.0
KWH_PER_MWH = 1_000.0
WH_PER_MWH = 1e6
SECONDS_PER_HOUR = 3_600.0
SECONDS_PER_MINUTE = 60.0
MJ_PER_KJ = 1e-3
TONNES_PER_KG = 1e-3
M3_PER_LITRE = 1e-3


@overload
def exceeds(load_mw: float, limit_mw: float) -> bool: ...
@overload
def exceeds(load_mw: FloatArray, limit_mw: FloatArray | float) -> NDArray[np.bool_]: ...
def exceeds(load_mw: FloatArray | float, limit_mw: FloatArray | float) -> NDArray[np.bool_] | bool:
    """Return whether a load exceeds a limit. The whole package uses this one rule for "fits" and "breaches".

    A load fits a limit if it does not exceed the limit. A region breaches a limit if its load exceeds the limit. A load
    above the limit by no more than a rounding error fits.

    Args:
        load_mw, limit_mw: [MW], numbers or arrays of shapes that broadcast; -inf as a limit allows no load.
    Returns: a truth value, or an array of truth values of the broadcast shape.
    Assumes: neither value is NaN, because a comparison with NaN is false and would read as "fits".
    """
    return load_mw > limit_mw + ROUNDING_MW
