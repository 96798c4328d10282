"""Learns the levels of weather and load that windows require, from the windows that have ended."""

from dataclasses import dataclass

import numpy as np

from fleet.conformal.base import State
from fleet.conformal.needed_levels import WindowHours, needed_load_levels, needed_weather_levels
from fleet.conformal.window_levels import WindowGrid, load_levels, weather_levels
from fleet.domain.clock import HourArray
from fleet.domain.levels import level_index
from fleet.domain.region import Region
from fleet.preparation.stated_hours import LEVELS, RegionHours, StatedHours
from fleet.units import FloatArray

# Two years of a region's windows are 2.5 million numbers in each array, so the regions are learnt in groups.
_REGIONS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelState:
    """What the levels that windows need have learnt.

    Args:
        weather, load: one state of the tracker for each group of regions; empty before the first origin.
        tail: (2, origin, region, start, bucket) required levels of weather and of load of the last origins; None before
            the first origin.
    """

    weather: tuple[State, ...] = ()
    load: tuple[State, ...] = ()
    tail: FloatArray | None = None


class LevelLearner:
    """Learns the required levels, region by region, in the order of the fleet."""

    def __init__(
        self, before: LevelState, origin_utc: HourArray, regions: int, windows: WindowGrid, *, is_learning: bool
    ) -> None:
        """Args:
        before: the state before the new origins.
        origin_utc: (origin,) the last origins of `before`, and the new ones.
        is_learning: if False, every window requires level 1.
        """
        self._before, self._origin_utc, self._is_learning = before, origin_utc, is_learning
        self._windows, self._regions = windows, regions
        self.bucket_h = windows.longest_h if is_learning else np.array([windows.hours])
        shape = (2, 0, regions, windows.starts, len(self.bucket_h))
        earlier = np.empty(shape) if before.tail is None else before.tail
        self._new = len(origin_utc) - earlier.shape[1]
        fresh = np.ones((2, self._new, *shape[2:]))
        self._required = np.concatenate([earlier, fresh], axis=1)
        self._learnt: tuple[list[State], list[State]] = ([], [])
        self._waiting: list[tuple[Region, RegionHours, WindowHours]] = []
        self._learnt_regions = 0

    @property
    def weather_required(self) -> FloatArray:
        """(origin, region, start, bucket) of all origins."""
        return np.asarray(self._required[0])

    @property
    def load_required(self) -> FloatArray:
        """(origin, region, start, bucket) of all origins."""
        return np.asarray(self._required[1])

    def add(self, region: Region, hours: RegionHours, stated: StatedHours) -> None:
        """Learn from the windows of the next region."""
        if not self._is_learning:
            return
        self._waiting.append((region, hours, stated.of_windows(region, hours)))
        is_last = self._learnt_regions + len(self._waiting) == self._regions
        if is_last or len(self._waiting) == _REGIONS_AT_ONCE:
            self._learn()

    def state(self, kept: int) -> LevelState:
        """Return the state after the new origins.

        Args:
            kept: number of last origins whose required levels the state keeps.
        """
        weather, load = self._learnt
        return LevelState(weather=tuple(weather), load=tuple(load), tail=self._required[:, -kept:].copy())

    def _learn(self) -> None:
        """Learn from the regions that wait: first the weather level, then the load level beside it."""
        windows, group = self._windows, len(self._learnt[0])
        rows = slice(self._learnt_regions, self._learnt_regions + len(self._waiting))
        weather_before, load_before = (
            states[group] if states else None for states in (self._before.weather, self._before.load)
        )
        needed = [needed_weather_levels(hours, LEVELS, windows) for _, _, hours in self._waiting]
        is_near = [windows.any_within(hours.is_near(region)) for region, hours, _ in self._waiting]
        weather, self._required[0, -self._new :, rows] = weather_levels(
            np.stack(needed, axis=1),
            np.stack(is_near, axis=1),
            self._origin_utc,
            windows,
            highest=float(LEVELS[-1]),
            state=weather_before,
            new=self._new,
        )
        index = level_index(LEVELS, self._required[0, :, rows])
        needed_load = [
            needed_load_levels(hours, LEVELS, index[:, row], needed[row], windows)
            for row, (_, _, hours) in enumerate(self._waiting)
        ]
        load, self._required[1, -self._new :, rows] = load_levels(
            np.stack(needed_load, axis=1),
            self._origin_utc,
            windows,
            state=load_before,
            new=self._new,
        )
        self._learnt[0].append(weather)
        self._learnt[1].append(load)
        self._learnt_regions += len(self._waiting)
        self._waiting.clear()
