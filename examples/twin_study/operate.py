"""The checked front door to the physics: what a region does in given hours of weather and load."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.quantities import FOG_K, QUANTITIES, Plausible
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics import psychrometrics
from fleet.physics.cooling import air_volume_flow_m3_s, exhaust_temperature_c, inlet_temperature_c
from fleet.physics.plant import PlantState, plant_state
from fleet.physics.power import chiller_power_mw, facility_power_mw, fan_power_mw
from fleet.physics.water import water_l_per_kwh
from fleet.units import DUST_MW, KWH_PER_MWH, FloatArray

_DUST_K = 1e-6
_DRIEST_PCT = 0.01  # a dew point of no vapour at all does not exist
_RANGES = {
    "temperature_c": QUANTITIES["temperature_c"],
    "wet_bulb_c": QUANTITIES["temperature_c"],
    "dew_point_c": QUANTITIES["dew_point_c"],
    "relative_humidity_pct": Plausible(low=0.0, high=100.0, slip="a sensor out of calibration"),
    "pressure_hpa": QUANTITIES["pressure_hpa"],
    "it_load_mw": QUANTITIES["it_load_mw"],
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What a region does, hour by hour: means over the hour, all arrays (hour,).

    supply_c: air after the plant.
    inlet_c, exhaust_c: air into and out of the servers; the inlet is inf for any load at no capacity.
    air_volume_flow_m3_s: supply air that the fans move.
    cooling_capacity_mw: IT load whose heat the plant can carry.
    it_mw, ups_loss_mw, fixed_mw, fan_mw, chiller_mw: the parts of `facility_mw`, which the grid delivers.
    pue: inf without IT load.
    water_l, wue_l_per_kwh: on site, in the hour and per kWh of IT energy.
    heat_generated_mw, heat_removed_mw, heat_stored_mw: of the servers; what is not removed heats the hall.
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


def operate(
    region: Region,
    hours: HourArray,
    *,
    temperature_c: FloatArray | float,
    it_load_mw: FloatArray | float,
    wet_bulb_c: FloatArray | float | None = None,
    relative_humidity_pct: FloatArray | float | None = None,
    dew_point_c: FloatArray | float | None = None,
    pressure_hpa: FloatArray | float | None = None,
) -> Operation:
    """Operate a region for some hours. Nothing that cannot be is let in, and nothing is filled.

    Args:
        hours: (hour,) datetime64[h] of UTC.
        temperature_c: outdoor dry-bulb; this and all that follows is (hour,) or one number.
        it_load_mw: total IT load, from zero to the region's `it_capacity_mw`.
        wet_bulb_c, relative_humidity_pct, dew_point_c: outdoor humidity as one of the three. A wet bulb lies between
            that of bone-dry air and the temperature. A dew point may be up to 2 K above the temperature, as sensors
            report in fog, and counts as saturation.
        pressure_hpa: station pressure, not reduced to sea level; default the standard one of the region's altitude.
    Raises: DataError naming region, hour and value for input that is missing, infinite, impossible or of another unit,
        a load that the region has not installed, a shape that does not fit, or not one humidity.
    """
    humidities = {"wet_bulb_c": wet_bulb_c, "relative_humidity_pct": relative_humidity_pct, "dew_point_c": dew_point_c}
    given = {name: value for name, value in humidities.items() if value is not None}
    if len(given) != 1:
        found = " and ".join(given) or "missing"
        raise DataError(f"region {region.id}: humidity is {found}, expected one of {', '.join(humidities)}")
    ((name, value),) = given.items()
    if pressure_hpa is None:
        pressure_hpa = psychrometrics.pressure_hpa(region.altitude_m)
    door = _Door(region, hours)
    dry, humidity = door.admit("temperature_c", temperature_c), door.admit(name, value)
    pressure, load = door.admit("pressure_hpa", pressure_hpa), door.admit("it_load_mw", it_load_mw)
    installed = region.it_capacity_mw
    door.refuse("it_load_mw", load, load > installed + DUST_MW, f"at most the {installed:g} MW that are installed")
    if name == "wet_bulb_c":
        door.refuse(name, humidity, humidity > dry + _DUST_K, "at most the temperature", dry)
        lowest = psychrometrics.driest_wet_bulb_c(dry, pressure)
        door.refuse(name, humidity, humidity < lowest - _DUST_K, "at least bone-dry air's wet bulb", lowest)
        wet = humidity
    elif name == "dew_point_c":
        door.refuse(name, humidity, humidity > dry + FOG_K, f"at most {FOG_K:g} K above the temperature", dry)
        wet = psychrometrics.wet_bulb_c(dry, humidity, pressure)
    else:
        dew_point = psychrometrics.dew_point_c(dry, np.maximum(humidity, _DRIEST_PCT))
        wet = psychrometrics.wet_bulb_c(dry, dew_point, pressure)
    state = plant_state(region, dry, np.minimum(wet, dry), pressure)
    return _operation(region, hours, state, load)


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


class _Door:
    """Lets input of a region's hours in, and refuses what cannot be."""

    def __init__(self, region: Region, hours: HourArray) -> None:
        self._region, self._hours = region, hours
        if hours.dtype != np.dtype("datetime64[h]"):
            raise DataError(f"region {region.id}: hours are {hours.dtype}, expected datetime64[h] of UTC")
        if np.isnat(hours).any():
            at = int(np.isnat(hours).argmax())
            raise DataError(f"region {region.id}: hours are NaT in place {at}, expected an hour of UTC in every place")

    def admit(self, name: str, value: FloatArray | float) -> FloatArray:
        shape = np.shape(value)
        if shape not in {(), self._hours.shape} or self._hours.ndim != 1:
            found = f"{name} has shape {shape} and hours {self._hours.shape}"
            raise DataError(f"region {self._region.id}: {found}, expected one number or an array (hour,)")
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), self._hours.shape)
        self.refuse(name, values, ~np.isfinite(values), "a finite number")
        allowed = _RANGES[name]
        outside = (values < allowed.low) | (values > allowed.high)
        self.refuse(name, values, outside, f"{allowed.low:g} to {allowed.high:g}; looks like {allowed.slip}")
        return values

    def refuse(
        self, name: str, values: FloatArray, bad: NDArray[np.bool_], expected: str, limit: FloatArray | None = None
    ) -> None:
        if not bad.any():
            return
        at = int(bad.argmax())
        beside = "" if limit is None else f" of {limit[at]:.10g}"
        raise DataError(
            f"region {self._region.id} at {clock.iso(self._hours[at])}: {name} is {values[at]:.10g}, "
            f"expected {expected}{beside}"
        )
