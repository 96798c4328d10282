"""Forecasts of each column at each origin: the columns that limits need, and the columns that only costs need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.forecasting import Series
from fleet.forecasting.base import Positions, Progress
from fleet.forecasting.series import SeriesSource
from fleet.forecasting.series import actual as actual_of
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.column_walk import ColumnWalk
from fleet.preparation.settings import Schedule
from fleet.side_by_side import Task, run_in_turn
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# A column's forecasters after the new origins, and the (origin, region, lead) forecasts.
Walked = tuple[ColumnWalk, FloatArray]
# A cost is a preference and not a safety limit, so a cost may use older values than a bound may.
MAX_COST_AGE_H = 7 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class CostHistory:
    """The origins and regions at which the forecast of carbon or price may be used, and the value to use elsewhere.

    Args:
        is_usable: (origin, region) True if there are WARM_UP_H of history and a value in the last MAX_COST_AGE_H.
        stated: (region,) the value that the fleet file states; NaN if there is none.
    """

    is_usable: NDArray[np.bool_]
    stated: FloatArray

    def at(self, origins: slice | NDArray[np.int64]) -> Self:
        """Return the history at some of the origins."""
        return type(self)(is_usable=self.is_usable[origins], stated=self.stated)

    def applied(self, expected: FloatArray) -> FloatArray:
        """Return (origin, region, hour) values. The stated value, or NaN, replaces those that may not be used."""
        return np.where(self.is_usable[..., None], expected, self.stated[:, None])


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnState:
    """The forecasters of one column, and their last forecasts.

    Args:
        tail: (origin, region, lead) forecasts of the last origins.
    """

    walk: ColumnWalk
    tail: FloatArray

    @classmethod
    def empty(cls, first: int, regions: int, horizon: int) -> Self:
        """Return the state before the first origin.

        Args:
            first: position of the first origin.
        """
        return cls(walk=ColumnWalk(first=first), tail=np.empty((0, regions, horizon)))


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnInputs:
    """The values that forecasts are made from.

    Args:
        columns: name -> (region, hour) values to forecast; NaN where missing. Regions without any value are allowed.
        stated: carbon and price -> (region,) as in `CostHistory`.
        telemetry: for each column, the other columns of the telemetry are features.
        outlooks: forecasts by others, which are features too; None if there are none.
    """

    columns: Mapping[str, FloatArray]
    stated: Mapping[str, FloatArray]
    telemetry: Telemetry
    outlooks: Outlooks | None
    _sources: dict[bytes, SeriesSource] = field(default_factory=dict)

    @cached_property
    def series(self) -> Mapping[str, Series]:
        """Name -> the series of every region, without covariates and outlooks."""
        time_utc = self.telemetry.time_utc
        return {name: Series(observed=values, time_utc=time_utc, name=name) for name, values in self.columns.items()}

    def source_of(self, rows: IntArray) -> SeriesSource:
        """Return the source of the series of some regions. All columns share this source."""
        key = rows.tobytes()
        if key not in self._sources:
            some = self.telemetry.select([self.telemetry.regions[row] for row in rows])
            self._sources[key] = SeriesSource(some, self.outlooks)
        return self._sources[key]


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """Forecasts of all columns at the last origins of the earlier state, and at the new origins.

    Args:
        residuals: column -> forecasts and actual values; `since` is the index of the first origin that is needed.
        cost_history: carbon and price -> where their forecasts may be used, from origin `since` on.
        after: column -> state after the new origins.
    """

    residuals: Mapping[str, Residuals]
    cost_history: Mapping[str, CostHistory]
    after: Mapping[str, ColumnState]


def forecast_columns(
    inputs: ColumnInputs,
    before: Mapping[str, ColumnState],
    origins: Positions,
    schedule: Schedule,
    *,
    since: int,
    progress: Progress | None,
) -> Forecasts:
    """Forecast every column at new origins, one column after the other.

    Args:
        progress: called with the finished share, in (0, 1].
    Other arguments: as for `column_tasks` and `forecasts_of`.
    """
    tasks = column_tasks(inputs, before, origins, schedule)
    walked = run_in_turn(tasks, mean_share(progress, len(tasks)))
    return forecasts_of({name: one.result for name, one in walked.items()}, inputs, before, origins, schedule, since)


def column_tasks(
    inputs: ColumnInputs, before: Mapping[str, ColumnState], origins: Positions, schedule: Schedule
) -> dict[str, Task[Walked]]:
    """Return the task that forecasts each column at new origins. The tasks do not depend on each other.

    Args:
        before: column -> state before these origins.
        origins: positions that follow those of the state, `schedule.step_h` apart.
    """
    return {
        name: partial(before[name].walk.advance, whole, inputs.source_of, origins, schedule)
        for name, whole in inputs.series.items()
    }


def forecasts_of(
    walked: Mapping[str, Walked],
    inputs: ColumnInputs,
    before: Mapping[str, ColumnState],
    origins: Positions,
    schedule: Schedule,
    since: int,
) -> Forecasts:
    """Return the forecasts from the results of the columns' tasks.

    The forecast of a region is NaN until the region has enough history. For carbon and price, the stated value replaces
    a forecast that may not be used.

    Args:
        walked: column -> result of its task.
        since: position of the first origin that is needed.
    Other arguments: as for `column_tasks`.
    """
    residuals, cost_history, after = {}, {}, {}
    for name, whole in inputs.series.items():
        walk, forecast = walked[name]
        forecast = np.concatenate([before[name].tail, forecast])
        after[name] = ColumnState(walk=walk, tail=forecast[-schedule.kept :].copy())
        positions = origins[-1] - schedule.step_h * np.arange(len(forecast))[::-1]
        number = int(np.searchsorted(positions, since))
        if name not in BOUNDED:
            is_old_enough = positions[:, None] >= walk.begins(whole)
            is_usable = is_old_enough & (whole.age_h[:, positions].T <= MAX_COST_AGE_H)
            history = CostHistory(is_usable=is_usable, stated=inputs.stated[name])
            forecast, cost_history[name] = history.applied(forecast), history.at(slice(number, None))
        residuals[name] = Residuals(
            forecast=forecast,
            actual=actual_of(whole, positions, schedule.horizon),
            origin_utc=whole.time_utc[positions],
            age_h=whole.age_h[:, positions].T,
            since=number,
            step_h=schedule.step_h,
        )
    return Forecasts(residuals=residuals, cost_history=cost_history, after=after)


def mean_share(progress: Progress | None, count: int) -> Callable[[str, float], None]:
    """Return what takes the finished share of each of `count` tasks by name, and reports the mean."""
    shares: dict[str, float] = {}

    def report(name: str, share: float) -> None:
        shares[name] = share
        if progress is not None:
            progress(sum(shares.values()) / count)

    return report
