"""What the controller takes from the hours ahead: an extra level, and a limit of power on probation."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import FAR, NEAR
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Caution:
    """How much more careful the decisions of an hour are. Arrays are (region,).

    near_level, far_level: added to the levels of windows, in the hours within and beyond the horizon; infinite beyond
        the horizon if no long job may begin.
    near_mw, far_mw: the most power that all jobs together may have in these hours.
    """

    near_level: FloatArray
    far_level: FloatArray
    near_mw: FloatArray
    far_mw: FloatArray

    @classmethod
    def of(cls, controller: Controller | None, regions: int) -> Self:
        """Return the caution of a controller; none at all without a controller."""
        if controller is None:
            zeros, unlimited = np.zeros(regions), np.full(regions, np.inf)
            return cls(near_level=zeros, far_level=zeros, near_mw=unlimited, far_mw=unlimited)
        level, most_mw = controller.track_level, controller.most_mw
        return cls(
            near_level=level[NEAR],
            far_level=np.where(controller.is_closed[FAR], np.inf, level[FAR]),
            near_mw=most_mw[NEAR],
            far_mw=most_mw[FAR],
        )

    def equals(self, other: Self) -> bool:
        """Return True if two cautions are the same in every region."""
        return all(np.array_equal(values, vars(other)[name]) for name, values in vars(self).items())
