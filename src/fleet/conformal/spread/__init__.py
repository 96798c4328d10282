"""How widely a forecast misses, learnt from what is known at its origin.

The spread on a side is a slow mean of absolute errors, times the exponential of a linear model of: how large errors
have lately been, how large on either side at the target's hour of day, how high the forecast stands among its own past,
and how far it departs from yesterday and from the next hour. It speaks for all leads of a region alike. There are no
terms of the season: they would need years of history, and what they bring the others bring as well.
"""

from fleet.conformal.spread.learnt_spread import Block, Spread, advance

__all__ = ["Block", "Spread", "advance"]
