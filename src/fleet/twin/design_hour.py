"""The weather of the hour that a plant is designed for, from the twin's weather."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import parse_hour
from fleet.domain.region import ChillerPlant, EvaporativePlant, Plant, Region
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.twin.blended_climate import table_of
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import make_weather
from fleet.units import HOURS_PER_YEAR

_EXCEEDED_SHARE = 0.004
_YEARS = 10
_WITHIN_K = 0.5
_SEED = 7
# The twin draws weather by region id. With this fixed id, the design hour of a site does not depend on its region id.
_SITE = "design"


@dataclass(frozen=True, kw_only=True)
class DesignHour:
    """Weather of the design hour.

    hot_by: the quantity that makes the hour hard for the plant, "wet bulb" or "dry bulb".
    """

    temperature_c: float
    dew_point_c: float
    hot_by: str


def design_hour(region: Region) -> DesignHour:
    """Return the design weather of a region, from ten years of the twin. The result is always the same.

    The design heat is the wet bulb for a plant that evaporates water, else the dry bulb. It is exceeded in 0.4 % of
    all hours (35 a year). The dew point, and for a wet bulb also the temperature, is the mean of the hours within
    0.5 K of the design heat.

    Raises: ConfigError if the region names no climate, or an unknown one.
    Source: ASHRAE Handbook of Fundamentals, chapter 14: annual 0.4 % wet bulb with mean coincident dry bulb, annual
        0.4 % dry bulb with mean coincident humidity.
    Assumes: the standard pressure of the altitude.
    """
    climate = table_of(CLIMATES, region.twin.climate, region=region.id, key="climate")
    time_utc = parse_hour("2020-01-01") + np.arange(_YEARS * HOURS_PER_YEAR) * np.timedelta64(1, "h")
    weather = make_weather([region.model_copy(update={"id": _SITE})], [climate], time_utc, _SEED)
    dry, dew = weather.temperature_c[0], weather.dew_point_c[0]
    by_wet_bulb = _evaporates(region.plant)
    heat = wet_bulb_c(dry, dew, pressure_hpa(region.altitude_m)) if by_wet_bulb else dry
    design_heat = float(np.quantile(heat, 1 - _EXCEEDED_SHARE))
    is_near = np.abs(heat - design_heat) <= _WITHIN_K
    return DesignHour(
        temperature_c=float(dry[is_near].mean()) if by_wet_bulb else design_heat,
        dew_point_c=float(dew[is_near].mean()),
        hot_by="wet bulb" if by_wet_bulb else "dry bulb",
    )


def _evaporates(plant: Plant) -> bool:
    return isinstance(plant, EvaporativePlant) or (isinstance(plant, ChillerPlant) and plant.condenser == "tower")
