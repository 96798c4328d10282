"""The regular part of a year: months that follow each other smoothly, and days like each other."""

from collections.abc import Sequence

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import Year, solar_hour
from fleet.twin.climate import DAY_HARMONICS, RegularDay
from fleet.units import HOURS_PER_DAY, FloatArray

# A cosine through the middles of the months.
JULY_BY_MONTH = tuple((1 - np.cos(2 * np.pi * np.arange(12) / 12)) / 2)


def july_share(year: Year) -> FloatArray:
    """(hour,) from 0 in mid-January to 1 in mid-July, along a cosine."""
    share: FloatArray = np.clip(year.along([JULY_BY_MONTH])[0], 0, 1)
    return share


def day_phase(regions: Sequence[Region], time_utc: HourArray) -> FloatArray:
    """(region, hour) angle of the local solar day: 0 at midnight, pi when the sun is highest."""
    hours = np.stack([solar_hour(time_utc, region.longitude_deg) for region in regions])
    return 2 * np.pi / HOURS_PER_DAY * hours


def day_basis(phase: FloatArray) -> list[FloatArray]:
    """One, then cosine and sine of each harmonic, in the order of RegularDay's fields; arrays like `phase`."""
    basis = [np.ones_like(phase)]
    for harmonic in range(1, DAY_HARMONICS + 1):
        basis += [np.cos(harmonic * phase), np.sin(harmonic * phase)]
    return basis


def regular_day(days: Sequence[RegularDay], year: Year, phase: FloatArray) -> FloatArray:
    """(region, hour) the mean of that month and hour."""
    total = np.zeros_like(phase)
    for name, shape in zip(RegularDay.__dataclass_fields__, day_basis(phase), strict=True):
        total += year.along([getattr(day, name) for day in days]) * shape
    return total
