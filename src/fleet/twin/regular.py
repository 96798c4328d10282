"""The regular part of the weather: the mean of each month and hour of the day, smooth through the year."""

from collections.abc import Sequence

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import Year, solar_hour
from fleet.twin.climate import DAY_HARMONICS, RegularDay
from fleet.units import HOURS_PER_DAY, FloatArray

# A cosine through the middles of the months: 0 in January, 1 in July.
JULY_BY_MONTH = tuple((1 - np.cos(2 * np.pi * np.arange(12) / 12)) / 2)


def july_share(year: Year) -> FloatArray:
    """Return the weight of July, (hour,): it follows a cosine from 0 in mid-January to 1 in mid-July and back."""
    share: FloatArray = np.clip(year.interpolate([JULY_BY_MONTH])[0], 0, 1)
    return share


def day_phase(regions: Sequence[Region], time_utc: HourArray) -> FloatArray:
    """Return the angle of the local solar day, (region, hour): 0 at midnight, pi when the sun is highest."""
    hours = np.stack([solar_hour(time_utc, region.longitude_deg) for region in regions])
    return 2 * np.pi / HOURS_PER_DAY * hours


def day_basis(phase: FloatArray) -> list[FloatArray]:
    """Return ones, then cosine and sine of each harmonic, in the order of the fields of RegularDay.

    Args:
        phase: angle of the solar day, any shape; each result has this shape.
    """
    basis = [np.ones_like(phase)]
    for harmonic in range(1, DAY_HARMONICS + 1):
        basis += [np.cos(harmonic * phase), np.sin(harmonic * phase)]
    return basis


def regular_day(days: Sequence[RegularDay], year: Year, phase: FloatArray) -> FloatArray:
    """Return the mean of the month and hour of the day, (region, hour) in the unit of the tables.

    Args:
        days: one table per region.
        year: the position of the hours in the year.
        phase: (region, hour) from `day_phase`.
    """
    total = np.zeros_like(phase)
    for name, shape in zip(RegularDay.__dataclass_fields__, day_basis(phase), strict=True):
        total += year.interpolate([getattr(day, name) for day in days]) * shape
    return total
