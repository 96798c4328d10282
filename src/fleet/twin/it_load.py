"""Base IT load: everything that runs without being placed."""

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.noise import stream, two_scale_noise
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

_DAY_SWING = 0.06  # half the way from trough to peak; inference swings, training is flat
_PEAK_SOLAR_HOUR = 15.0
_WEEKEND_DROP = 0.03
_SATURDAY = 5
_NOISE = 0.04
_NOISE_SLOW_SHARE = 0.8
_NOISE_SLOW_H = 60.0
_NOISE_FAST_H = 3.0


def make_it_load(region: Region, time_utc: HourArray, seed: int) -> FloatArray:
    """(hour,) base load [MW] in [0, capacity]: `mean_load_fraction` at the start, growing from there.

    Assumes: a busy afternoon and a quieter weekend by the local sun, and noise that lasts days.
    """
    hours = len(time_utc)
    growth = (1 + region.twin.load_growth_per_year) ** (np.arange(hours) / HOURS_PER_YEAR)
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - _PEAK_SOLAR_HOUR) / HOURS_PER_DAY
    weekend = clock.weekday(local_hours(time_utc, region.longitude_deg)) >= _SATURDAY
    # The mean over a week is one, so that the region's mean is what its file says.
    rhythm = 1 + _DAY_SWING * np.cos(phase) - _WEEKEND_DROP * (weekend - 2 / 7)
    noise = two_scale_noise(
        stream(seed, region.id, "load"), hours, slow_share=_NOISE_SLOW_SHARE, slow_h=_NOISE_SLOW_H, fast_h=_NOISE_FAST_H
    )
    fraction = region.twin.mean_load_fraction * growth * rhythm * (1 + _NOISE * noise)
    return region.it_capacity_mw * np.clip(fraction, 0, 1)
