"""Computes the safe load under each single limit, at the level at which decisions use the limit."""

from collections.abc import Mapping

import numpy as np

from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.region import Region
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.grid_beyond_table import grid_load_beyond_table_mw
from fleet.preparation.stated_hours import DEW_POINT, TEMPERATURE
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, at_or_above
from fleet.units import FloatArray


def limits_mw(
    region: Region,
    forecast: Mapping[str, FloatArray],
    margin: Mapping[str, FloatArray],
    level: FloatArray,
    grid_limit_mw: FloatArray,
) -> FloatArray:
    """Compute the largest total IT load under each limit. The grid limit uses the weather at `GRID.least_level`.

    Args:
        forecast, margin: variable -> (hour,) values, for temperature, dew point and load.
        level: (hour,) margins of the weather above its forecast.
        grid_limit_mw: (hour,) sure grid power.
    Returns: (limit, hour) in the order of LIMITS; infinite where a limit allows any load, NaN where there is no bound.
    """
    is_known = np.isfinite(sum(margin.values()))
    # With a negative margin, a higher level would give more headroom.
    positive = {name: np.where(is_known, np.maximum(values, 0.0), 0.0) for name, values in margin.items()}

    def loads_at(level: FloatArray) -> FloatArray:
        temperature_c, dew_point_c = (
            at_or_above(forecast[name] + level * positive[name], grid)
            for name, grid in ((TEMPERATURE, TEMPERATURES_C), (DEW_POINT, DEW_POINTS_C))
        )
        return safe_loads_mw(region, PlantWeather.at(region, temperature_c, dew_point_c), grid_limit_mw)

    grid, loads = code_of(GRID), loads_at(level)
    at_grid_level = loads_at(np.full_like(level, GRID.least_level))
    loads[grid] = at_grid_level[grid]
    is_beyond = at_grid_level[UNKNOWN_CODE] == 0
    loads[grid, is_beyond] = grid_load_beyond_table_mw(region, grid_limit_mw[is_beyond])
    return np.where(is_known & (loads[UNKNOWN_CODE] > 0), loads, np.nan)
