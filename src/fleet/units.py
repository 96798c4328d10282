"""The only home of conversion factors. Multiply by a factor to go from the first unit to the second."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Sums of floats leave dust: a milliwatt is no load.
DUST_MW = 1e-9

# The standard deviation of a normal distribution over the median of its absolute deviations.
SIGMA_PER_MAD = 1.4826

HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8_760

KELVIN_AT_0_C = 273.15
SEA_LEVEL_HPA = 1_013.25  # of the standard atmosphere
PA_PER_HPA = 100.0
KW_PER_MW = 1_000.0
KWH_PER_MWH = 1_000.0
SECONDS_PER_HOUR = 3_600.0
SECONDS_PER_MINUTE = 60.0
MJ_PER_KJ = 1e-3
TONNES_PER_KG = 1e-3
M3_PER_LITRE = 1e-3
