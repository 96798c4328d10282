"""One variable over regions and hours, with the causal fill that features are made from."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.units import HOURS_PER_DAY, FloatArray


@dataclass(frozen=True, kw_only=True)
class Series:
    """What a forecaster learns from.

    observed: (region, hour), NaN where missing. These alone are ever learnt as targets.
    time_utc: (hour,).
    filled: (region, hour): an observed value, or for features only the latest known value of the same hour of day; NaN
        before the first one. It looks backward only.
    """

    observed: FloatArray
    time_utc: HourArray
    filled: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        if self.observed.ndim != 2 or self.observed.shape[1] != len(self.time_utc):
            raise DataError(f"series has shape {self.observed.shape}, expected (region, {len(self.time_utc)})")
        object.__setattr__(self, "filled", _last_same_hour(self.observed))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(region, hour): where `filled` is not an observation."""
        return np.isnan(self.observed)

    @property
    def age_h(self) -> NDArray[np.int64]:
        """(region, hour): hours since the latest observation; 0 where the hour itself was observed."""
        position = np.arange(self.observed.shape[1])
        latest = np.maximum.accumulate(np.where(self.missing, -1, position), axis=1)
        return np.where(latest < 0, position + 1, position - latest)

    @property
    def first_known(self) -> NDArray[np.int64]:
        """(region,): the first position from which every feature has a value to stand on."""
        known = np.isfinite(self.filled)
        if known.shape[1] < HOURS_PER_DAY:
            return np.full(known.shape[0], known.shape[1] + HOURS_PER_DAY - 1)
        # One full day must be known, so that each hour of day has a value to fall back to.
        whole_day = np.all(np.lib.stride_tricks.sliding_window_view(known, HOURS_PER_DAY, axis=1), axis=2)
        first: NDArray[np.int64] = np.where(whole_day.any(axis=1), whole_day.argmax(axis=1), known.shape[1])
        return first + HOURS_PER_DAY - 1


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


def target_position(origins: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """(origin, lead): lead h of an origin predicts the hour origin + h."""
    return origins[:, None] + np.arange(1, horizon + 1)


def actual(series: Series, origins: NDArray[np.int64], horizon: int) -> FloatArray:
    """(origin, region, lead): what was observed at each target; NaN where missing or past the end."""
    hours = series.observed.shape[1]
    target = target_position(origins, horizon)
    values = series.observed[:, np.minimum(target, hours - 1)]
    return np.where(target[:, None, :] < hours, values.swapaxes(0, 1), np.nan)


def refit_blocks(time_utc: HourArray, origins: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The origins, cut where a calendar month of UTC begins.

    Months are cut by the calendar and not by the first origin, so that a live tick refits when a replay does.
    """
    month = clock.month_index(time_utc[origins])
    return np.split(origins, np.flatnonzero(np.diff(month)) + 1) if len(origins) else []
