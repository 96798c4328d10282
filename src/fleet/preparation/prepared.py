"""Everything that decisions at some origins may use."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Fleet
from fleet.preparation.beyond_horizon import season_cell
from fleet.preparation.settings import Settings
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything that decisions at some origins may use.

    origin_utc: (origin,) the last known hour of each.
    now: (origin, region, 1) conditions of the origin's own hour, as it was.
    near: (origin, region, lead) conditions within the horizon; their bounds hold for each hour by itself.
    ladder: what a job within the horizon may count on.
    far: (row, region, month and hour of day) conditions of the season, for hours past the horizon.
    far_row: (origin,) which of the far conditions was known at each origin.
    residuals: forecasts and actuals by variable; `since` marks the first of these origins among the calibrating ones.
        Carbon and price are NaN where they are neither known well enough to be forecast nor stated by the fleet.
    """

    fleet: Fleet
    settings: Settings
    origin_utc: HourArray
    now: Conditions
    near: Conditions
    ladder: HeadroomLevels
    far: Conditions
    far_row: NDArray[np.int64]
    residuals: Mapping[str, Residuals]

    def ahead(self, step: int, hours: int) -> Conditions:
        """(region, hour) conditions of the next `hours` hours after origin number `step`."""
        horizon = self.settings.horizon
        near = self.near.map(lambda table: table[:, step, :, :hours])
        if hours <= horizon:
            return near
        later = self.origin_utc[step] + np.arange(horizon + 1, hours + 1)
        cell = season_cell(later)
        row = int(self.far_row[step])
        return near.then(self.far.map(lambda table: table[:, row][:, :, cell]))

    def seen_at(
        self, origin_utc: HourArray, region: NDArray[np.int64], hour_utc: HourArray
    ) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        """What was known at some origins of some region-hours: near_limit, near_limit_mw and headroom_mw of Conditions.

        Args:
            origin_utc, region, hour_utc: (entry,); each hour is after its origin.
        """
        step = np.searchsorted(self.origin_utc, origin_utc)
        lead = ((hour_utc - origin_utc) / np.timedelta64(1, "h")).astype(np.int64) - 1
        is_near = lead < self.settings.horizon
        near = (step, region, np.minimum(lead, self.settings.horizon - 1))
        far = (self.far_row[step], region, season_cell(hour_utc))
        return (
            np.where(is_near, self.near.near_limit[near], self.far.near_limit[far]),
            np.where(is_near, self.near.near_limit_mw[near], self.far.near_limit_mw[far]),
            np.where(is_near, self.near.headroom_mw[near], self.far.headroom_mw[far]),
        )
