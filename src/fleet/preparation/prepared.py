"""The result of the preparation, and views of it by origin and hours ahead."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels, HourBound
from fleet.domain.region import Fleet
from fleet.preparation.beyond_horizon import BeyondHorizon
from fleet.preparation.far_forecast import FarResult
from fleet.preparation.settings import Settings
from fleet.preparation.silence import Silence
from fleet.units import FloatArray

_ALL = slice(None)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything that the decisions at some origins may use.

    Args:
        origin_utc: (origin,) hours.
        now: (origin, region, 1) conditions of the origin's own hour, as observed.
        near: (origin, region, lead) conditions within the horizon; each hour has a bound of its own.
        levels: safe loads within the horizon, level by level, and the level that each window requires. A silent region
            gets no more than at the origin at which it last reported.
        beyond: the hours beyond the horizon.
        silence: the silent regions at each origin.
        residuals: variable -> forecasts and actual values at the prepared origins and at earlier origins, which
            calibrate; `since` is the index of the first prepared origin. The value of the fleet file, or NaN, replaces
            forecasts of carbon and price that may not be used.
        gate_margin: variable -> (origin, region, lead) margins that the levels multiply, at all origins of the
            residuals.
        grid_limit_mw: (origin, region, lead) grid power that decisions use, at all origins of the residuals: the sure
            limit, or the last observed limit where that is lower.
        far: the forecasts beyond the horizon with their actual values; None if there are none.
    """

    fleet: Fleet
    settings: Settings
    origin_utc: HourArray
    now: Conditions
    near: Conditions
    levels: HeadroomLevels
    beyond: BeyondHorizon
    silence: Silence
    residuals: Mapping[str, Residuals]
    gate_margin: Mapping[str, FloatArray]
    grid_limit_mw: FloatArray
    far: FarResult | None

    def ahead(self, step: int, hours: int) -> Conditions:
        """Return the (region, hour) conditions of the `hours` hours after origin number `step`."""
        return Conditions(table=self._joined(_ALL, step, hours))

    def quantity_ahead(self, name: str, step: int, hours: int) -> FloatArray:
        """Return the (region, hour) quantity `name` of Conditions for the `hours` hours after origin number `step`."""
        return np.ascontiguousarray(self._joined(Conditions.QUANTITIES.index(name), step, hours))

    def bound_beyond(self, step: int, hours: int, extra: FloatArray) -> HourBound:
        """Return the bound beyond the horizon, up to `hours` hours after origin number `step`: arrays (region, hour).

        Args:
            extra: (region,) level that the controller adds to the level of a window.
        """
        return self.beyond.bound(step, max(hours - self.settings.horizon, 0), extra)

    def seen_at(
        self, origin_utc: HourArray, region: NDArray[np.int64], hour_utc: HourArray
    ) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        """Look up the conditions of some region-hours as they were known at some origins.

        Args:
            origin_utc, region, hour_utc: (entry,); each hour is after its origin.
        Returns: near_limit, near_limit_mw and headroom_mw of Conditions, each (entry,).
        """
        step = np.searchsorted(self.origin_utc, origin_utc)
        lead = ((hour_utc - origin_utc) / np.timedelta64(1, "h")).astype(np.int64) - 1
        is_near = lead < self.settings.horizon
        within = (step, region, np.minimum(lead, self.settings.horizon - 1))
        is_far = ~is_near
        far = step[is_far], region[is_far], hour_utc[is_far]
        seen = []
        for name in ("near_limit", "near_limit_mw", "headroom_mw"):
            quantity = Conditions.QUANTITIES.index(name)
            values = self.near.table[quantity][within]
            values[is_far] = self.beyond.seen(quantity, *far)
            seen.append(values)
        return seen[0] > 0, seen[1], seen[2]

    def _joined(self, quantity: int | slice, step: int, hours: int) -> FloatArray:
        """Join the hours within the horizon with the hours beyond it: (..., region, hour)."""
        horizon = self.settings.horizon
        near: FloatArray = self.near.table[quantity, step][..., :hours]
        if hours <= horizon:
            return near
        return np.concatenate([near, self.beyond.quantities(quantity, step, hours - horizon)], axis=-1)
