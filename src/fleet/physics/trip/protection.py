"""Protection of a hall from heat: four layers of inlet temperature, and the action of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.white_space import WhiteSpace
from fleet.physics.altitude import derated_inlet_limit_c
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Inlet temperatures at the site at which a layer acts, in strictly ascending order.

    warn_c: a warning.
    stop_c: no job is admitted.
    migrate_c: jobs leave.
    trip_c: servers switch themselves off.
    hysteresis_k: the stop and migrate layers end when the inlet is more than this below their level.
    """

    warn_c: float
    stop_c: float
    migrate_c: float
    trip_c: float
    hysteresis_k: float


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The actions of the layers at one time. Arrays are of one shape.

    admitting: requested jobs may start.
    draining: running jobs leave.
    tripped: servers are off until a person starts them.
    """

    admitting: NDArray[np.bool_]
    draining: NDArray[np.bool_]
    tripped: NDArray[np.bool_]


def layers_at(white_space: WhiteSpace, altitude_m: float) -> Layers:
    """Return the layers of a hall: the layers at sea level, minus the altitude derate."""
    return Layers(
        warn_c=derated_inlet_limit_c(white_space.warn_c, altitude_m),
        stop_c=derated_inlet_limit_c(white_space.stop_c, altitude_m),
        migrate_c=derated_inlet_limit_c(white_space.migrate_c, altitude_m),
        trip_c=derated_inlet_limit_c(white_space.trip_c, altitude_m),
        hysteresis_k=white_space.hysteresis_k,
    )


def settled_guard(layers: Layers, inlet_c: FloatArray) -> Guard:
    """Return the guard of a hall that has been at this inlet temperature for a long time, in the shape of `inlet_c`."""
    no = np.zeros(np.shape(inlet_c), dtype=np.bool_)
    return updated_guard(layers, Guard(admitting=~no, draining=no, tripped=no), inlet_c)


def updated_guard(layers: Layers, guard: Guard, inlet_c: FloatArray) -> Guard:
    """Return the guard after a measurement of the inlet temperature.

    The stop and migrate layers end when the inlet is more than `hysteresis_k` below their level. Without this
    hysteresis, sensor noise would stop and resume admission again and again when the cooling is only just sufficient.
    A trip is final. No job is admitted while jobs leave.

    Args:
        layers: protection layers of the hall.
        guard: the guard before.
        inlet_c: measured temperature, of the shape of the guard.
    """
    admit_below = np.where(guard.admitting, layers.stop_c, layers.stop_c - layers.hysteresis_k)
    drain_from = np.where(guard.draining, layers.migrate_c - layers.hysteresis_k, layers.migrate_c)
    tripped = guard.tripped | (inlet_c >= layers.trip_c)
    return Guard(
        admitting=(inlet_c < admit_below) & ~tripped, draining=(inlet_c >= drain_from) & ~tripped, tripped=tripped
    )
