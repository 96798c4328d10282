"""All servers of a hall together: their load, the new jobs that fit, and the jobs that leave."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.physics.plant import PlantState
from fleet.physics.power import load_at_facility_power_mw
from fleet.physics.servers import power_share, utilisation_at
from fleet.physics.trip.protection import Guard
from fleet.units import ROUNDING_MW, SECONDS_PER_MINUTE, FloatArray


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers of each scenario. Arrays are (scenario,).

    load_mw: power that they draw.
    on_mw: peak power of the servers that are on; at most `installed_mw`.
    limit_mw: largest load that the installed servers and the grid limit allow.
    installed_mw: peak power of all servers.
    idle_share: idle over peak power.
    drain_per_min: share of the remaining utilisation that leaves in each minute while jobs drain.
    """

    load_mw: FloatArray
    on_mw: FloatArray
    limit_mw: FloatArray
    installed_mw: float
    idle_share: float
    drain_per_min: float

    @classmethod
    def at_load(cls, region: Region, plant: PlantState, load_mw: FloatArray) -> Self:
        """Return the servers at a load, (scenario,).

        All servers are on if the load is at least the idle power of the hall. For a smaller load, fewer servers are on,
        and all of these are idle.
        """
        installed, idle = region.it_capacity_mw, region.white_space.server_idle_share
        return cls(
            load_mw=load_mw,
            on_mw=np.minimum(load_mw / idle, installed) if idle > 0 else np.full_like(load_mw, installed),
            limit_mw=np.minimum(load_at_facility_power_mw(plant, region.grid_limit_mw), installed),
            installed_mw=installed,
            idle_share=idle,
            drain_per_min=region.white_space.drain_per_min,
        )

    def fitting_mw(self, requested_mw: float) -> FloatArray:
        """Return the part of the requested power that fits below `limit_mw`, (scenario,)."""
        spare = self.limit_mw - self.load_mw
        # A rounding error of the sums is not spare power.
        return np.minimum(np.where(spare > ROUNDING_MW, spare, 0.0), requested_mw)

    def switched_off(self, is_off: NDArray[np.bool_]) -> Self:
        """Return the servers with all of them off in the scenarios of `is_off`, (scenario,)."""
        return replace(self, load_mw=np.where(is_off, 0.0, self.load_mw), on_mw=np.where(is_off, 0.0, self.on_mw))

    def advance(self, guard: Guard, admitted_mw: FloatArray, step_s: float) -> Self:
        """Return the servers one step later.

        Args:
            guard: `draining` is True in the scenarios where a share of the work leaves.
            admitted_mw: (scenario,) peak power of the servers that jobs have started on in the step.
            step_s: length of the step.
        """
        load, on = self.load_mw + admitted_mw, np.minimum(self.on_mw + admitted_mw, self.installed_mw)
        if guard.draining.any():
            load = np.where(guard.draining, self._drained_mw(load, on, step_s), load)
        return replace(self, load_mw=load, on_mw=on)

    def _drained_mw(self, load_mw: FloatArray, on_mw: FloatArray, step_s: float) -> FloatArray:
        share = np.divide(load_mw, on_mw, out=np.full_like(on_mw, self.idle_share), where=on_mw > 0)
        kept_share = (1 - self.drain_per_min) ** (step_s / SECONDS_PER_MINUTE)
        return on_mw * power_share(kept_share * utilisation_at(share, self.idle_share), self.idle_share)
