"""The IT power that is installed."""

from fleet.domain.region import Region
from fleet.physics.limits.base import EnvelopeLimit
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray


def _safe_load_mw(region: Region, _weather: PlantWeather, _grid_limit_mw: FloatArray | float) -> float:
    return region.it_capacity_mw


IT_POWER = EnvelopeLimit(
    label="it",
    words="the installed IT power",
    title="installed IT power",
    colour="#3b5ba5",
    hatch="",
    safe_load_mw=_safe_load_mw,
)
