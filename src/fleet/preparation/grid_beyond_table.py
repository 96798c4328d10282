"""The safe load under the grid limit where the weather bound is beyond the table of weather."""

import numpy as np

from fleet.domain.region import Region
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C


def grid_load_beyond_table_mw(region: Region, grid_limit_mw: float) -> float:
    """Compute the safe load under the grid limit for weather beyond the table.

    A grid that carries the installed IT power in the hottest, most humid weather of the table cannot bind in any
    weather of the table, as no safe load rises with heat or humidity. Its load in that weather counts beyond the table.

    Returns: that load [MW]; NaN where the grid can bind in the table, as then no bound is known beyond it.
    """
    hottest = PlantWeather.at(region, TEMPERATURES_C[-1:], DEW_POINTS_C[-1:])
    load_mw = float(safe_loads_mw(region, hottest, grid_limit_mw)[code_of(GRID), 0])
    return load_mw if load_mw >= region.it_capacity_mw else np.nan
