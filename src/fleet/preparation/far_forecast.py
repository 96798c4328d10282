"""Forecasts and bounds of the hours beyond the horizon, made every few hours for the rest of a week."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.conformal.window_levels import WindowGrid
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels, HourBound
from fleet.domain.region import Fleet
from fleet.forecasting.base import Positions, Progress
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, HourlyValues, conditions_of, sure_limits_mw
from fleet.preparation.forecasts import ColumnInputs, ColumnState, forecast_columns
from fleet.preparation.gate_margins import MarginState, margins_of
from fleet.preparation.headroom_levels import levels_of
from fleet.preparation.observed_limit import last_observed_mw, lowest_of_day_mw
from fleet.preparation.required_levels import LevelState
from fleet.preparation.settings import (
    DECISION,
    FAR_LOAD_SHARE,
    FAR_STEP_H,
    FAR_WEATHER_SHARE,
    PATH,
    POINTWISE,
    Settings,
)
from fleet.preparation.stated_hours import GateHours
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# A window is covered by the first of these lengths that is at least its own, all counted from the horizon.
_SHORTEST_H = 6
# A silent region is limited to the issue that was known when it last reported, at most a day earlier.
_ISSUES_KEPT = HOURS_PER_DAY // FAR_STEP_H
# Fields of HeadroomLevels with an axis of levels before the axis of issues, and those without.
_BY_LEVEL = ("safe_load_mw", "binding", "load_mw")
_BY_ISSUE = (
    *("grid_load_mw", "grid_binding", "temperature_c", "margin_k", "dew_point_c", "dew_point_margin_k"),
    *("weather_required", "load_required"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class FarForecast:
    """The hours beyond the horizon as seen from some issues. Hour 0 is the first one beyond the horizon of the issue.

    Args:
        horizon: hours from an issue to the hour before hour 0.
        issue_utc: (issue,) origins of the forecasts.
        conditions: (issue, region, hour); each hour has a bound of its own.
        levels: safe loads (level, issue, region, hour), and the level that windows from hour 0 on require.
        limit_mw: (issue, region) the lowest grid limit that was observed on the day of the issue.
    """

    horizon: int
    issue_utc: HourArray
    conditions: Conditions
    levels: HeadroomLevels
    limit_mw: FloatArray

    @property
    def hours(self) -> int:
        """The number of hours of each issue."""
        return int(self.levels.grid_load_mw.shape[-1])

    def row_at(self, origin_utc: HourArray) -> IntArray:
        """Return the position of the latest issue at each origin; -1 before the first issue."""
        return np.asarray(np.searchsorted(self.issue_utc, origin_utc, side="right") - 1)

    def hour_of(self, row: IntArray, hours_utc: HourArray) -> IntArray:
        """Return the position of (entry, hour) hours in the forecasts of (entry,) issues; of any issue for row -1."""
        ahead = hours_utc - self.issue_utc[np.maximum(row, 0)][:, None]
        return np.asarray(ahead.astype("timedelta64[h]").astype(np.int64) - self.horizon - 1)

    def is_supported(self, row: IntArray, region: IntArray) -> NDArray[np.bool_]:
        """Return (entry,) whether the history supports a bound for all hours of an issue and region."""
        at = np.maximum(row, 0), region
        required = self.levels.weather_required[at] + self.levels.load_required[at]
        return np.asarray(np.isfinite(required).all(axis=(-2, -1)) & (row >= 0))

    def bound_of(self, row: IntArray, region: IntArray, extra: FloatArray) -> HourBound:
        """Return the bounds of some issues and regions, at the levels that their windows require: (entry, hour).

        A job that runs in an hour beyond the horizon also runs in all hours from the horizon on. So the spare power of
        an hour is at most the least of the hours before it.

        Args:
            row, region: (entry,) positions.
            extra: (entry,) level to add to the required ones.
        """
        levels = self.levels
        bucket = np.searchsorted(levels.bucket_h, np.arange(1, self.hours + 1))
        weather, load = (
            levels.index_of(required[row, region, 0] + extra[:, None])[:, bucket]
            for required in (levels.weather_required, levels.load_required)
        )
        highest = len(levels.levels) - 1
        at = row[:, None], region[:, None], np.arange(self.hours)
        bound = levels.bound_at(at, np.minimum(weather, highest), np.minimum(load, highest))
        spare_mw = np.where(np.maximum(weather, load) > highest, -np.inf, bound.spare_mw)
        return bound._replace(spare_mw=np.minimum.accumulate(spare_mw, axis=1))

    def issues(self, which: slice) -> Self:
        """Return some of the issues, as arrays of their own."""
        by_level: dict[str, Any] = {name: getattr(self.levels, name)[:, which].copy() for name in _BY_LEVEL}
        by_issue: dict[str, Any] = {name: getattr(self.levels, name)[which].copy() for name in _BY_ISSUE}
        return type(self)(
            horizon=self.horizon,
            issue_utc=self.issue_utc[which],
            conditions=self.conditions.map(lambda table: table[:, which].copy()),
            levels=replace(self.levels, **by_level, **by_issue),
            limit_mw=self.limit_mw[which].copy(),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FarState:
    """What the forecasts beyond the horizon have learnt.

    Args:
        columns: column -> forecasters and last forecasts.
        margins: variable -> what its margins have learnt.
        levels: what the levels that windows need have learnt.
        latest: the last issues; None before the first one.
    """

    columns: Mapping[str, ColumnState]
    margins: Mapping[str, MarginState] = field(default_factory=dict)
    levels: LevelState = field(default_factory=LevelState)
    latest: FarForecast | None = None

    @classmethod
    def empty(cls, first: int, regions: int, settings: Settings) -> Self:
        """Return the state before the first origin, whose position is `first`."""
        horizon = settings.far_horizon
        return cls(
            columns={name: ColumnState.empty(first, regions, horizon) for name in (*BOUNDED, *EXPECTED)},
            margins={name: MarginState() for name in BOUNDED},
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FarResult:
    """The forecasts beyond the horizon of one call.

    Args:
        forecast: the issues from the last one before the needed origins on, and at least those of the last day.
        residuals: column -> forecasts and actual values of these issues, for the hours beyond the horizon. Empty if the
            call made no new issue.
        limits_mw: (issue, region, hour) grid power that decisions use, as for `residuals`.
    """

    forecast: FarForecast
    residuals: Mapping[str, Residuals]
    limits_mw: FloatArray


def _issues_among(time_utc: HourArray, origins: Positions) -> Positions:
    """Return the origins at which forecasts beyond the horizon are made. They depend on the clock alone."""
    return np.asarray(origins[clock.hour_of_day(time_utc[origins]) % FAR_STEP_H == 0])


def far_windows(settings: Settings) -> WindowGrid:
    """Return the windows from the first hour beyond the horizon on. Their lengths double."""
    hours = settings.far_horizon - settings.horizon
    doubled = _SHORTEST_H * 2 ** np.arange(hours.bit_length())
    longest_h = np.unique(np.minimum(doubled, hours))
    return WindowGrid(
        first_lead=settings.horizon + 1,
        hours=hours,
        starts=1,
        longest_h=longest_h,
        step_h=FAR_STEP_H,
        weather_miscoverage=FAR_WEATHER_SHARE * settings.miscoverage,
        load_miscoverage=FAR_LOAD_SHARE * settings.miscoverage,
    )


def advance_far(
    state: FarState,
    inputs: ColumnInputs,
    fleet: Fleet,
    new: Positions,
    settings: Settings,
    since: int,
    progress: Progress | None,
) -> tuple[FarState, FarResult | None]:
    """Forecast the hours beyond the horizon at those of the new origins that are issues.

    Args:
        new: positions of the new origins.
        since: position of the first origin that is needed. It may use an issue that is some hours older.
    Returns: the state after the new issues, and the issues that are needed; None before the first issue.
    """
    new = _issues_among(inputs.telemetry.time_utc, new) if settings.has_far else new[:0]
    if not len(new):
        return state, _without_new_issues(state, len(fleet.regions), progress)
    schedule, telemetry = settings.far, inputs.telemetry
    forecasts = forecast_columns(inputs, state.columns, new, schedule, since=since, progress=progress)
    margins_after, gate_margin = {}, {}
    for name in BOUNDED:
        margins_after[name], margin = margins_of(
            forecasts.residuals[name], settings, state.margins[name], kept=schedule.kept
        )
        gate_margin[name] = margin[PATH if settings.gate == PATH else POINTWISE][..., settings.horizon :]
    positions = new[-1] - schedule.step_h * np.arange(len(forecasts.residuals[BOUNDED[0]].forecast))[::-1]
    # A later call may need any issue of the last day: a region that is silent then may have reported at that time.
    needed = int(np.searchsorted(positions, since, side="right")) - 1
    first = max(min(needed, len(positions) - _ISSUES_KEPT), 0)
    residuals = {name: _beyond(known, settings.horizon, first) for name, known in forecasts.residuals.items()}
    seen_mw = lowest_of_day_mw(fleet, telemetry.time_utc, last_observed_mw(telemetry))[:, positions].T
    limits_mw = _limits_mw(fleet, telemetry.time_utc[positions], seen_mw, settings)
    bounded = {name: residuals[name] for name in BOUNDED}
    levels_after, levels = levels_of(
        fleet,
        GateHours(residuals=bounded, margin=gate_margin, grid_limit_mw=limits_mw),
        far_windows(settings),
        state.levels,
        kept=schedule.kept,
        is_learning=settings.gate == DECISION,
    )
    forecast = FarForecast(
        horizon=settings.horizon,
        issue_utc=telemetry.time_utc[positions[first:]],
        conditions=_conditions(fleet, residuals, gate_margin, limits_mw),
        levels=levels,
        limit_mw=seen_mw[first:],
    )
    after = FarState(
        columns=forecasts.after,
        margins=margins_after,
        levels=levels_after,
        latest=forecast.issues(slice(-_ISSUES_KEPT, None)),
    )
    return after, FarResult(forecast=forecast, residuals=residuals, limits_mw=limits_mw[first:])


def _without_new_issues(state: FarState, regions: int, progress: Progress | None) -> FarResult | None:
    """Return the issues that the state keeps; None before the first one."""
    if progress is not None:
        progress(1.0)
    if state.latest is None:
        return None
    return FarResult(forecast=state.latest, residuals={}, limits_mw=np.empty((0, regions, 0)))


def known_beyond(result: FarResult, fleet: Fleet) -> FarForecast:
    """Return the issues as if the weather, load, carbon and price beyond the horizon were known."""
    actual = HourlyValues(**{name: known.actual[known.since :] for name, known in result.residuals.items()})
    conditions = conditions_of(fleet, expected=actual, bound=actual, grid_limit_mw=result.limits_mw)
    levels = HeadroomLevels.single(conditions)
    # A window beyond the horizon begins with its first hour.
    return FarForecast(
        horizon=result.forecast.horizon,
        issue_utc=result.forecast.issue_utc,
        conditions=conditions,
        levels=replace(
            levels,
            weather_required=levels.weather_required[:, :, :1],
            load_required=levels.load_required[:, :, :1],
        ),
        limit_mw=result.forecast.limit_mw,
    )


def _beyond(known: Residuals, horizon: int, since: int) -> Residuals:
    """Return the residuals of the hours beyond the horizon."""
    return replace(known, forecast=known.forecast[..., horizon:], actual=known.actual[..., horizon:], since=since)


def _conditions(
    fleet: Fleet, residuals: Mapping[str, Residuals], margin: Mapping[str, FloatArray], limits_mw: FloatArray
) -> Conditions:
    since = residuals[BOUNDED[0]].since
    forecast = {name: known.forecast[since:] for name, known in residuals.items()}
    bound = forecast | {name: forecast[name] + margin[name][since:] for name in BOUNDED}
    return conditions_of(
        fleet,
        expected=HourlyValues(**forecast),
        bound=HourlyValues(**bound),
        grid_limit_mw=limits_mw[since:],
    )


def _limits_mw(fleet: Fleet, issue_utc: HourArray, seen_mw: FloatArray, settings: Settings) -> FloatArray:
    """Return the (issue, region, hour) grid power beyond the horizon: the sure limit, or a lower observed limit.

    Args:
        seen_mw: (issue, region) the lowest observed limit of the day.
    """
    ahead = np.arange(settings.horizon + 1, settings.far_horizon + 1)
    sure_mw = sure_limits_mw(fleet, (issue_utc[:, None] + ahead).ravel())
    sure_mw = sure_mw.reshape(len(fleet.regions), len(issue_utc), len(ahead)).swapaxes(0, 1)
    return np.minimum(sure_mw, seen_mw[..., None])
