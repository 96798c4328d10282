"""The inlet breaker: the air that enters the servers must not be warmer than the derated inlet limit."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.cooling import inlet_temperature_c, load_at_inlet_mw
from fleet.physics.limits.base import NEAR_LIMIT_K, EnvelopeLimit
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray


def _safe_load_mw(region: Region, weather: PlantWeather, _grid_limit_mw: FloatArray | float) -> FloatArray:
    return load_at_inlet_mw(weather.state, inlet_limit_c(region))


def _is_near(region: Region, weather: PlantWeather, load_mw: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(inlet_temperature_c(weather.state, load_mw) >= inlet_limit_c(region) - NEAR_LIMIT_K)


INLET = EnvelopeLimit(
    label="inlet",
    words="the inlet breaker",
    title="inlet breaker",
    colour="#cc79a7",
    hatch="-",
    dark_text=True,
    safe_load_mw=_safe_load_mw,
    is_near=_is_near,
)
