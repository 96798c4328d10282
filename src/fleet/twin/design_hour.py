"""The hot hour that a plant is designed for, as the twin's weather has it."""

import numpy as np

from fleet.domain.clock import parse_hour
from fleet.domain.region import Region
from fleet.twin.blend import table_of
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import make_weather
from fleet.units import HOURS_PER_YEAR

_EXCEEDED_SHARE = 0.004
_YEARS = 10
_WITHIN_K = 0.5
_SEED = 7


def design_hour(region: Region) -> tuple[float, float]:
    """Dry-bulb that 0.4 % of all hours exceed (35 h a year), and the mean dew point of hours within 0.5 K of it, °C.

    Of ten years of the twin, always the same.

    Raises: ConfigError if the region names no climate, or one that is not known.
    Source: ASHRAE Handbook of Fundamentals, chapter 14: annual 0.4 % dry-bulb with mean coincident humidity.
    """
    climate = table_of(CLIMATES, region.twin.climate, region=region.id, key="climate")
    time_utc = parse_hour("2020-01-01") + np.arange(_YEARS * HOURS_PER_YEAR) * np.timedelta64(1, "h")
    weather = make_weather([region], [climate], time_utc, _SEED)
    hot_c = float(np.quantile(weather.temperature_c, 1 - _EXCEEDED_SHARE))
    alike = np.abs(weather.temperature_c - hot_c) <= _WITHIN_K
    return hot_c, float(weather.dew_point_c[alike].mean())
