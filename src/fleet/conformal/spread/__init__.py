"""The spread of a forecast: the usual size of its residuals on each side, learnt from what is known at its origin.

The spread on a side is a slow mean of absolute residuals times a factor between 1/8 and 8. A linear model gives the
logarithm of the factor. The features of the model are:

* the size of recent residuals;
* the size of past residuals on each side at the target's hour of day;
* the position of the forecast among past forecasts, and the square of the position;
* the difference of the forecast from the latest known value at its hour of day, and from the forecast of the next hour.

One model serves all leads of a region. The model has no seasonal features: they would need years of history and would
not improve the spread.
"""

from fleet.conformal.spread.learnt_spread import Block, Spread, advance

__all__ = ["Block", "Spread", "advance"]
