"""The contract of a limit of the safe operating envelope."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.limit import Limit
from fleet.domain.region import Region
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray

# A forecast within this distance of a temperature limit is near the limit. A job in such an hour is contested.
NEAR_LIMIT_K = 3.0

SafeLoad = Callable[[Region, PlantWeather, FloatArray | float], FloatArray | float]
IsNear = Callable[[Region, PlantWeather, FloatArray], NDArray[np.bool_]]


@dataclass(frozen=True, kw_only=True, repr=False)
class EnvelopeLimit(Limit):
    """A limit that the weather, the load or the grid can reach.

    Args:
        safe_load_mw: (region, weather, grid_limit_mw) -> the largest total IT load that the limit allows, a number or
            an array of the weather's shape; infinite where the limit allows any load. It must never rise as weather
            gets warmer or more humid. Where the weather is missing, the value does not count, because the limit
            `unknown` allows no load there.
        is_near: (region, weather, load_mw) -> whether the temperature is at or above the limit minus NEAR_LIMIT_K; None
            for a limit that is not a temperature.
        outdoor_threshold_c: region -> the outdoor temperature above which the limit stops all load, or None if the
            region has no such temperature. The attribute itself is None for a limit that is no outdoor temperature.
        least_level: lowest level [margins] at which decisions compute the safe load of this limit.
    """

    safe_load_mw: SafeLoad
    is_near: IsNear | None = None
    outdoor_threshold_c: Callable[[Region], float | None] | None = None
    least_level: float = 0.0
