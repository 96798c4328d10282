"""The heat that the plant can carry away in the weather of the hour."""

from fleet.domain.region import Region
from fleet.physics.limits.base import EnvelopeLimit
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray


def _safe_load_mw(_region: Region, weather: PlantWeather, _grid_limit_mw: FloatArray | float) -> FloatArray:
    return weather.state.capacity_mw


COOLING = EnvelopeLimit(
    label="cooling",
    words="the cooling capacity",
    title="cooling capacity",
    colour="#56b4e9",
    hatch="/",
    dark_text=True,
    safe_load_mw=_safe_load_mw,
)
