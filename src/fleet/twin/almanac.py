"""The sun and the calendar at a place. Clocks are mean solar: 12 is when the sun stands highest, all year."""

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
_AVERAGING = 0.75 * np.eye(_MONTHS) + 0.125 * (
    np.roll(np.eye(_MONTHS), 1, axis=0) + np.roll(np.eye(_MONTHS), -1, axis=0)
)
_NODES = np.linalg.inv(_AVERAGING)


def solar_hour(time_utc: HourArray, longitude_deg: float) -> FloatArray:
    """(hour,) local mean solar time in the middle of each hour, in [0, 24).

    Stands in for the local clock too: it is within an hour of standard time, and needs no table of time zones.
    """
    utc = clock.hour_of_day(time_utc).astype(np.float64) + 0.5
    return (utc + longitude_deg / _DEGREES_PER_HOUR) % HOURS_PER_DAY


def local_hours(time_utc: HourArray, longitude_deg: float) -> HourArray:
    """(hour,) the hours as the nearest whole-hour solar clock shows them, for weekdays and hours of the day."""
    return time_utc + np.timedelta64(round(longitude_deg / _DEGREES_PER_HOUR), "h")


def sun_height(time_utc: HourArray, latitude_deg: float, longitude_deg: float) -> FloatArray:
    """(hour,) sine of the sun's elevation, 0 at night."""
    latitude, declination = np.radians(latitude_deg), _declination_rad(time_utc)
    angle = np.radians(_DEGREES_PER_HOUR * (solar_hour(time_utc, longitude_deg) - 12))
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    height: FloatArray = np.maximum(sine, 0)
    return height


@dataclass(frozen=True, kw_only=True)
class Year:
    """Where each hour lies between the middles of two months. Arrays (hour,): both months, and the way to the later."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    way: FloatArray

    @classmethod
    def of(cls, time_utc: HourArray) -> Self:
        """The year's course through these hours."""
        first_day = time_utc.astype("datetime64[M]")
        start, end = first_day.astype("datetime64[h]"), (first_day + 1).astype("datetime64[h]")
        within = (time_utc - start).astype(np.float64) / (end - start).astype(np.float64)
        position = clock.month_index(time_utc) % _MONTHS + within - 0.5
        before = np.floor(position).astype(np.int64)
        return cls(before=before % _MONTHS, after=(before + 1) % _MONTHS, way=position - before)

    def along(self, tables: Sequence[Sequence[float]]) -> FloatArray:
        """(table, hour) twelve monthly means as a smooth year, whose own monthly means they are.

        A line between mid-months averages to 1/8, 6/8, 1/8 of three neighbours, so the nodes solve that circular
        system. Each table is treated alone, so that the others change no bit of it.
        """
        nodes = np.stack([(_NODES * np.asarray(table)).sum(axis=1) for table in tables])
        smooth: FloatArray = nodes[:, self.before] * (1 - self.way)
        smooth += nodes[:, self.after] * self.way
        return smooth


def _declination_rad(time_utc: HourArray) -> FloatArray:
    phase = 2 * np.pi * (clock.year_fraction(time_utc) - _SOLSTICE_YEAR_FRACTION)
    declination: FloatArray = np.radians(_AXIAL_TILT_DEG) * np.cos(phase)
    return declination
