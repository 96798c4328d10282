"""Sun and calendar at a place. In the twin, local clocks show mean solar time: 12 h is noon, all year."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

_AXIAL_TILT_DEG = 23.44
_SOLSTICE_YEAR_FRACTION = 172.5 / 365.25
_DEGREES_PER_HOUR = 15.0
_MONTHS = 12
# If values run linearly between the middles of months, a monthly mean is 1/8, 6/8 and 1/8 of three neighbouring nodes.
# The inverse matrix gives the nodes for given monthly means.
_AVERAGING = 0.75 * np.eye(_MONTHS) + 0.125 * (
    np.roll(np.eye(_MONTHS), 1, axis=0) + np.roll(np.eye(_MONTHS), -1, axis=0)
)
_NODES = np.linalg.inv(_AVERAGING)


def solar_hour(time_utc: HourArray, longitude_deg: float) -> FloatArray:
    """Return the local mean solar time in the middle of each hour, (hour,) in [0, 24).

    The twin also uses solar time as the local clock. It is close to standard time and needs no table of time zones.
    """
    utc = clock.hour_of_day(time_utc).astype(np.float64) + 0.5
    return (utc + longitude_deg / _DEGREES_PER_HOUR) % HOURS_PER_DAY


def local_hours(time_utc: HourArray, longitude_deg: float) -> HourArray:
    """Return the hours in local time, (hour,): shifted by the solar offset, rounded to whole hours.

    Callers read weekdays and hours of the day from the result.
    """
    return time_utc + np.timedelta64(round(longitude_deg / _DEGREES_PER_HOUR), "h")


def sun_height(time_utc: HourArray, latitude_deg: float, longitude_deg: float) -> FloatArray:
    """Return the sine of the sun's elevation, (hour,); 0 at night."""
    latitude, declination = np.radians(latitude_deg), _declination_rad(time_utc)
    angle = np.radians(_DEGREES_PER_HOUR * (solar_hour(time_utc, longitude_deg) - 12))
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    height: FloatArray = np.maximum(sine, 0)
    return height


@dataclass(frozen=True, kw_only=True)
class Year:
    """The position of each hour between the middles of two months. Arrays are (hour,).

    earlier_month, later_month: months, 0 is January.
    later_weight: weight of the later month, in [0, 1); the earlier month has the rest.
    """

    earlier_month: NDArray[np.int64]
    later_month: NDArray[np.int64]
    later_weight: FloatArray

    @classmethod
    def of(cls, time_utc: HourArray) -> Self:
        """Locate the hours, (hour,), in the year."""
        first_day = time_utc.astype("datetime64[M]")
        start, end = first_day.astype("datetime64[h]"), (first_day + 1).astype("datetime64[h]")
        within = (time_utc - start).astype(np.float64) / (end - start).astype(np.float64)
        position = clock.month_index(time_utc) % _MONTHS + within - 0.5
        earlier = np.floor(position).astype(np.int64)
        return cls(
            earlier_month=earlier % _MONTHS, later_month=(earlier + 1) % _MONTHS, later_weight=position - earlier
        )

    def interpolate(self, tables: Sequence[Sequence[float]]) -> FloatArray:
        """Interpolate tables of twelve monthly means to hours, (table, hour), and keep the monthly means.

        The values run linearly between mid-months. Each table is solved separately, so that a result does not depend
        on the other tables, not even in the last bit.
        """
        nodes = np.stack([(_NODES * np.asarray(table)).sum(axis=1) for table in tables])
        smooth: FloatArray = nodes[:, self.earlier_month] * (1 - self.later_weight)
        smooth += nodes[:, self.later_month] * self.later_weight
        return smooth


def _declination_rad(time_utc: HourArray) -> FloatArray:
    phase = 2 * np.pi * (clock.year_fraction(time_utc) - _SOLSTICE_YEAR_FRACTION)
    declination: FloatArray = np.radians(_AXIAL_TILT_DEG) * np.cos(phase)
    return declination
