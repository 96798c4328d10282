"""The power that the grid gives to the facility."""

from fleet.domain.region import Region
from fleet.physics.limits.base import EnvelopeLimit
from fleet.physics.plant_weather import PlantWeather
from fleet.physics.power import load_at_facility_power_mw
from fleet.units import FloatArray


def _safe_load_mw(_region: Region, weather: PlantWeather, grid_limit_mw: FloatArray | float) -> FloatArray:
    return load_at_facility_power_mw(weather.state, grid_limit_mw)


GRID = EnvelopeLimit(
    label="grid",
    words="the grid limit",
    title="grid limit",
    colour="#e69f00",
    hatch="\\",
    dark_text=True,
    safe_load_mw=_safe_load_mw,
    # At 95 % confidence, a bound may be exceeded in one hour of twenty. That is too often for a contract with the
    # utility.
    least_level=2.5,
)
