"""Names the weather bound that lies beyond the table from which safe loads are read."""

from typing import NamedTuple

import numpy as np

from fleet.decisions.window_headroom import Window
from fleet.physics.limits import GRID
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C

# Units of the two bounds. The unit of a binding shows which of the two bounds it holds.
TEMPERATURE_UNIT, DEW_POINT_UNIT = "degC", "degC dew point"
_EDGES = ((TEMPERATURE_UNIT, float(TEMPERATURES_C[-1])), (DEW_POINT_UNIT, float(DEW_POINTS_C[-1])))


class BeyondTable(NamedTuple):
    """A weather bound, the highest value of the table, and the unit of both."""

    bound: float
    edge: float
    unit: str


def beyond_table(window: Window, hour: int) -> BeyondTable | None:
    """Return the weather bound of an hour that lies beyond the table; None if none does or none is known.

    The bound at the level of the window comes first, then the bound at the level of the grid limit.
    """
    for level in (window.weather_level, max(window.weather_level, GRID.least_level)):
        for quantity, (unit, edge) in enumerate(_EDGES):
            bound = float(window.forecast_c[quantity, hour] + level * window.margin_k[quantity, hour])
            if np.isfinite(bound) and bound > edge:
                return BeyondTable(bound, edge, unit)
    return None
