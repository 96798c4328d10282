"""Quantiles around a forecast, from one-sided margins, and the calibration of these quantiles (PIT)."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from fleet.conformal.margins import MarginTarget
from fleet.domain.clock import HourArray
from fleet.evaluation.intervals import Rate, rate
from fleet.units import FloatArray

# Nine quantiles make ten bins.
LEVELS = tuple(Fraction(tenth, 10) for tenth in range(1, 10))


def quantile_targets() -> dict[str, MarginTarget]:
    """Return one margin target per quantile. The actual value is below the quantile with the probability of LEVELS."""
    return {f"quantile {level}": MarginTarget(side="above", miscoverage=1 - level) for level in LEVELS}


def quantile_margins(margin: Mapping[str, FloatArray]) -> FloatArray:
    """Return the margins of the quantiles, (level, origin, region, lead).

    Args:
        margin: name of a target -> margins, including the targets of `quantile_targets`.
    """
    return np.stack([margin[name][:, 0] for name in quantile_targets()])


def pit(actual: FloatArray, quantiles: FloatArray, origin_utc: HourArray) -> tuple[Rate, ...]:
    """Return the share of actual values in each bin between the quantiles, lowest bin first.

    Equal shares show that the quantiles are calibrated. Hours without an actual value, or with a quantile that is not
    finite, are left out.

    Args:
        actual: (origin, lead), NaN where missing.
        quantiles: (level, origin, lead), with levels evenly spaced in (0, 1).
        origin_utc: (origin,) hours.
    """
    quantiles_below = np.count_nonzero(actual > quantiles, axis=0)
    is_known = np.isfinite(actual) & np.isfinite(quantiles).all(axis=0)
    day = np.repeat(origin_utc.astype("datetime64[D]").astype(np.int64), actual.shape[1])
    bins = range(len(quantiles) + 1)
    return tuple(rate(np.where(is_known, quantiles_below == number, np.nan).ravel(), day) for number in bins)
