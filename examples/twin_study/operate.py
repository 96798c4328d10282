"""A region operated hour by hour: power, water and temperatures from weather and load, with all input checked."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.quantities import FOG_K
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics import psychrometrics
from fleet.physics.cooling import air_volume_flow_m3_s, exhaust_temperature_c, inlet_temperature_c
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.power import chiller_power_mw, facility_power_mw, fan_power_mw
from fleet.physics.water import water_l_per_kwh
from fleet.units import KWH_PER_MWH, ROUNDING_MW, FloatArray
from twin_study.input_check import InputCheck

_ROUNDING_K = 1e-6
_DRIEST_PCT = 0.01  # air without any vapour has no dew point
_NO_VAPOUR_C = -100.0  # dew point of air with practically no vapour
# If the wet bulb of air without vapour is below `_WICK_ALONE_C`, an ice bulb may also be a solution. It is up to
# `_ICE_BELOW_WICK_K` lower. Both constants are the values at 400 hPa, where they are largest.
_WICK_ALONE_C, _ICE_BELOW_WICK_K = 1.2, 1.2
_HUMIDITIES = ("wet_bulb_c", "relative_humidity_pct", "dew_point_c")


@dataclass(frozen=True, kw_only=True)
class OutdoorAir:
    """Outdoor weather. Each field is an array (hour,) or one number.

    temperature_c: dry bulb.
    wet_bulb_c, relative_humidity_pct, dew_point_c: humidity; exactly one of the three must be given. A wet bulb lies
        between the wet bulb of air without vapour and the temperature. A dew point may be up to 2 K above the
        temperature, as sensors report in fog, and then counts as saturation.
    pressure_hpa: station pressure, not reduced to sea level; None for the standard pressure of the region's altitude.
    """

    temperature_c: FloatArray | float
    wet_bulb_c: FloatArray | float | None = None
    relative_humidity_pct: FloatArray | float | None = None
    dew_point_c: FloatArray | float | None = None
    pressure_hpa: FloatArray | float | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The operation of a region, hour by hour. Arrays are (hour,), means over the hour.

    supply_c: temperature of the air after the plant.
    inlet_c, exhaust_c: temperature of the air into and out of the servers; the inlet is inf for a load without
        capacity.
    air_volume_flow_m3_s: supply air that the fans move.
    cooling_capacity_mw: IT load whose heat the plant can carry.
    it_mw, ups_loss_mw, fixed_mw, fan_mw, chiller_mw: the parts of `facility_mw`, the power from the grid.
    pue: facility power over IT power; inf without IT load.
    water_l, wue_l_per_kwh: on-site water of the hour, and per kWh of IT energy.
    heat_generated_mw, heat_removed_mw, heat_stored_mw: heat of the servers, its removed part, and the part that heats
        the hall.
    """

    region: str
    hours: HourArray
    supply_c: FloatArray
    inlet_c: FloatArray
    exhaust_c: FloatArray
    air_volume_flow_m3_s: FloatArray
    cooling_capacity_mw: FloatArray
    it_mw: FloatArray
    ups_loss_mw: FloatArray
    fixed_mw: FloatArray
    fan_mw: FloatArray
    chiller_mw: FloatArray
    facility_mw: FloatArray
    pue: FloatArray
    water_l: FloatArray
    wue_l_per_kwh: FloatArray
    heat_generated_mw: FloatArray
    heat_removed_mw: FloatArray
    heat_stored_mw: FloatArray


def operate(region: Region, hours: HourArray, air: OutdoorAir, it_load_mw: FloatArray | float) -> Operation:
    """Operate a region for some hours. Impossible input is refused, and no gap is filled.

    Args:
        region: its plant, altitude and IT capacity.
        hours: (hour,) datetime64[h] of UTC.
        air: the outdoor weather.
        it_load_mw: (hour,) or one number; total IT load, from zero to the region's `it_capacity_mw`.
    Raises: DataError with region, hour and value if an input is missing, infinite, impossible or in another unit, if
        the load is larger than the IT capacity, if a shape does not fit, or if there is not exactly one humidity.
    """
    humidities = {name: getattr(air, name) for name in _HUMIDITIES}
    given = [name for name, value in humidities.items() if value is not None]
    if len(given) != 1:
        found = " and ".join(given) or "missing"
        raise DataError(f"region {region.id}: humidity is {found}, expected one of {', '.join(_HUMIDITIES)}")
    (humidity_name,) = given
    pressure_hpa = psychrometrics.pressure_hpa(region.altitude_m) if air.pressure_hpa is None else air.pressure_hpa
    check = InputCheck(region, hours)
    dry_bulb_c = check.admit("temperature_c", air.temperature_c)
    humidity = check.admit(humidity_name, humidities[humidity_name])
    pressure = check.admit("pressure_hpa", pressure_hpa)
    load = check.admit("it_load_mw", it_load_mw)
    installed = region.it_capacity_mw
    check.refuse("it_load_mw", load, load > installed + ROUNDING_MW, f"at most the {installed:g} MW that are installed")
    wet_bulb_c = _wet_bulb_c(check, humidity_name, humidity, dry_bulb_c, pressure)
    state = plant_state(region, dry_bulb_c, np.minimum(wet_bulb_c, dry_bulb_c), pressure)
    return _operation(region, hours, state, load)


def _driest_wet_bulb_c(dry_bulb_c: FloatArray, pressure_hpa: FloatArray) -> FloatArray:
    """Return the lowest wet bulb [degC] at a temperature: the wet bulb of air without vapour, on a wick or on ice."""
    bone_dry = psychrometrics.wet_bulb_c(dry_bulb_c, np.full_like(dry_bulb_c, _NO_VAPOUR_C), pressure_hpa)
    return np.where(bone_dry < _WICK_ALONE_C, bone_dry - _ICE_BELOW_WICK_K, bone_dry)


def _wet_bulb_c(
    check: InputCheck, name: str, humidity: FloatArray, dry_bulb_c: FloatArray, pressure: FloatArray
) -> FloatArray:
    """Return the wet bulb, (hour,), from a humidity of any of the three names."""
    if name == "wet_bulb_c":
        check.refuse(name, humidity, humidity > dry_bulb_c + _ROUNDING_K, "at most the temperature", dry_bulb_c)
        lowest = _driest_wet_bulb_c(dry_bulb_c, pressure)
        check.refuse(name, humidity, humidity < lowest - _ROUNDING_K, "at least bone-dry air's wet bulb", lowest)
        return humidity
    if name == "dew_point_c":
        is_above = humidity > dry_bulb_c + FOG_K
        check.refuse(name, humidity, is_above, f"at most {FOG_K:g} K above the temperature", dry_bulb_c)
        return psychrometrics.wet_bulb_c(dry_bulb_c, humidity, pressure)
    dew_point = psychrometrics.dew_point_c(dry_bulb_c, np.maximum(humidity, _DRIEST_PCT))
    return psychrometrics.wet_bulb_c(dry_bulb_c, dew_point, pressure)


def _operation(region: Region, hours: HourArray, state: PlantState, load: FloatArray) -> Operation:
    facility = facility_power_mw(state, load)
    wue = water_l_per_kwh(state, load)
    removed = np.minimum(load, state.capacity_mw)
    return Operation(
        region=region.id,
        hours=hours,
        supply_c=state.supply_c,
        inlet_c=inlet_temperature_c(state, load),
        exhaust_c=exhaust_temperature_c(state),
        air_volume_flow_m3_s=air_volume_flow_m3_s(state, load),
        cooling_capacity_mw=state.capacity_mw,
        it_mw=load,
        ups_loss_mw=load * region.plant.ups_loss_fraction,
        fixed_mw=np.full_like(load, region.plant.fixed_mw),
        fan_mw=fan_power_mw(state, load),
        chiller_mw=chiller_power_mw(state, load),
        facility_mw=facility,
        pue=np.divide(facility, load, out=np.full_like(load, np.inf), where=load > 0),
        water_l=KWH_PER_MWH * load * wue,
        wue_l_per_kwh=wue,
        heat_generated_mw=load,
        heat_removed_mw=removed,
        heat_stored_mw=load - removed,
    )
