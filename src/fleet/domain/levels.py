"""Bounds of weather and load at rising levels of conservatism, and the levels that each window requires."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.units import FloatArray, IntArray

# Required levels are sums with rounding errors. A level that is lower by at most this is high enough.
_ROUNDING_LEVEL = 1e-6


class HourBound(NamedTuple):
    """The bound of some hours; arrays have one shape.

    spare_mw: safe load minus load bound; negative where the load bound exceeds the safe load, -inf where there is no
        bound.
    safe_load_mw, binding: the largest total load that every limit allows, and the code of the limit that sets it.
    temperature_bound_c: upper bound of the outdoor temperature.
    """

    spare_mw: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_bound_c: FloatArray

    def at(self, index: tuple[IntArray, ...]) -> "HourBound":
        """Return the bound of some of the hours."""
        return HourBound(
            self.spare_mw[index], self.safe_load_mw[index], self.binding[index], self.temperature_bound_c[index]
        )


@dataclass(frozen=True, kw_only=True)
class HeadroomLevels:
    """Bounds of each hour ahead of some origins, level by level.

    At level x, a bound lies x margins above the forecast. Weather and load have a level each, because a window may be
    close to a limit of temperature and far from its load. The grid limit has a level of its own.

    Args:
        levels: (level,) ascending, in margins; of the weather and of the load.
        safe_load_mw: (weather level, origin, region, hour) the largest total IT load that every limit except the grid
            limit allows; zero where no bound can be given.
        binding: (weather level, origin, region, hour) code of the limit that sets it.
        grid_load_mw: (origin, region, hour) the largest total IT load under the grid limit; zero where no bound can be
            given.
        grid_binding: (origin, region, hour) code of the grid limit, or of an unknown limit.
        grid_level: the lowest load level that is compared with the grid limit.
        load_mw: (load level, origin, region, hour) bound of the load without the jobs, and the share of the IT capacity
            that is kept free; infinite where there is no bound.
        temperature_c, margin_k: (origin, region, hour) forecast of the outdoor temperature, and one margin.
        dew_point_c, dew_point_margin_k: the same for the dew point; NaN where it is not known.
        weather_required, load_required: (origin, region, start, bucket) the levels that a window requires, by start and
            bucket of its length; infinite where no level is high enough.
        bucket_h: (bucket,) the longest window of each bucket, ascending.
    """

    levels: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    grid_load_mw: FloatArray
    grid_binding: NDArray[np.int8]
    grid_level: float
    load_mw: FloatArray
    temperature_c: FloatArray
    margin_k: FloatArray
    dew_point_c: FloatArray
    dew_point_margin_k: FloatArray
    weather_required: FloatArray
    load_required: FloatArray
    bucket_h: NDArray[np.int64]

    @classmethod
    def single(cls, near: Conditions) -> Self:
        """Return a single level, which holds the bounds of the conditions. Every window requires this level.

        Args:
            near: conditions (origin, region, hour).
        """
        load = near.load_bound_mw
        origins, regions, hours = load.shape
        nothing = np.zeros((origins, regions, hours, 1))
        return cls(
            levels=np.zeros(1),
            safe_load_mw=near.safe_load_mw[None],
            binding=near.binding[None],
            grid_load_mw=near.safe_load_mw,
            grid_binding=near.binding,
            grid_level=0.0,
            load_mw=np.where(np.isfinite(load), load, np.inf)[None],
            temperature_c=near.temperature_bound_c,
            margin_k=np.zeros(load.shape),
            dew_point_c=np.full(load.shape, np.nan),
            dew_point_margin_k=np.zeros(load.shape),
            weather_required=nothing,
            load_required=nothing,
            bucket_h=np.array([hours]),
        )

    @property
    def highest(self) -> float:
        """The highest level. No window that requires a higher level gets any power."""
        return float(self.levels[-1])

    def index_of(self, required: FloatArray) -> NDArray[np.int64]:
        """Return the index of the level that a required level gets, as `level_index`."""
        return level_index(self.levels, required)

    def bucket_of(self, duration_h: int) -> NDArray[np.int64]:
        """Return the (start,) bucket of a job's hours that are ahead here, for each start."""
        starts = self.weather_required.shape[2]
        hours = int(self.bucket_h[-1])
        return np.asarray(np.searchsorted(self.bucket_h, np.minimum(duration_h, hours - np.arange(starts))))

    def bound_at(
        self,
        at: tuple[IntArray | int, IntArray | int, IntArray | slice],
        weather: IntArray | int,
        load: IntArray | int,
    ) -> HourBound:
        """Return the bound of some hours at some levels.

        Args:
            at: indices of origin, region and hour. All indices broadcast to the shape of the result.
            weather, load: indices of the levels, none above the last.
        """
        others_spare, grid_spare = self._spares_mw(at, weather, load)
        grid_binds = grid_spare < others_spare
        level = self.levels[weather]
        # An infinite margin times level 0 would be NaN.
        margins = level * np.where(level > 0, self.margin_k[at], 0.0)
        return HourBound(
            spare_mw=np.minimum(grid_spare, others_spare),
            safe_load_mw=np.where(grid_binds, self.grid_load_mw[at], self.safe_load_mw[weather, *at]),
            binding=np.where(grid_binds, self.grid_binding[at], self.binding[weather, *at]),
            temperature_bound_c=self.temperature_c[at] + margins,
        )

    def spare_mw(
        self, at: tuple[IntArray | int, IntArray | slice, slice], weather: IntArray | int, load: IntArray | int
    ) -> FloatArray:
        """Return the spare power of some hours at one or more pairs of levels; the arguments are those of `bound_at`.

        Pairs of levels are the first axis of the result.
        """
        return np.asarray(np.minimum(*self._spares_mw(at, weather, load)))

    def _spares_mw(
        self, at: tuple[Any, ...], weather: IntArray | int, load: IntArray | int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the spare power under all limits except the grid limit, and under the grid limit."""
        lowest = min(int(self.index_of(np.array(self.grid_level))), len(self.levels) - 1)
        return (
            self.safe_load_mw[weather, *at] - self.load_mw[load, *at],
            self.grid_load_mw[at] - self.load_mw[np.maximum(load, lowest), *at],
        )


def level_index(levels: FloatArray, required: FloatArray) -> NDArray[np.int64]:
    """Return the index of the first level at or above the required level; one past the last if there is none."""
    return np.asarray(np.searchsorted(levels, required - _ROUNDING_LEVEL))
