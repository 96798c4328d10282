"""Weather and load, through a region's physics, to the megawatts that may still be added.

Every limit becomes the largest total IT load it allows; the least of them, less the load that is there already, is the
headroom. The physics never falls as weather gets warmer or more humid, so bounds of the weather give a bound of the
headroom: no weather up to them has less.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.domain.conditions import Headroom, Limit
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.cooling import inlet_temperature_c, load_at_inlet_mw
from fleet.physics.envelope import derated_inlet_limit_c
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.power import facility_power_mw, load_at_facility_power_mw, marginal_facility_mw_per_mw
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.physics.water import added_water_l_per_h, marginal_water_l_per_kwh
from fleet.units import KWH_PER_MWH, FloatArray

# A bound may be as wide as its calibration was poor, and beyond these the formulas of moist air end: towards boiling
# nothing is known, and colder air is as dry and needs as little cooling.
_HOTTEST_C, _COLDEST_C = 75.0, -100.0


@dataclass(frozen=True, kw_only=True)
class PlantWeather:
    """Outdoor temperature at a region, and what its plant can do in it. Arrays of one shape; NaN is missing, infinity
    an unbounded bound, and both make the plant's state unknown, as does heat that no weather has.
    """

    temperature_c: FloatArray
    state: PlantState

    @classmethod
    def at(cls, region: Region, temperature_c: FloatArray, dew_point_c: FloatArray) -> Self:
        """At the standard pressure of the region's altitude: what the day's pressure does is nobody's forecast.

        Raises: DataError if the shapes differ.
        """
        if np.shape(temperature_c) != np.shape(dew_point_c):
            found = f"{np.shape(temperature_c)} and {np.shape(dew_point_c)}"
            raise DataError(f"temperature and dew point have shapes {found}, expected one shape")
        known = np.isfinite(temperature_c) & np.isfinite(dew_point_c) & (np.asarray(temperature_c) <= _HOTTEST_C)
        dry, dew = (np.where(known, np.maximum(value, _COLDEST_C), np.nan) for value in (temperature_c, dew_point_c))
        pressure = pressure_hpa(region.altitude_m)
        wet = wet_bulb_c(dry, dew, pressure)
        state = plant_state(region, dry, wet, pressure)
        return cls(temperature_c=temperature_c, state=state)


def safe_loads_mw(region: Region, weather: PlantWeather, grid_limit_mw: FloatArray | float) -> FloatArray:
    """(limit, ...): the largest total IT load under each Limit; zero where it allows none or is unknown.

    Args:
        grid_limit_mw: facility power that the grid gives; one number, or of the weather's shape.
    """
    state = weather.state
    # The controller is no limit of the envelope.
    loads = np.full((len(Limit), *state.supply_c.shape), np.inf)
    loads[Limit.UNKNOWN] = np.where(np.isfinite(state.supply_c), np.inf, 0.0)
    hot = False if region.outdoor_limit_c is None else weather.temperature_c > region.outdoor_limit_c
    loads[Limit.OUTDOOR] = np.where(hot, 0.0, np.inf)
    loads[Limit.INLET] = load_at_inlet_mw(state, inlet_limit_c(region))
    loads[Limit.COOLING] = state.capacity_mw
    loads[Limit.GRID] = load_at_facility_power_mw(state, grid_limit_mw)
    loads[Limit.IT] = region.it_capacity_mw
    # Zero would read as no risk in a temperature; in a safe load it means deny, which is what not knowing asks for.
    return np.nan_to_num(loads, nan=0.0, posinf=np.inf)


def headroom(region: Region, weather: PlantWeather, load_mw: FloatArray, grid_limit_mw: FloatArray | float) -> Headroom:
    """MW that may be added to `load_mw`, a total IT load of the same shape as the weather."""
    loads = safe_loads_mw(region, weather, grid_limit_mw)
    loads[Limit.UNKNOWN] = np.where(np.isfinite(load_mw), loads[Limit.UNKNOWN], 0.0)
    binding = loads.argmin(axis=0)
    safe = np.take_along_axis(loads, binding[None], axis=0)[0]
    spare = np.where(np.isfinite(load_mw), safe - load_mw, 0.0)
    return Headroom(mw=np.maximum(spare, 0.0), binding=binding.astype(np.int8), safe_load_mw=safe)


def inlet_c(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Inlet temperature; NaN where the weather is missing."""
    return inlet_temperature_c(weather.state, load_mw)


def inlet_limit_c(region: Region) -> float:
    """The thermal breaker as it stands at the region's altitude."""
    return derated_inlet_limit_c(region.inlet_limit_c, region.altitude_m)


def facility_mw(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Power drawn from the grid."""
    return facility_power_mw(weather.state, load_mw)


def added_facility_mw_per_mw(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """Grid power that the next megawatt of IT load adds."""
    return marginal_facility_mw_per_mw(weather.state, load_mw)


def added_water_l_per_mwh(weather: PlantWeather, load_mw: FloatArray) -> FloatArray:
    """On-site water that the next MWh of IT energy adds."""
    return KWH_PER_MWH * marginal_water_l_per_kwh(weather.state, load_mw)


def added_water_l(weather: PlantWeather, below_mw: FloatArray, load_mw: FloatArray) -> FloatArray:
    """On-site water that an hour of `load_mw` adds to what `below_mw` takes."""
    return added_water_l_per_h(weather.state, below_mw, load_mw)
