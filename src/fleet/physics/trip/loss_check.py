"""Checks of the arguments of a simulated loss of cooling."""

import numpy as np

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.plant import PlantState
from fleet.physics.power import load_at_facility_power_mw
from fleet.physics.trip.protection import Layers
from fleet.units import FloatArray, exceeds


def check_course(region: Region, duration_s: float, queue_mw_per_min: float) -> None:
    """Check the length and the queue of a simulation.

    Raises: DataError if `duration_s` is not positive and finite, or the queue is not in [0, it_capacity_mw] a minute.
    """
    if not 0 < duration_s < np.inf:
        raise DataError(f"region {region.id}: duration_s is {duration_s:g}, expected above 0 and finite")
    most = region.it_capacity_mw
    if not 0 <= queue_mw_per_min <= most:
        raise DataError(
            f"region {region.id}: queue_mw_per_min is {queue_mw_per_min:g}, expected 0 to {most:g}, "
            "its it_capacity_mw in a minute"
        )


def check_sensors(region: Region, error_k: FloatArray, shape: tuple[int, ...]) -> None:
    """Check the errors of the measured temperatures.

    Raises: DataError if `error_k` has another shape or a value that is not finite.
    """
    if error_k.shape != shape:
        raise DataError(f"region {region.id}: sensor_error_k has shape {error_k.shape}, expected {shape}")
    bad = np.argwhere(~np.isfinite(error_k))
    if bad.size:
        scenario, sample = bad[0]
        raise DataError(
            f"region {region.id}: sensor_error_k is {error_k[scenario, sample]:g} in scenario {scenario}, "
            f"sample {sample}, expected a finite number"
        )


def settled_inlet_c(region: Region, plant: PlantState, load_mw: FloatArray, layers: Layers) -> FloatArray:
    """Return the settled inlet temperature before the loss [degC], (scenario,).

    Args:
        region: gives the IT capacity and the grid limit.
        plant: state in the weather of each scenario.
        load_mw: (scenario,) IT load before the loss.
        layers: protection layers of the hall.
    Raises: DataError if a load is not in [0, it_capacity_mw] or above the load that the grid limit allows, if weather
        is missing or of another shape, or if a hall would trip before the loss.
    """
    outside = load_mw[~((load_mw >= 0) & (load_mw <= region.it_capacity_mw))]
    if outside.size:
        raise DataError(
            f"region {region.id}: it_load_mw is {outside[0]:g}, expected 0 to {region.it_capacity_mw:g}, "
            "its it_capacity_mw; change the load"
        )
    inlet = np.asarray(inlet_temperature_c(plant, load_mw), dtype=np.float64)
    if inlet.shape != load_mw.shape:
        raise DataError(
            f"region {region.id}: weather gives shape {inlet.shape}, expected {load_mw.shape}, the shape of the load"
        )
    if np.isnan(inlet).any():
        raise DataError(f"region {region.id}: weather is missing, expected numbers; give both temperatures")
    carried = load_at_facility_power_mw(plant, region.grid_limit_mw)
    above = np.flatnonzero(exceeds(load_mw, carried))
    if above.size:
        raise DataError(
            f"region {region.id}: it_load_mw is {load_mw[above[0]]:g}, expected 0 to {carried[above[0]]:.1f}, "
            f"the load that its grid_limit_mw of {region.grid_limit_mw:g} allows in this weather; change the load"
        )
    hot = np.flatnonzero(inlet >= layers.trip_c)
    if hot.size:
        settled = (
            f"settle at an inlet of {inlet[hot[0]]:.1f} degC" if inlet[hot[0]] < np.inf else "have no steady state"
        )
        raise DataError(
            f"region {region.id}: {load_mw[hot[0]]:g} MW {settled} before the loss, expected below the trip at "
            f"{layers.trip_c:.1f} degC; take less load or milder weather"
        )
    return inlet
