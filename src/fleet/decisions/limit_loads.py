"""Every limit of an envelope by itself, at the conservatism at which a ladder takes the least of them."""

from collections.abc import Mapping

import numpy as np

from fleet.domain.conditions import Limit
from fleet.domain.region import Region
from fleet.physics.headroom import PlantWeather, safe_loads_mw
from fleet.preparation.headroom_levels import DEW_POINT, GRID_LEVEL, TEMPERATURE
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, at_or_above
from fleet.units import FloatArray


def limits_mw(
    region: Region,
    forecast: Mapping[str, FloatArray],
    margin: Mapping[str, FloatArray],
    level: FloatArray,
    grid_limit_mw: FloatArray,
) -> FloatArray:
    """(limit, hour) the largest total IT load under each Limit; inf where a limit allows any, NaN where no bound is.

    Args:
        forecast, margin: variable -> (hour,), of temperature, dew point and load.
        level: (hour,) margins above the forecast.
        grid_limit_mw: (hour,) sure grid power.
    """
    known = np.isfinite(sum(margin.values()))
    # Of margins below zero more would promise more.
    finite = {name: np.where(known, np.maximum(values, 0.0), 0.0) for name, values in margin.items()}

    def at(level: FloatArray) -> FloatArray:
        temperature, dew_point = (
            at_or_above(forecast[name] + level * finite[name], grid)
            for name, grid in ((TEMPERATURE, TEMPERATURES_C), (DEW_POINT, DEW_POINTS_C))
        )
        return safe_loads_mw(region, PlantWeather.at(region, temperature, dew_point), grid_limit_mw)

    loads = at(level)
    loads[Limit.GRID] = at(np.maximum(level, GRID_LEVEL))[Limit.GRID]
    return np.where(known & (loads[Limit.UNKNOWN] > 0), loads, np.nan)
