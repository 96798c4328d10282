"""The outdoor throttle: above a dry-bulb temperature the site admits no load."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.physics.limits.base import NEAR_LIMIT_K, EnvelopeLimit
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray


def _safe_load_mw(region: Region, weather: PlantWeather, _grid_limit_mw: FloatArray | float) -> FloatArray:
    is_hot = False if region.outdoor_limit_c is None else weather.temperature_c > region.outdoor_limit_c
    return np.where(is_hot, 0.0, np.inf)


def _is_near(region: Region, weather: PlantWeather, load_mw: FloatArray) -> NDArray[np.bool_]:
    if region.outdoor_limit_c is None:
        return np.zeros(np.shape(load_mw), dtype=np.bool_)
    return np.asarray(weather.temperature_c >= region.outdoor_limit_c - NEAR_LIMIT_K)


def _threshold_c(region: Region) -> float | None:
    return region.outdoor_limit_c


OUTDOOR = EnvelopeLimit(
    label="outdoor",
    words="the outdoor throttle",
    title="outdoor throttle",
    colour="#d55e00",
    hatch="x",
    safe_load_mw=_safe_load_mw,
    is_near=_is_near,
    outdoor_threshold_c=_threshold_c,
)
