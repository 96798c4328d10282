"""The observations that a climate is fitted to."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.twin.almanac import Year
from fleet.twin.regular import day_phase
from fleet.units import FloatArray

_FEWEST = 1_400
_NEEDED = ("temperature_c", "dew_point_c")
_QUANTITIES = (*_NEEDED, "wind_speed_m_s", "cloud_cover", "pressure_ratio")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Hourly observations at a region. Arrays are (hour,) on consecutive hours; NaN is missing.

    Wind, cloud and pressure may be missing at all hours.

    cloud_cover: share of the sky.
    pressure_ratio: pressure over its usual value at the height of the station.
    Raises: DataError if hours are not consecutive, if a shape is wrong, or if too few values are known.
    """

    region: Region
    time_utc: HourArray
    temperature_c: FloatArray
    dew_point_c: FloatArray
    wind_speed_m_s: FloatArray
    cloud_cover: FloatArray
    pressure_ratio: FloatArray

    def __post_init__(self) -> None:
        if (np.diff(self.time_utc) != np.timedelta64(1, "h")).any():
            raise DataError(f"region {self.region.id}: hours are not consecutive, expected every hour once; add nulls")
        for name in _QUANTITIES:
            values = getattr(self, name)
            if values.shape != self.time_utc.shape:
                raise DataError(
                    f"region {self.region.id}: {name} has shape {values.shape}, expected {self.time_utc.shape}"
                )
            count = int(np.isfinite(values).sum())
            if count < _FEWEST and (count or name in _NEEDED):
                raise DataError(
                    f"region {self.region.id}: {name} is known in {count} h, expected at least {_FEWEST}, which is a "
                    "year of observations every six hours; give a longer record"
                )

    def knows(self, name: str) -> bool:
        """Return whether the quantity was observed in any hour."""
        return bool(np.isfinite(getattr(self, name)).any())

    @property
    def year(self) -> Year:
        """The position of the hours in the year."""
        return Year.of(self.time_utc)

    @property
    def months(self) -> FloatArray:
        """Weight of each month's mean in the value of an hour, (month, hour)."""
        return self.year.interpolate(np.eye(12).tolist())

    @property
    def phase(self) -> FloatArray:
        """Angle of the local solar day, (hour,)."""
        phase: FloatArray = day_phase([self.region], self.time_utc)[0]
        return phase
