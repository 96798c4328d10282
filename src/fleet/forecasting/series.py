"""One variable over regions and hours, with its covariates and outlooks.

For features, earlier values replace missing ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.forecasting.last_known import last_same_hour, levels
from fleet.units import HOURS_PER_DAY, FloatArray

# Each covariate adds ten features to ridge. A hundred covariates would outweigh the variable itself.
MOST_COVARIATES = 12
# An hour of day that has had no value for a week is not reported at all.
UNREPORTED_H = 7 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """The data that a forecaster learns from.

    observed: (region, hour), NaN where missing. Forecasters learn only these values as targets.
    time_utc: (hour,) consecutive hours.
    name: name of the variable. The column of this name in the outlooks is of the variable itself.
    covariates: name -> (region, hour) other quantities, known up to the origin like the variable.
    outlooks: outlooks of the same regions, for this variable or for quantities that influence it.
    filled: (region, hour) observed values, for features. The latest known value of the same hour of day replaces a
        missing value; NaN if there is none. From UNREPORTED_H after the first value of the region on, the latest value
        of any hour replaces such a NaN.
    missing: (region, hour) True where `observed` is NaN.
    age_h: (region, hour) hours since the latest observation; 0 where the hour itself was observed. Before the first
        observation, hours since the hour before the series.
    first_known: (region,) the first position at which `filled` holds a value for every hour of day; after the last hour
        if there is none.
    covariate_levels: (covariate, region, hour) each covariate minus its mean up to that hour. The latest known level of
        the same hour of day replaces a missing level; 0 if there is none.
    shared: what several series of one telemetry share; None computes these parts for this series.
    hour_outlook: column of the outlooks -> (region, hour) the newest outlook of each hour when the hour began.
    first_outlook_utc: column of the outlooks -> (region,) issue time of the first outlook; NaT where there is none.
    """

    observed: FloatArray
    time_utc: HourArray
    name: str = ""
    covariates: Mapping[str, FloatArray] = field(default_factory=dict)
    outlooks: Outlooks | None = None
    filled: FloatArray = field(init=False)
    missing: NDArray[np.bool_] = field(init=False)
    age_h: NDArray[np.int64] = field(init=False)
    first_known: NDArray[np.int64] = field(init=False)
    shared: "Shared | None" = None
    covariate_levels: FloatArray = field(init=False)
    hour_outlook: Mapping[str, FloatArray] = field(init=False)
    first_outlook_utc: Mapping[str, HourArray] = field(init=False)

    def __post_init__(self) -> None:
        for values in (self.observed, *self.covariates.values()):
            if values.ndim != 2 or values.shape != (len(self.observed), len(self.time_utc)):
                raise DataError(
                    f"series has shape {values.shape}, expected (region, hour) = "
                    f"({len(self.observed)}, {len(self.time_utc)})"
                )
        if self.outlooks is not None and len(self.outlooks.regions) != len(self.observed):
            raise DataError(
                f"outlooks have {len(self.outlooks.regions)} regions and the series has {len(self.observed)}, "
                "expected the same regions"
            )
        object.__setattr__(self, "filled", _filled(self.observed))
        object.__setattr__(self, "missing", np.isnan(self.observed))
        object.__setattr__(self, "age_h", _age_h(self.missing))
        object.__setattr__(self, "first_known", _first_known(self.filled))
        shared = self.shared or Shared(self.time_utc, self.covariates, self.outlooks)
        levels = [shared.level(name) for name in self.covariates]
        object.__setattr__(self, "covariate_levels", np.array(levels).reshape(-1, *self.observed.shape))
        object.__setattr__(self, "hour_outlook", shared.hour_outlook)
        object.__setattr__(self, "first_outlook_utc", shared.first_outlook_utc)

    @staticmethod
    def of(telemetry: Telemetry, name: str, outlooks: Outlooks | None = None) -> "Series":
        """Return the series of a column of telemetry. The first MOST_COVARIATES other columns become covariates.

        Args:
            name: the column.
            outlooks: may hold more regions than the telemetry.
        Raises: DataError if the column is missing or has no value in some region.
        """
        return SeriesSource(telemetry, outlooks).series(name)


class Shared:
    """What the series of several columns of one telemetry share. Each part is computed when it is first used.

    Args:
        values: column -> (region, hour).
    """

    def __init__(self, time_utc: HourArray, values: Mapping[str, FloatArray], outlooks: Outlooks | None) -> None:
        self._time_utc, self._values, self._outlooks = time_utc, values, outlooks
        self._levels: dict[str, FloatArray] = {}

    def level(self, column: str) -> FloatArray:
        """Return the (region, hour) level of a covariate; see `Series.covariate_levels`."""
        if column not in self._levels:
            self._levels[column] = levels(np.ascontiguousarray(self._values[column]))
        return self._levels[column]

    @cached_property
    def hour_outlook(self) -> Mapping[str, FloatArray]:
        """See `Series.hour_outlook`."""
        if self._outlooks is None:
            return {}
        hour_before = self._time_utc - np.timedelta64(1, "h")
        return {name: self._outlooks.known_at(name, hour_before, 1)[..., 0] for name in self._outlooks.values}

    @cached_property
    def first_outlook_utc(self) -> Mapping[str, HourArray]:
        """See `Series.first_outlook_utc`."""
        return {} if self._outlooks is None else {n: self._outlooks.first_issued_utc(n) for n in self._outlooks.values}


class SeriesSource:
    """Telemetry and outlooks, from which the series of several columns are made.

    Args:
        outlooks: may hold more regions than the telemetry.
    """

    def __init__(self, telemetry: Telemetry, outlooks: Outlooks | None) -> None:
        self._telemetry = telemetry
        self._outlooks = None if outlooks is None else outlooks.select(telemetry.regions)
        self._shared = Shared(telemetry.time_utc, telemetry.values, self._outlooks)

    def series(self, name: str, observed: FloatArray | None = None) -> Series:
        """Return the series of a column. The first MOST_COVARIATES other columns become covariates.

        Args:
            observed: (region, hour) values of the column; None takes those of the telemetry.
        Raises: DataError if `observed` is None, and the column is missing or has no value in some region.
        """
        values = self._telemetry.values
        others = [column for column in values if column != name][:MOST_COVARIATES]
        return Series(
            observed=self._telemetry.column(name) if observed is None else observed,
            time_utc=self._telemetry.time_utc,
            name=name,
            covariates={column: values[column] for column in others},
            outlooks=self._outlooks,
            shared=self._shared,
        )


def target_position(origins: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """Return the position of each target: (origin, lead). Lead h of an origin predicts the hour origin + h."""
    return origins[:, None] + np.arange(1, horizon + 1)


def actual(series: Series, origins: NDArray[np.int64], horizon: int, rows: slice = slice(None)) -> FloatArray:
    """Return the observed value of each target: (origin, region, lead). NaN where missing or after the last hour.

    Args:
        rows: the regions; all by default.
    """
    hours = series.observed.shape[1]
    target = target_position(origins, horizon)
    values = series.observed[rows][:, np.minimum(target, hours - 1)]
    return np.where(target[:, None, :] < hours, values.swapaxes(0, 1), np.nan)


def refit_blocks(time_utc: HourArray, origins: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the origins in blocks, one for each calendar month of UTC.

    Blocks depend on the calendar and not on the first origin, so that a live hour and a replay refit at the same time.
    """
    month = clock.month_index(time_utc[origins])
    return np.split(origins, np.flatnonzero(np.diff(month)) + 1) if len(origins) else []


def month_spans(time_utc: HourArray, start: int, stop: int) -> list[tuple[int, int]]:
    """Return (first, end) of each calendar month of UTC in start..stop-1, in order; `end` is not included."""
    blocks = refit_blocks(time_utc, np.arange(start, stop))
    return [(int(block[0]), int(block[-1]) + 1) for block in blocks]


def month_start(time_utc: HourArray, position: int) -> int:
    """Return the position of the first hour of the calendar month of a position, at least 0."""
    offset = (time_utc[position].astype("datetime64[M]").astype(time_utc.dtype) - time_utc[0]) / np.timedelta64(1, "h")
    return max(int(offset), 0)


def _age_h(missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    position = np.arange(missing.shape[1])
    latest = np.maximum.accumulate(np.where(missing, -1, position), axis=1)
    return np.where(latest < 0, position + 1, position - latest)


def _first_known(filled: FloatArray) -> NDArray[np.int64]:
    # Each hour of day needs a value that can replace missing ones, so one full day must be filled.
    count = np.cumsum(np.isfinite(filled), axis=1)
    count[:, HOURS_PER_DAY:] -= count[:, :-HOURS_PER_DAY].copy()
    is_full_day = count == HOURS_PER_DAY
    never = filled.shape[1] + HOURS_PER_DAY - 1
    first: NDArray[np.int64] = np.where(is_full_day.any(axis=1), is_full_day.argmax(axis=1), never)
    return first


def _filled(observed: FloatArray) -> FloatArray:
    """Return the observed values with replacements of missing ones; see `Series.filled`."""
    filled = last_same_hour(np.ascontiguousarray(observed))
    is_known = np.isfinite(observed)
    first = np.where(is_known.any(axis=1), is_known.argmax(axis=1), observed.shape[1])
    position = np.arange(observed.shape[1])
    is_unreported = np.isnan(filled) & (position >= first[:, None] + UNREPORTED_H)
    if is_unreported.any():
        latest = np.maximum.accumulate(np.where(is_known, position, 0), axis=1)
        filled = np.where(is_unreported, np.take_along_axis(observed, latest, axis=1), filled)
    return filled
