"""The servers of a hall as one: what they draw, the jobs they can take, and how jobs leave."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.physics.plant import PlantState
from fleet.physics.power import load_at_facility_power_mw
from fleet.physics.servers import power_share, utilisation_at
from fleet.physics.trip.protection import Guard
from fleet.units import DUST_MW, SECONDS_PER_MINUTE, FloatArray


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers of each scenario; arrays are (scenario,).

    load_mw: what they draw.
    on_mw: what those that are on would draw at their peak; at most `installed_mw`.
    limit_mw: the largest load, by what is installed and what the grid carries.
    """

    load_mw: FloatArray
    on_mw: FloatArray
    limit_mw: FloatArray
    installed_mw: float
    idle_share: float
    drain_per_min: float

    @classmethod
    def drawing(cls, region: Region, plant: PlantState, load_mw: FloatArray) -> Self:
        """All are on, or as many as draw the load when idle."""
        installed, idle = region.it_capacity_mw, region.white_space.server_idle_share
        return cls(
            load_mw=load_mw,
            on_mw=np.minimum(load_mw / idle, installed) if idle > 0 else np.full_like(load_mw, installed),
            limit_mw=np.minimum(load_at_facility_power_mw(plant, region.grid_limit_mw), installed),
            installed_mw=installed,
            idle_share=idle,
            drain_per_min=region.white_space.drain_per_min,
        )

    def fitting_mw(self, asked_mw: float) -> FloatArray:
        """What of the power that jobs ask for could be given, were they let in."""
        spare = self.limit_mw - self.load_mw
        # Sums of steps leave dust, which is no room for a job.
        return np.minimum(np.where(spare > DUST_MW, spare, 0.0), asked_mw)

    def without(self, off: NDArray[np.bool_]) -> Self:
        """All servers of some scenarios switched off."""
        return replace(self, load_mw=np.where(off, 0.0, self.load_mw), on_mw=np.where(off, 0.0, self.on_mw))

    def after(self, guard: Guard, admitted_mw: FloatArray, step_s: float) -> Self:
        """The servers one step later: `admitted_mw` has come, and while draining a share of the work has left."""
        load, on = self.load_mw + admitted_mw, np.minimum(self.on_mw + admitted_mw, self.installed_mw)
        if guard.draining.any():
            load = np.where(guard.draining, self._drained_mw(load, on, step_s), load)
        return replace(self, load_mw=load, on_mw=on)

    def _drained_mw(self, load_mw: FloatArray, on_mw: FloatArray, step_s: float) -> FloatArray:
        share = np.divide(load_mw, on_mw, out=np.full_like(on_mw, self.idle_share), where=on_mw > 0)
        kept = (1 - self.drain_per_min) ** (step_s / SECONDS_PER_MINUTE)
        return on_mw * power_share(kept * utilisation_at(share, self.idle_share), self.idle_share)
