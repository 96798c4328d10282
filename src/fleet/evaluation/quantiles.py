"""Quantiles of a forecast from one-sided margins, to see where the actual values fall among them (PIT)."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from fleet.conformal.margins import Promise
from fleet.units import FloatArray

# Nine quantiles make ten bins.
LEVELS = tuple(Fraction(tenth, 10) for tenth in range(1, 10))


def quantile_promises() -> dict[str, Promise]:
    """One promise per level: the actual value lies below the quantile with that probability."""
    return {f"quantile {level}": Promise(side="above", miscoverage=1 - level) for level in LEVELS}


def quantile_margins(margin: Mapping[str, FloatArray]) -> FloatArray:
    """(level, origin, region, lead) margins, picked out of margins that include those of `quantile_promises`."""
    return np.stack([margin[name][:, 0] for name in quantile_promises()])
