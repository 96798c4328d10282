"""What protects a hall from heat: four layers of inlet temperature, and what is done in each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import WhiteSpace
from fleet.physics.envelope import derated_inlet_limit_c
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Inlet temperatures at the site, each strictly above the one before."""

    warn_c: float
    stop_c: float
    migrate_c: float
    trip_c: float
    hysteresis_k: float


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What is being done; all of one shape.

    admitting: jobs that ask are let in. draining: jobs leave. tripped: servers are off until a person starts them.
    """

    admitting: NDArray[np.bool_]
    draining: NDArray[np.bool_]
    tripped: NDArray[np.bool_]


def layers_at(white_space: WhiteSpace, altitude_m: float) -> Layers:
    """The layers of `WhiteSpace`, which are at sea level, less the altitude derate; their order stays as it is."""
    return Layers(
        warn_c=derated_inlet_limit_c(white_space.warn_c, altitude_m),
        stop_c=derated_inlet_limit_c(white_space.stop_c, altitude_m),
        migrate_c=derated_inlet_limit_c(white_space.migrate_c, altitude_m),
        trip_c=derated_inlet_limit_c(white_space.trip_c, altitude_m),
        hysteresis_k=white_space.hysteresis_k,
    )


def calm(layers: Layers, inlet_c: FloatArray) -> Guard:
    """The guard of a hall that has stood at this inlet for long."""
    closed = np.zeros(np.shape(inlet_c), dtype=np.bool_)
    return watch(layers, Guard(admitting=~closed, draining=closed, tripped=closed), inlet_c)


def watch(layers: Layers, guard: Guard, inlet_c: FloatArray) -> Guard:
    """The guard after it has seen an inlet temperature.

    A layer is left `hysteresis_k` below where it was entered, or sensor noise and a plant that just suffices would make
    admission flap; what has tripped stays so. Jobs are never let in while others are made to leave.
    """
    admit_below = np.where(guard.admitting, layers.stop_c, layers.stop_c - layers.hysteresis_k)
    drain_from = np.where(guard.draining, layers.migrate_c - layers.hysteresis_k, layers.migrate_c)
    tripped = guard.tripped | (inlet_c >= layers.trip_c)
    return Guard(
        admitting=(inlet_c < admit_below) & ~tripped, draining=(inlet_c >= drain_from) & ~tripped, tripped=tripped
    )
