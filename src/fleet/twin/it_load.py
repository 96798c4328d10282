"""Base IT load: the IT power of a region without the jobs that are placed."""

from collections.abc import Sequence

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.errors import ConfigError
from fleet.physics.plant import plant_state
from fleet.physics.power import facility_power_mw
from fleet.physics.psychrometrics import pressure_hpa
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.noise import red_noise, stream
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

# The power of inference in the busiest hour is 2.5 times its power in the quietest hour (published services: 2 to 3).
# Training is constant. With a fifth of the load in inference, a site varies by 9 % about its mean; measured GPU servers
# vary by 6 to 13 %.
_INFERENCE_SHARE = 0.2
_INFERENCE_PEAK_TO_TROUGH = 2.5
_INFERENCE_SWING = (_INFERENCE_PEAK_TO_TROUGH - 1) / (_INFERENCE_PEAK_TO_TROUGH + 1)
_PEAK_SOLAR_HOUR = 15.0  # assumed: people are busiest in the afternoon
_WEEKEND_DROP = 0.05  # the measured servers draw 3 to 13 % more on weekdays than at weekends
_SATURDAY = 5
# The power of a measured server has a standard deviation of 0.9 of its mean. Thousands of independent servers would add
# up to an almost constant load. But servers run in groups, by job or customer. With 500 independent groups (assumed)
# the site has a standard deviation of 0.9 / sqrt(500) = 4 % of its mean.
_SERVER_SPREAD = 0.9
_GROUPS = 500
# Fitted to the mean autocorrelation of three GPU servers, 0.92, 0.74, 0.54, 0.41, 0.11 at 1, 6, 24, 48, 168 h.
_SLOW_SHARE, _SLOW_H, _FAST_H = 0.71, 88.0, 4.0
# Facility power never falls as the weather gets warmer or more humid, so it is smallest in weather this cold.
_COLDEST_C = np.array([-60.0])


def make_it_load(regions: Sequence[Region], time_utc: HourArray, seed: int) -> FloatArray:
    """Make the base load [MW], (region, hour) in [0, it_capacity_mw].

    The mean load is `mean_load_fraction` of the capacity at the start, and grows by `load_growth_per_year`. A longer
    series begins with the shorter one.

    Args:
        regions: each draws from its own stream.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    Raises: ConfigError if the facility power of a region's mean base load is above the grid limit even in the coldest
        weather.
    Assumes: inference follows the local sun, the load is lower at weekends, and noise lasts for days.
    Source: three GPU servers of Cornell's BioHPC laboratory 2022-2024, for the noise and the size of the daily cycle.
    """
    for region in regions:
        _check_grid_limit(region)
    years = np.arange(len(time_utc)) / HOURS_PER_YEAR
    growth = np.array([1 + region.twin.load_growth_per_year for region in regions])[:, None] ** years
    mean_fraction = np.array([region.twin.mean_load_fraction for region in regions])[:, None]
    rhythm = np.stack([_rhythm(region, time_utc) for region in regions])
    noise = np.stack([_noise(region, len(time_utc), seed) for region in regions])
    fraction = mean_fraction * growth * rhythm * (1 + _SERVER_SPREAD / np.sqrt(_GROUPS) * noise)
    capacity_mw = np.array([region.it_capacity_mw for region in regions])[:, None]
    load: FloatArray = capacity_mw * np.clip(fraction, 0, 1)
    return load


def _check_grid_limit(region: Region) -> None:
    mean_mw = region.twin.mean_load_fraction * region.it_capacity_mw
    state = plant_state(region, _COLDEST_C, _COLDEST_C, pressure_hpa(region.altitude_m))
    needed_mw = float(facility_power_mw(state, np.array([mean_mw]))[0])
    if needed_mw > region.grid_limit_mw:
        raise ConfigError(
            f"region {region.id}: its mean base load of {mean_mw:g} MW takes {needed_mw:.1f} MW of grid power in the "
            f"coldest weather, expected at most its grid_limit_mw of {region.grid_limit_mw:g}; "
            "raise grid_limit_mw or lower twin.mean_load_fraction"
        )


def _rhythm(region: Region, time_utc: HourArray) -> FloatArray:
    """Return the load over its weekly mean, (hour,). The mean of one keeps the mean load of the fleet file."""
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - _PEAK_SOLAR_HOUR) / HOURS_PER_DAY
    is_weekend = clock.weekday(local_hours(time_utc, region.longitude_deg)) >= _SATURDAY
    rhythm: FloatArray = 1 + _INFERENCE_SHARE * _INFERENCE_SWING * np.cos(phase) - _WEEKEND_DROP * (is_weekend - 2 / 7)
    return rhythm


def _noise(region: Region, hours: int, seed: int) -> FloatArray:
    """Draw noise of unit variance, (hour,)."""
    slow = red_noise(stream(seed, region.id, "load", "slow"), (hours,), _SLOW_H)
    fast = red_noise(stream(seed, region.id, "load", "fast"), (hours,), _FAST_H)
    noise: FloatArray = np.sqrt(_SLOW_SHARE) * slow + np.sqrt(1 - _SLOW_SHARE) * fast
    return noise
