"""The safe load under the grid limit where the weather bound is beyond the table of safe loads."""

import numpy as np

from fleet.domain.quantities import QUANTITIES
from fleet.domain.region import Region
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray

# Telemetry refuses hotter and more humid weather, so no hour is judged in such weather.
_HOTTEST_C, _DAMPEST_C = (np.array([QUANTITIES[name].high]) for name in ("temperature_c", "dew_point_c"))


def grid_load_beyond_table_mw(region: Region, grid_limit_mw: FloatArray) -> FloatArray:
    """Compute the safe load under the grid limit for a weather bound beyond the table.

    No safe load rises with heat or humidity. So the safe load in the hottest and most humid weather that telemetry may
    hold is a bound for every hour that can be judged, however far the weather bound lies beyond the table.

    Args:
        grid_limit_mw: of any shape.
    Returns: the safe load in that weather, of the same shape.
    """
    worst = PlantWeather.at(region, _HOTTEST_C, _DAMPEST_C)
    limits, position = np.unique(grid_limit_mw, return_inverse=True)
    grid = code_of(GRID)
    loads = np.array([safe_loads_mw(region, worst, float(limit_mw))[grid, 0] for limit_mw in limits])
    return loads[position].reshape(np.shape(grid_limit_mw))
