"""Tracks the levels of weather and load that windows needed, for each region, start and bucket of window lengths."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import MarginSettings, State, delayed
from fleet.conformal.tracker import Tracker
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

# The scores are in margins, which already follow the size of the errors. So a shorter warm-up is enough. The load is
# learnt after the weather.
WEATHER_WARM_UP_DAYS = 10
LOAD_WARM_UP_DAYS = 20
# Scores of windows beyond the horizon become known after many steps, see `Tracker`.
_MOST_UNTIL_KNOWN = 0.5


def buckets(horizon: int) -> NDArray[np.int64]:
    """Return the longest window of each bucket [h]: (bucket,). The lengths double; the last one is the horizon."""
    doubled = 2 ** np.arange(int(horizon).bit_length() + 1)
    return np.unique(np.minimum(doubled, horizon))


@dataclass(frozen=True, kw_only=True)
class WindowGrid:
    """The windows whose levels are tracked. Every `step_h` hours, an origin looks at the same hours ahead of it.

    Args:
        first_lead: hours from the origin to the first of these hours.
        hours: number of these hours.
        starts: a window may begin in each of the first `starts` hours.
        longest_h: (bucket,) the longest window of each bucket, ascending. A window ends with the last hour at the
            latest.
        step_h: hours from one origin to the next.
        weather_miscoverage, load_miscoverage: accepted share of windows that need a higher level than their bound.
    """

    first_lead: int
    hours: int
    starts: int
    longest_h: NDArray[np.int64]
    step_h: int
    weather_miscoverage: Fraction
    load_miscoverage: Fraction

    @classmethod
    def within(cls, horizon: int, weather_miscoverage: Fraction, load_miscoverage: Fraction) -> Self:
        """Return the windows that begin within the horizon, up to its end, from hourly origins."""
        return cls(
            first_lead=1,
            hours=horizon,
            starts=horizon,
            longest_h=buckets(horizon),
            step_h=1,
            weather_miscoverage=weather_miscoverage,
            load_miscoverage=load_miscoverage,
        )

    @property
    def end_h(self) -> NDArray[np.int64]:
        """(start, bucket) hours from the first hour to the end of each window."""
        return np.asarray(np.minimum(np.arange(self.starts)[:, None] + self.longest_h, self.hours))

    @property
    def delay(self) -> NDArray[np.int64]:
        """(start, bucket) steps from an origin until the window has ended."""
        return np.asarray(-(-(self.first_lead - 1 + self.end_h) // self.step_h))

    def any_within(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether a flag is set in some hour of each window: (..., start, bucket).

        Args:
            flags: (..., hour).
        """
        count = np.zeros((*flags.shape[:-1], self.hours + 1), dtype=np.int64)
        np.cumsum(flags, axis=-1, out=count[..., 1:])
        return np.asarray(count[..., self.end_h] > count[..., np.arange(self.starts)[:, None]])


def weather_levels(
    needed: FloatArray,
    is_near: NDArray[np.bool_],
    origin_utc: HourArray,
    grid: WindowGrid,
    *,
    highest: float,
    state: State | None = None,
    new: int,
) -> tuple[State, FloatArray]:
    """Return an upper bound of the weather level that each window of new origins needs.

    Windows whose forecast comes near a limit of temperature have a bound of their own. These windows are few, and in
    them the weather decides. Their bound is at least that of the other windows, so more heat never lowers a level.

    Args:
        needed: (origin, region, start, bucket) for the new origins and for as many origins before them as the longest
            delay of the grid.
        is_near: the same shape; the forecast comes near a limit of temperature in the window.
        highest: the highest level. It is used near a limit until enough of these windows are known.
        Other arguments and results: as for `load_levels`.
    """
    by_kind = np.stack([np.where(is_near, np.nan, needed), np.where(is_near, needed, np.nan)], axis=-1)
    delay = np.repeat(grid.delay.ravel(), 2)
    settings = MarginSettings(miscoverage=grid.weather_miscoverage, delay=delay, step_h=grid.step_h)
    state, level = _tracked(by_kind, origin_utc, settings, WEATHER_WARM_UP_DAYS, state, new)
    away, near = level[..., 0], level[..., 1]
    near_or_highest = np.where(np.isinf(near) & np.isfinite(away), highest, near)
    near_or_highest = np.where(np.isfinite(away), np.maximum(near_or_highest, away), near_or_highest)
    return state, np.where(is_near[len(is_near) - new :], near_or_highest, np.where(np.isinf(away), near, away))


def load_levels(
    needed: FloatArray,
    origin_utc: HourArray,
    grid: WindowGrid,
    *,
    state: State | None = None,
    new: int,
) -> tuple[State, FloatArray]:
    """Return an upper bound of the load level that each window of new origins needs.

    A needed level becomes known when its window has ended.

    Args:
        needed: (origin, region, start, bucket) for the new origins and for as many origins before them as the longest
            delay of the grid.
        origin_utc: (origin,) hours, `grid.step_h` apart.
        state: the state that the last call returned; None in the first call.
        new: number of new origins; the last ones of `needed`.
    Returns: the state after the new origins, and (new origin, region, start, bucket) levels, at least zero; infinite
        until enough windows are known.
    """
    settings = MarginSettings(miscoverage=grid.load_miscoverage, delay=grid.delay.ravel(), step_h=grid.step_h)
    return _tracked(needed, origin_utc, settings, LOAD_WARM_UP_DAYS, state, new)


def _tracked(
    needed: FloatArray,
    origin_utc: HourArray,
    settings: MarginSettings,
    warm_up_days: int,
    state: State | None,
    new: int,
) -> tuple[State, FloatArray]:
    origins, regions, *windows = needed.shape
    due = delayed(needed.reshape(origins, regions, -1), settings.delay)[origins - new :]
    tracker = Tracker(warm_up_days=warm_up_days, most_until_known=_MOST_UNTIL_KNOWN)
    state, margin = tracker.advance(state, due, origin_utc[origins - new :], settings)
    return state, np.maximum(margin, 0.0).reshape(-1, regions, *windows)
