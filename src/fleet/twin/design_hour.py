"""The hour that a plant is designed for, as the twin's weather has it."""

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
_SITE = "design"  # weather is drawn by the region's id, and the same site by another name has the same design


@dataclass(frozen=True, kw_only=True)
class DesignHour:
    """hot_by: "wet bulb" or "dry bulb", whichever makes the hour hard for the plant."""

    temperature_c: float
    dew_point_c: float
    hot_by: str


def design_hour(region: Region) -> DesignHour:
    """Where the plant evaporates water, the means of hours within 0.5 K of the wet bulb that 0.4 % of all hours (35 a
    year) exceed; elsewhere the dry bulb that 0.4 % exceed, with the mean dew point of hours within 0.5 K of it.

    Of ten years of the twin, always the same.

    Raises: ConfigError if the region names no climate, or one that is not known.
    Source: ASHRAE Handbook of Fundamentals, chapter 14: annual 0.4 % wet bulb with mean coincident dry bulb, annual
        0.4 % dry bulb with mean coincident humidity.
    Assumes: the standard pressure of the altitude.
    """
    climate = table_of(CLIMATES, region.twin.climate, region=region.id, key="climate")
    time_utc = parse_hour("2020-01-01") + np.arange(_YEARS * HOURS_PER_YEAR) * np.timedelta64(1, "h")
    weather = make_weather([region.model_copy(update={"id": _SITE})], [climate], time_utc, _SEED)
    dry, dew = weather.temperature_c[0], weather.dew_point_c[0]
    wet = _evaporates(region.plant)
    heat = wet_bulb_c(dry, dew, pressure_hpa(region.altitude_m)) if wet else dry
    exceeded = float(np.quantile(heat, 1 - _EXCEEDED_SHARE))
    alike = np.abs(heat - exceeded) <= _WITHIN_K
    return DesignHour(
        temperature_c=float(dry[alike].mean()) if wet else exceeded,
        dew_point_c=float(dew[alike].mean()),
        hot_by="wet bulb" if wet else "dry bulb",
    )


def _evaporates(plant: Plant) -> bool:
    return isinstance(plant, EvaporativePlant) or (isinstance(plant, ChillerPlant) and plant.condenser == "tower")
