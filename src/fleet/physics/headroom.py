"""Computes the MW that may still be added to a region, from its weather, its load and the physics of its plant.

Each limit becomes a safe load: the largest total IT load that the limit allows. The headroom is the smallest safe load
minus the load that is already there, and at least zero. No safe load rises as weather gets warmer or more humid. So a
bound of the weather gives a bound of the headroom: no weather up to the bound leaves less headroom.
"""

import numpy as np

from fleet.domain.conditions import Headroom
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.region import Region
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.limits import ENVELOPE, LIMITS, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.physics.power import facility_power_mw, marginal_facility_mw_per_mw
from fleet.physics.water import added_water_l_per_h, marginal_water_l_per_kwh
from fleet.units import KWH_PER_MWH, FloatArray


def safe_loads_mw(region: Region, weather: PlantWeather, grid_limit_mw: FloatArray | float) -> FloatArray:
    """Compute the largest total IT load under each limit.

    Args:
        grid_limit_mw: facility power that the grid gives; one number, or an array of the weather's shape.
    Returns: (limit, ...) in the order of LIMITS; zero where a limit allows no load, infinite where it allows any load.
        The limit `unknown` is zero where the state of the plant is unknown, else infinite.
    """
    supply_c = weather.state.supply_c
    loads = np.full((len(LIMITS), *supply_c.shape), np.inf)
    loads[UNKNOWN_CODE] = np.where(np.isfinite(supply_c), np.inf, 0.0)
    for limit in ENVELOPE:
        loads[code_of(limit)] = limit.safe_load_mw(region, weather, grid_limit_mw)
    # An unknown safe load becomes zero, so that no job is approved on it.
    return np.nan_to_num(loads, nan=0.0, posinf=np.inf)


def headroom(region: Region, weather: PlantWeather, load_mw: FloatArray, grid_limit_mw: FloatArray | float) -> Headroom:
    """Compute the MW that may be added to a load.

    Args:
        load_mw: total IT load, of the weather's shape. Where it is NaN or infinite, the headroom is zero and the limit
            is `unknown`.
        grid_limit_mw: as for `safe_loads_mw`.
    """
    loads = safe_loads_mw(region, weather, grid_limit_mw)
    loads[UNKNOWN_CODE] = np.where(np.isfinite(load_mw), loads[UNKNOWN_CODE], 0.0)
    binding = loads.argmin(axis=0)
    safe_load_mw = np.take_along_axis(loads, binding[None], axis=0)[0]
    spare_mw = np.where(np.isfinite(load_mw), safe_load_mw - load_mw, 0.0)
    return Headroom(mw=np.maximum(spare_mw, 0.0), binding=binding.astype(np.int8), safe_load_mw=safe_load_mw)


def inlet_c(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Compute the inlet temperature [degC]; NaN where the weather is missing."""
    return inlet_temperature_c(weather.state, load_mw)


def facility_mw(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Compute the power that the facility draws from the grid [MW]."""
    return facility_power_mw(weather.state, load_mw)


def added_facility_mw_per_mw(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Compute the grid power that the next MW of IT load adds [MW/MW]."""
    return marginal_facility_mw_per_mw(weather.state, load_mw)


def added_water_l_per_mwh(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Compute the on-site water that the next MWh of IT energy adds [L/MWh]."""
    return KWH_PER_MWH * marginal_water_l_per_kwh(weather.state, load_mw)


def added_water_l(weather: PlantWeather, base_mw: FloatArray, load_mw: FloatArray) -> FloatArray:
    """Compute the on-site water that an hour of `load_mw` adds to the water of `base_mw` [L]."""
    return added_water_l_per_h(weather.state, base_mw, load_mw)
