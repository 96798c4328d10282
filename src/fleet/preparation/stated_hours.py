"""Bounds of one region's hours at rising levels, from the margins of weather and load and the physics of its plant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.conformal.needed_levels import WindowHours
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.region import Region
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.build_conditions import is_near_a_limit
from fleet.preparation.grid_beyond_table import grid_load_beyond_table_mw
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, cell
from fleet.units import FloatArray, IntArray

# In margins. Weather and load have a level each, so there are 121 pairs of levels: an Offer numbers them with int8.
LEVELS = np.array([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4])

# Rows and columns of the weather table, with one each for hotter and for more humid weather.
_CELLS = len(TEMPERATURES_C) + 1, len(DEW_POINTS_C) + 1

TEMPERATURE, DEW_POINT, LOAD = "temperature_c", "dew_point_c", "it_load_mw"
GRID_CODE = code_of(GRID)


@dataclass(frozen=True, kw_only=True)
class GateHours:
    """Forecasts, actual values and margins of all regions.

    Args:
        residuals: variable -> forecasts and actual values (origin, region, hour).
        margin: variable -> (origin, region, hour) one margin.
        grid_limit_mw: (origin, region, hour) grid power that decisions use.
    """

    residuals: Mapping[str, Residuals]
    margin: Mapping[str, FloatArray]
    grid_limit_mw: FloatArray

    def of_region(self, region: int) -> "RegionHours":
        """Return the values of one region.

        Args:
            region: position on the region axis.
        """
        return RegionHours(
            forecast={name: of_variable.forecast[:, region] for name, of_variable in self.residuals.items()},
            actual={name: of_variable.actual[:, region] for name, of_variable in self.residuals.items()},
            margin={name: values[:, region] for name, values in self.margin.items()},
            grid_limit_mw=self.grid_limit_mw[:, region],
        )


@dataclass(frozen=True, kw_only=True)
class RegionHours:
    """Forecasts, actual values and margins of one region, by variable; arrays are (origin, hour)."""

    forecast: Mapping[str, FloatArray]
    actual: Mapping[str, FloatArray]
    margin: Mapping[str, FloatArray]
    grid_limit_mw: FloatArray

    def is_near(self, region: Region) -> NDArray[np.bool_]:
        """Return (origin, hour) whether the forecast comes near a limit of temperature."""
        weather = PlantWeather.at(region, self.forecast[TEMPERATURE], self.forecast[DEW_POINT])
        return is_near_a_limit(region, weather, self.forecast[LOAD])

    def actual_safe_mw(self, region: Region) -> FloatArray:
        """Return the (origin, hour) safe load in the actual weather; NaN where weather or load are not known."""
        temperature, dew_point = self.actual[TEMPERATURE], self.actual[DEW_POINT]
        safe = safe_loads_mw(region, PlantWeather.at(region, temperature, dew_point), self.grid_limit_mw).min(axis=0)
        is_known = np.isfinite(temperature) & np.isfinite(dew_point) & np.isfinite(self.actual[LOAD])
        return np.where(is_known, safe, np.nan)


@dataclass(frozen=True, kw_only=True)
class StatedHours:
    """The bounds of one region's hours at each level.

    Args:
        safe_load_mw, binding: (weather level, origin, hour) safe load under all limits except the grid limit, and the
            code of the limit that sets it. Without a bound: 0 and UNKNOWN_CODE.
        grid_load_mw, grid_binding: (origin, hour) safe load under the grid limit, with the weather at GRID.least_level,
            and the code of the grid limit. Without a bound: 0 and UNKNOWN_CODE.
        load_mw: (load level, origin, hour); infinite where there is no bound.
        is_unknown: (origin, hour) True where there is no bound at any level, not even at level 0, the forecast.
    """

    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    grid_load_mw: FloatArray
    grid_binding: NDArray[np.int8]
    load_mw: FloatArray
    is_unknown: NDArray[np.bool_]

    @classmethod
    def of(cls, region: Region, hours: RegionHours) -> Self:
        """Compute the bounds of a region at each of LEVELS."""
        # Without a forecast, or with an infinite margin, there is no bound.
        is_unknown = ~np.isfinite(sum(hours.margin.values()) + sum(hours.forecast.values()))
        # If forecasts are usually too high, the margin is negative, and a higher level would give more headroom. Zero
        # replaces such a margin.
        margin = {name: np.where(is_unknown, 0.0, np.maximum(values, 0.0)) for name, values in hours.margin.items()}

        def weather_at(level: float) -> _Cell:
            return _weather_cell(*(hours.forecast[name] + level * margin[name] for name in (TEMPERATURE, DEW_POINT)))

        at_level, at_grid_level = [weather_at(level) for level in LEVELS], weather_at(GRID.least_level)
        tables = _SafeLoadTables(region, hours.grid_limit_mw, [*at_level, at_grid_level])
        safe, binding = (np.stack(values) for values in zip(*map(tables.without_grid, at_level), strict=True))
        grid_load_mw, grid_binding = tables.grid(at_grid_level)
        load_mw = hours.forecast[LOAD] + LEVELS[:, None, None] * margin[LOAD]
        return cls(
            safe_load_mw=np.where(is_unknown, 0.0, safe),
            binding=np.where(is_unknown, UNKNOWN_CODE, binding).astype(np.int8),
            grid_load_mw=np.where(is_unknown, 0.0, grid_load_mw),
            grid_binding=np.where(is_unknown, UNKNOWN_CODE, grid_binding).astype(np.int8),
            load_mw=np.where(is_unknown, np.inf, load_mw),
            is_unknown=is_unknown,
        )

    def of_windows(self, region: Region, hours: RegionHours) -> WindowHours:
        """Return the hours beside their actual values; NaN where there is no bound."""
        return WindowHours(
            safe_load_mw=np.where(self.is_unknown, np.nan, self.safe_load_mw),
            grid_load_mw=np.where(self.is_unknown, np.nan, self.grid_load_mw),
            load_mw=np.where(self.is_unknown, np.nan, self.load_mw),
            grid_load_level=int(np.searchsorted(LEVELS, GRID.least_level)),
            actual_safe_mw=hours.actual_safe_mw(region),
            actual_load_mw=np.ascontiguousarray(hours.actual[LOAD]),
        )


# (origin, lead) rows and columns of the weather table.
_Cell = tuple[IntArray, IntArray]


def _weather_cell(temperature_c: FloatArray, dew_point_c: FloatArray) -> _Cell:
    return cell(temperature_c, TEMPERATURES_C), cell(dew_point_c, DEW_POINTS_C)


class _SafeLoadTables:
    """Safe loads of a region by temperature and dew point.

    The last row and column are for hotter and for more humid weather than the table holds. Only the cells that occur
    are computed: a year reaches most of them, and a live hour a few. The load under the grid limit is computed for the
    pairs of weather and grid limit that occur, because the limit may differ from hour to hour.
    """

    def __init__(self, region: Region, grid_limit_mw: FloatArray, cells: Sequence[_Cell]) -> None:
        self._region = region
        self._limits_mw, position = np.unique(grid_limit_mw, return_inverse=True)
        self._limit = position.reshape(grid_limit_mw.shape)
        self._beyond_mw = grid_load_beyond_table_mw(region, self._limits_mw)
        self._others = np.zeros(_CELLS)
        self._binding = np.full(_CELLS, UNKNOWN_CODE, dtype=np.int8)
        occurs = np.zeros(_CELLS, dtype=np.bool_)
        for row_and_column in cells:
            occurs[row_and_column] = True
        row, column = np.nonzero(occurs[:-1, :-1])
        weather = PlantWeather.at(region, TEMPERATURES_C[row], DEW_POINTS_C[column])
        loads = safe_loads_mw(region, weather, region.grid_limit_mw)
        loads[GRID_CODE] = np.inf
        binding = loads.argmin(axis=0)
        self._others[row, column] = np.take_along_axis(loads, binding[None], axis=0)[0]
        self._binding[row, column] = binding

    def without_grid(self, weather: _Cell) -> tuple[FloatArray, NDArray[np.int8]]:
        """Return the safe load under all limits except the grid limit, and the code of the binding one of them."""
        return self._others[weather], self._binding[weather]

    def grid(self, weather: _Cell) -> tuple[FloatArray, NDArray[np.int8]]:
        """Return the safe load under each hour's grid limit, and the grid's code; 0 and UNKNOWN_CODE if not known."""
        keys = (*weather, self._limit)
        shape = (*_CELLS, len(self._limits_mw))
        pairs, position = np.unique(np.ravel_multi_index(keys, shape), return_inverse=True)
        row, column, limit = np.unravel_index(pairs, shape)
        is_beyond = (row == _CELLS[0] - 1) | (column == _CELLS[1] - 1)
        inside = ~is_beyond
        loads = self._beyond_mw[limit]
        at_cell = PlantWeather.at(self._region, TEMPERATURES_C[row[inside]], DEW_POINTS_C[column[inside]])
        loads[inside] = safe_loads_mw(self._region, at_cell, self._limits_mw[limit[inside]])[GRID_CODE]
        hours = position.reshape(self._limit.shape)
        return np.nan_to_num(loads)[hours], np.where(np.isnan(loads), UNKNOWN_CODE, GRID_CODE)[hours]
