"""The weather at a region, and what the region's plant can do in it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.units import FloatArray

# A bound from few or large errors may be very wide, and the formulas of moist air hold only between these temperatures.
# Above the hottest, the plant's state is unknown. Air below the coldest counts as the coldest, because both are dry and
# need the same little cooling.
_HOTTEST_C, _COLDEST_C = 75.0, -100.0


@dataclass(frozen=True, kw_only=True)
class PlantWeather:
    """Outdoor temperature at a region, and the state of its plant. Arrays of one shape.

    The state is unknown (NaN) where temperature or dew point is NaN or infinite, or the temperature is above 75 degC.
    """

    temperature_c: FloatArray
    state: PlantState

    @classmethod
    def at(cls, region: Region, temperature_c: FloatArray, dew_point_c: FloatArray) -> Self:
        """Compute the plant's state at the standard pressure of the region's altitude.

        The program does not forecast pressure, so changes of the pressure are left out.

        Args:
            temperature_c, dew_point_c: outdoors, arrays of one shape.
        Raises: DataError if the shapes differ.
        """
        if np.shape(temperature_c) != np.shape(dew_point_c):
            shapes = f"{np.shape(temperature_c)} and {np.shape(dew_point_c)}"
            raise DataError(f"temperature and dew point have shapes {shapes}, expected one shape")
        is_known = np.isfinite(temperature_c) & np.isfinite(dew_point_c) & (np.asarray(temperature_c) <= _HOTTEST_C)
        dry_bulb_c, dew_c = (
            np.where(is_known, np.maximum(values, _COLDEST_C), np.nan) for values in (temperature_c, dew_point_c)
        )
        pressure = pressure_hpa(region.altitude_m)
        state = plant_state(region, dry_bulb_c, wet_bulb_c(dry_bulb_c, dew_c, pressure), pressure)
        return cls(temperature_c=temperature_c, state=state)
