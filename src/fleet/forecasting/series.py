"""One variable over regions and hours, with what else is known about it, and the causal fill of what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.units import HOURS_PER_DAY, FloatArray

# In spreads of a covariate; what is further out is more often a fault of a sensor than news.
_FURTHEST = 5.0
# Every one adds ten features to each lead; a table of a hundred columns would drown the variable in them.
MOST_COVARIATES = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """What a forecaster learns from.

    observed: (region, hour), NaN where missing. These alone are ever learnt as targets.
    time_utc: (hour,).
    name: of the variable, to tell an outlook of itself from one of something else.
    covariates: name -> (region, hour) other quantities, known up to the origin as the variable itself is.
    outlooks: of the same regions; forecasts by others, of this variable or of what drives it.
    filled: (region, hour): an observed value, or for features only the latest known value of the same hour of day; NaN
        before the first one. It looks backward only.
    missing: (region, hour): where `filled` is not an observation.
    age_h: (region, hour): hours since the latest observation; 0 where the hour itself was observed.
    first_known: (region,): the first position from which every feature has a value to stand on.
    covariate_levels: (covariate, region, hour) departures from the mean so far, gaps filled alike; 0 before the first.
    foreseen: column of the outlooks -> (region, hour) what the newest one said when the hour began.
    foreseen_since: column of the outlooks -> (region,) when the first one was issued; NaT where none ever was.
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
    covariate_levels: FloatArray = field(init=False)
    foreseen: Mapping[str, FloatArray] = field(init=False)
    foreseen_since: Mapping[str, HourArray] = field(init=False)

    def __post_init__(self) -> None:
        for values in (self.observed, *self.covariates.values()):
            if values.ndim != 2 or values.shape != (len(self.observed), len(self.time_utc)):
                raise DataError(
                    f"series has shape {values.shape}, expected (region, hour) = "
                    f"({len(self.observed)}, {len(self.time_utc)})"
                )
        if self.outlooks is not None and len(self.outlooks.regions) != len(self.observed):
            raise DataError(
                f"outlooks are of {len(self.outlooks.regions)} regions and the series of {len(self.observed)}, "
                "expected the same"
            )
        object.__setattr__(self, "filled", _last_same_hour(self.observed))
        object.__setattr__(self, "missing", np.isnan(self.observed))
        object.__setattr__(self, "age_h", _age_h(self.missing))
        object.__setattr__(self, "first_known", _first_known(self.filled))
        levels = [_level(values) for values in self.covariates.values()]
        object.__setattr__(self, "covariate_levels", np.array(levels).reshape(-1, *self.observed.shape))
        foreseen, since = {}, {}
        if self.outlooks is not None:
            before = self.time_utc - np.timedelta64(1, "h")
            foreseen = {name: self.outlooks.known_at(name, before, 1)[..., 0] for name in self.outlooks.values}
            since = {name: self.outlooks.first_spoken(name) for name in self.outlooks.values}
        object.__setattr__(self, "foreseen", foreseen)
        object.__setattr__(self, "foreseen_since", since)

    @classmethod
    def of(cls, telemetry: Telemetry, name: str, outlooks: Outlooks | None = None) -> Self:
        """A column of telemetry, with the first MOST_COVARIATES of its other columns and outlooks of the same regions.

        Raises: DataError if the column is missing or has no value in some region.
        """
        others = [column for column in telemetry.values if column != name][:MOST_COVARIATES]
        return cls(
            observed=telemetry.column(name),
            time_utc=telemetry.time_utc,
            name=name,
            covariates={column: telemetry.values[column] for column in others},
            outlooks=None if outlooks is None else outlooks.select(telemetry.regions),
        )


def _age_h(missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    position = np.arange(missing.shape[1])
    latest = np.maximum.accumulate(np.where(missing, -1, position), axis=1)
    return np.where(latest < 0, position + 1, position - latest)


def _first_known(filled: FloatArray) -> NDArray[np.int64]:
    # One full day must be known, so that each hour of day has a value to fall back to.
    count = np.cumsum(np.isfinite(filled), axis=1)
    count[:, HOURS_PER_DAY:] -= count[:, :-HOURS_PER_DAY].copy()
    whole_day = count == HOURS_PER_DAY
    never = filled.shape[1] + HOURS_PER_DAY - 1
    first: NDArray[np.int64] = np.where(whole_day.any(axis=1), whole_day.argmax(axis=1), never)
    return first


def _last_same_hour(observed: FloatArray) -> FloatArray:
    regions, hours = observed.shape
    days = -(-hours // HOURS_PER_DAY)
    by_day = np.full((regions, days * HOURS_PER_DAY), np.nan)
    by_day[:, :hours] = observed
    by_day = by_day.reshape(regions, days, HOURS_PER_DAY)
    day = np.arange(days)[None, :, None]
    latest = np.maximum.accumulate(np.where(np.isfinite(by_day), day, -1), axis=1)
    filled = np.take_along_axis(by_day, np.maximum(latest, 0), axis=1)
    filled[latest < 0] = np.nan
    return filled.reshape(regions, -1)[:, :hours]


def _level(values: FloatArray) -> FloatArray:
    """(region, hour) departure of each value from the mean so far, held within FURTHEST of the spread so far."""
    known = np.isfinite(values)
    count = np.maximum(np.cumsum(known, axis=1), 1)
    # About the first value, since squares of a large level would drown its spread.
    start = np.take_along_axis(values, known.argmax(axis=1)[:, None], axis=1)
    departure = np.where(known, values - np.nan_to_num(start), 0.0)
    mean = np.cumsum(departure, axis=1) / count
    spread = np.sqrt(np.maximum(np.cumsum(departure**2, axis=1) / count - mean**2, 0.0))
    level = np.clip(departure - mean, -_FURTHEST * spread, _FURTHEST * spread)
    return np.nan_to_num(_last_same_hour(np.where(known, level, np.nan)))


def target_position(origins: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """(origin, lead): lead h of an origin predicts the hour origin + h."""
    return origins[:, None] + np.arange(1, horizon + 1)


def actual(series: Series, origins: NDArray[np.int64], horizon: int, rows: slice = slice(None)) -> FloatArray:
    """(origin, region, lead) of some regions: what was observed at each target; NaN where missing or past the end."""
    hours = series.observed.shape[1]
    target = target_position(origins, horizon)
    values = series.observed[rows][:, np.minimum(target, hours - 1)]
    return np.where(target[:, None, :] < hours, values.swapaxes(0, 1), np.nan)


def refit_blocks(time_utc: HourArray, origins: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The origins, cut where a calendar month of UTC begins.

    Months are cut by the calendar and not by the first origin, so that a live tick refits when a replay does.
    """
    month = clock.month_index(time_utc[origins])
    return np.split(origins, np.flatnonzero(np.diff(month)) + 1) if len(origins) else []


def month_spans(time_utc: HourArray, start: int, stop: int) -> list[tuple[int, int]]:
    """(first, end) of each calendar month of UTC in start..stop-1, in order."""
    blocks = refit_blocks(time_utc, np.arange(start, stop))
    return [(int(block[0]), int(block[-1]) + 1) for block in blocks]


def month_start(time_utc: HourArray, position: int) -> int:
    """The position of the first hour of its calendar month, or the first of all."""
    offset = (time_utc[position].astype("datetime64[M]").astype(time_utc.dtype) - time_utc[0]) / np.timedelta64(1, "h")
    return max(int(offset), 0)
