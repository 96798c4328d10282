"""The hours beyond the horizon: forecasts of a week where the history supports them, else the climatological band."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HourBound
from fleet.preparation.climatological_band import SeasonConditions, season_cell
from fleet.preparation.far_forecast import FarForecast, FarResult
from fleet.preparation.silence import Silence
from fleet.units import FloatArray, IntArray

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Which conditions were known: a row of the climatological band and an issue of the forecast; -1 for no issue.

    Both arrays have the same shape.
    """

    season: IntArray
    far: IntArray

    def at(self, index: tuple[IntArray, ...] | slice | IntArray | int) -> Self:
        """Return the rows at an index."""
        return type(self)(season=self.season[index], far=self.far[index])


@dataclass(frozen=True, kw_only=True, eq=False)
class BeyondHorizon:
    """What some origins know of the hours beyond their horizon.

    Args:
        horizon: largest lead of the hours within the horizon [h].
        origin_utc: (origin,).
        season: conditions (row, region, month and hour of day) of the climatological band.
        far: the forecasts; None if there are none.
        rows: (origin,) known at each origin.
        heard: (origin, region) known at the origin at which the region last reported.
        limit_mw: (origin, region) the lowest grid limit that was observed on the day of the origin.
    """

    horizon: int
    origin_utc: HourArray
    season: Conditions
    far: FarForecast | None
    rows: Rows
    heard: Rows
    limit_mw: FloatArray
    # An issue serves several origins, one after another.
    _latest: dict[tuple[bytes, ...], HourBound] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        season: SeasonConditions,
        result: FarResult | None,
        origin_utc: HourArray,
        silence: Silence,
        horizon: int,
    ) -> Self:
        """Join the climatological band and the forecasts for the origins of `silence`.

        Args:
            origin_utc: (origin,) `silence.lead_in_h` earlier origins, followed by the origins of `silence`; `season`
                has these origins, too.
        """
        far = None if result is None else result.forecast
        lead_in_h, origins = silence.lead_in_h, len(silence.heard_h)
        far_row = np.full(len(origin_utc), -1) if far is None else far.row_at(origin_utc)
        rows = Rows(season=season.row, far=far_row)
        heard_h = np.where(silence.is_closed, 0, silence.heard_h)
        return cls(
            horizon=horizon,
            origin_utc=origin_utc[lead_in_h:],
            season=season.conditions,
            far=far,
            rows=rows.at(slice(lead_in_h, None)),
            heard=rows.at(lead_in_h + np.arange(origins)[:, None] - heard_h),
            limit_mw=season.limit_mw[:, lead_in_h:].T,
        )

    def quantities(self, quantity: int | slice, step: int, hours: int) -> FloatArray:
        """Return quantities of Conditions in the first `hours` hours beyond the horizon: (..., region, hour)."""
        beyond, rows = self._hours(step, hours), self.rows
        values: FloatArray = self.season.table[quantity, rows.season[step]][..., season_cell(beyond)]
        if self.far is None:
            return values
        region = np.arange(values.shape[-2])
        far_row = np.full(len(region), rows.far[step])
        hour = self.far.hour_of(far_row[:1], beyond[None])[0]
        covered = (hour < self.far.hours) & self.far.is_supported(far_row, region)[:, None]
        forecast = self.far.conditions.table[quantity, far_row[0]][..., np.minimum(hour, self.far.hours - 1)]
        return np.where(covered, forecast, values)

    def seen(self, quantity: int, step: IntArray, region: IntArray, hour_utc: HourArray) -> FloatArray:
        """Return a quantity of Conditions in hours beyond the horizon of some origins: (entry,).

        Args:
            step, region, hour_utc: (entry,).
        """
        values: FloatArray = self.season.table[quantity, self.rows.season[step], region, season_cell(hour_utc)]
        if self.far is None:
            return values
        far_row = self.rows.far[step]
        hour = self.far.hour_of(far_row, hour_utc[:, None])[:, 0]
        covered = (hour >= 0) & (hour < self.far.hours) & self.far.is_supported(far_row, region)
        at = np.maximum(far_row, 0), region, np.clip(hour, 0, self.far.hours - 1)
        return np.where(covered, self.far.conditions.table[quantity][at], values)

    def bound(self, step: int, hours: int, extra: FloatArray) -> HourBound:
        """Return the bound of the first `hours` hours beyond the horizon of an origin: arrays (region, hour).

        A silent region has no more spare power than at the origin at which it last reported. Where the grid limit has
        fallen since the forecast was made, the spare power is at most that of the climatological band.

        Args:
            extra: (region,) level that the controller adds to the level of a window.
        """
        region, beyond = np.arange(len(extra)), self._hours(step, hours)
        hours_utc = np.broadcast_to(beyond, (len(region), hours))
        now = Rows(season=np.full_like(region, self.rows.season[step]), far=np.full_like(region, self.rows.far[step]))
        heard = self.heard.at(step)
        bound = self.bound_at(now, region, hours_utc, extra)
        spare_mw = bound.spare_mw
        if (heard.season != now.season).any() or (heard.far != now.far).any():
            spare_mw = np.minimum(spare_mw, self.bound_at(heard, region, hours_utc, extra).spare_mw)
        is_lower = np.zeros(len(region), dtype=np.bool_)
        if self.far is not None:
            is_lower = self.limit_mw[step] < self.far.limit_mw[now.far, region]
        if is_lower.any():
            season_mw = self._season_bound(now.season, region, hours_utc).spare_mw
            spare_mw = np.where(is_lower[:, None], np.minimum(spare_mw, season_mw), spare_mw)
        return bound._replace(spare_mw=spare_mw)

    def bound_at(self, rows: Rows, region: IntArray, hours_utc: HourArray, extra: FloatArray) -> HourBound:
        """Return the bound of some hours beyond the horizon, as known at some rows: arrays (entry, hour).

        Args:
            rows, region, extra: (entry,).
            hours_utc: (entry, hour) hours beyond the horizon.
        """
        if self.far is None:
            return self._season_bound(rows.season, region, hours_utc)
        hour = self.far.hour_of(rows.far, hours_utc)
        covered = (hour < self.far.hours) & self.far.is_supported(rows.far, region)[:, None]
        if not covered.any():
            return self._season_bound(rows.season, region, hours_utc)
        at = np.arange(len(region))[:, None], np.minimum(hour, self.far.hours - 1)
        forecast = self._far_bound(self.far, rows.far, region, extra).at(at)
        if covered.all():
            return forecast
        season = self._season_bound(rows.season, region, hours_utc)
        return HourBound(
            spare_mw=np.where(covered, forecast.spare_mw, season.spare_mw),
            safe_load_mw=np.where(covered, forecast.safe_load_mw, season.safe_load_mw),
            binding=np.where(covered, forecast.binding, season.binding),
            temperature_bound_c=np.where(covered, forecast.temperature_bound_c, season.temperature_bound_c),
        )

    def _far_bound(self, far: FarForecast, row: IntArray, region: IntArray, extra: FloatArray) -> HourBound:
        """Return the bound of some issues: arrays (entry, hour of the issue). The latest one is kept."""
        key = row.tobytes(), region.tobytes(), extra.tobytes()
        if key not in self._latest:
            self._latest.clear()
            self._latest[key] = far.bound_of(np.maximum(row, 0), region, extra)
        return self._latest[key]

    def _season_bound(self, row: IntArray, region: IntArray, hours_utc: HourArray) -> HourBound:
        at = row[:, None], region[:, None], season_cell(hours_utc)
        season = self.season
        load, safe = season.load_bound_mw[at], season.safe_load_mw[at]
        return HourBound(
            spare_mw=np.where(np.isfinite(load), safe - load, -np.inf),
            safe_load_mw=safe,
            binding=season.table[season.QUANTITIES.index("binding")][at].astype(np.int8),
            temperature_bound_c=season.temperature_bound_c[at],
        )

    def _hours(self, step: int, hours: int) -> HourArray:
        """Return the first hours beyond the horizon of an origin."""
        return np.asarray(self.origin_utc[step] + np.arange(self.horizon + 1, self.horizon + hours + 1) * _ONE_HOUR)
