"""The result of the preparation, and views of it by origin and hours ahead."""

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
        far: (row, region, month and hour of day) conditions of the climatological band, for hours beyond the horizon.
        far_row: (origin,) the row of `far` that was known at each origin.
        silence: the silent regions at each origin.
        heard_far_row: (origin, region) the row of `far` that was known when the region last reported.
        residuals: variable -> forecasts and actual values at the prepared origins and at earlier origins, which
            calibrate; `since` is the index of the first prepared origin. The value of the fleet file, or NaN, replaces
            forecasts of carbon and price that may not be used.
        gate_margin: variable -> (origin, region, lead) margins that the levels multiply, at all origins of the
            residuals.
        grid_limit_mw: (origin, region, lead) grid power that decisions use, at all origins of the residuals: the sure
            limit, or the last observed limit where that is lower.
    """

    fleet: Fleet
    settings: Settings
    origin_utc: HourArray
    now: Conditions
    near: Conditions
    levels: HeadroomLevels
    far: Conditions
    far_row: NDArray[np.int64]
    silence: Silence
    heard_far_row: NDArray[np.int64]
    residuals: Mapping[str, Residuals]
    gate_margin: Mapping[str, FloatArray]
    grid_limit_mw: FloatArray

    def ahead(self, step: int, hours: int) -> Conditions:
        """Return the (region, hour) conditions of the `hours` hours after origin number `step`."""
        return Conditions(table=self._joined(_ALL, step, hours))

    def quantity_ahead(self, name: str, step: int, hours: int) -> FloatArray:
        """Return the (region, hour) quantity `name` of Conditions for the `hours` hours after origin number `step`."""
        return np.ascontiguousarray(self._joined(Conditions.QUANTITIES.index(name), step, hours))

    def spare_ahead_mw(self, step: int, hours: int) -> FloatArray:
        """Return the (level + 1, region, hour) spare power after origin number `step`, as in HeadroomLevels.

        Beyond the horizon, a region has no more than at the origin at which it last reported.
        """
        row, heard_row = self.far_row[step], self.heard_far_row[step]
        beyond_mw = self._spare_beyond_mw(np.full_like(heard_row, row), step, hours)
        if (heard_row != row).any():
            beyond_mw = np.minimum(beyond_mw, self._spare_beyond_mw(heard_row, step, hours))
        return self.levels.spare_ahead_mw(step, beyond_mw)

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
        near = (step, region, np.minimum(lead, self.settings.horizon - 1))
        far = (self.far_row[step], region, season_cell(hour_utc))
        return (
            np.where(is_near, self.near.near_limit[near], self.far.near_limit[far]),
            np.where(is_near, self.near.near_limit_mw[near], self.far.near_limit_mw[far]),
            np.where(is_near, self.near.headroom_mw[near], self.far.headroom_mw[far]),
        )

    def _spare_beyond_mw(self, row: NDArray[np.int64], step: int, hours: int) -> FloatArray:
        """Return the (region, hour) spare power of the hours beyond the horizon.

        Args:
            row: (region,) rows of `far`.
        """
        beyond = self.origin_utc[step] + np.arange(self.settings.horizon + 1, hours + 1)
        at = row[:, None], np.arange(len(row))[:, None], season_cell(beyond)
        load, safe = self.far.load_bound_mw[at], self.far.safe_load_mw[at]
        return np.where(np.isfinite(load), safe - load, -np.inf)

    def _joined(self, quantity: int | slice, step: int, hours: int) -> FloatArray:
        """Join the hours within the horizon with the hours beyond it: (..., region, hour)."""
        horizon = self.settings.horizon
        near: FloatArray = self.near.table[quantity, step][..., :hours]
        if hours <= horizon:
            return near
        beyond = self.origin_utc[step] + np.arange(horizon + 1, hours + 1)
        far = self.far.table[quantity, self.far_row[step]][..., season_cell(beyond)]
        return np.concatenate([near, far], axis=-1)
