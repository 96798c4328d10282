"""Computes the safe loads at rising levels, from the margins of weather and load and the physics of each region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.base import State as BandState
from fleet.conformal.build_bands import Residuals, advance_margins
from fleet.conformal.margins import MarginTarget
from fleet.conformal.window_levels import buckets, decision_levels, needed_levels
from fleet.domain.levels import HeadroomLevels
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.region import Fleet, Region
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.grid_beyond_table import grid_load_beyond_table_mw
from fleet.preparation.settings import DECISION, GATE_MISCOVERAGE_SHARE, PATH, POINTWISE, Settings
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, cell
from fleet.units import FloatArray, IntArray

LEVELS = np.array([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4])

# Two years of a region's windows are 2.5 million numbers in each array, so the regions are learnt in groups.
_REGIONS_AT_ONCE = 16

# Rows and columns of the weather table, with one each for hotter and for more humid weather.
_CELLS = len(TEMPERATURES_C) + 1, len(DEW_POINTS_C) + 1

TEMPERATURE, DEW_POINT, LOAD = "temperature_c", "dew_point_c", "it_load_mw"
_GRID_CODE = code_of(GRID)


@dataclass(frozen=True, kw_only=True, eq=False)
class MarginState:
    """What the margins of one variable have learnt.

    Args:
        learnt: state of the band method; None before the first origin.
        tail: target -> (origin, region, lead) margins of the last origins.
    """

    learnt: BandState | None = None
    tail: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelState:
    """What the levels that windows need have learnt.

    Args:
        learnt: one state of the tracker for each group of regions; empty before the first origin.
        tail: (origin, region, start, bucket) required levels of the last origins; None before the first origin.
    """

    learnt: tuple[BandState, ...] = ()
    tail: FloatArray | None = None


def margins_of(
    residuals: Residuals, settings: Settings, before: MarginState
) -> tuple[MarginState, dict[str, FloatArray]]:
    """Compute the margins above the forecast of one variable: POINTWISE for each hour, and PATH if the gate needs it.

    Args:
        residuals: of the last origins of `before` and of the new origins.
        before: state before the new origins.
    Returns: the state after the new origins, and target -> (origin, region, lead) at all origins of the residuals.
    """
    miscoverage, horizon = miscoverage_of(settings.confidence), residuals.forecast.shape[2]
    windows = {POINTWISE: None} | ({PATH: horizon} if settings.gate == PATH else {})
    targets = {
        name: MarginTarget(side="above", miscoverage=miscoverage, window=hours) for name, hours in windows.items()
    }
    new = len(residuals.forecast) - len(before.tail.get(POINTWISE, ()))
    learnt, fresh = advance_margins(BANDS[settings.bands](), residuals, targets, before.learnt, new)
    margin = {
        name: np.concatenate([before.tail[name], values[:, 0]]) if before.tail else values[:, 0]
        for name, values in fresh.items()
    }
    tail = {name: values[-settings.tail_h :].copy() for name, values in margin.items()}
    return MarginState(learnt=learnt, tail=tail), margin


def levels_of(
    fleet: Fleet,
    residuals: Mapping[str, Residuals],
    margin: Mapping[str, FloatArray],
    grid_limit_mw: FloatArray,
    settings: Settings,
    before: LevelState,
    *,
    since: int,
) -> tuple[LevelState, HeadroomLevels]:
    """Compute the safe loads at each level, and the level that each window requires.

    With a gate other than DECISION, every window requires level 1.

    Args:
        residuals, margin: variable -> values at the last origins of `before` and at the new origins.
        grid_limit_mw: (origin, region, lead) grid power that decisions use, at these origins.
        before: state before the new origins.
        since: index of the first origin that needs levels. Earlier origins only calibrate.
    Returns: the state after the new origins, and the levels from `since` on.
    """
    origins, regions, leads = residuals[LOAD].forecast.shape
    bucket_h = buckets(leads) if settings.gate == DECISION else np.array([leads])
    shape = (len(LEVELS), origins - since, regions, leads)
    safe_load_mw, spare_mw, binding = np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.int8)
    earlier = np.empty((0, regions, leads, len(bucket_h))) if before.tail is None else before.tail
    new = origins - len(earlier)
    required = np.concatenate([earlier, np.ones((new, *earlier.shape[1:]))])
    miscoverage = GATE_MISCOVERAGE_SHARE * miscoverage_of(settings.confidence)
    batch: list[FloatArray] = []
    learnt: list[BandState] = []
    for index, region in enumerate(fleet.regions):
        hours = _RegionHours.of(residuals, margin, grid_limit_mw, index)
        safe, spare, limit = _safe_loads_by_level(region, hours)
        safe_load_mw[:, :, index], spare_mw[:, :, index] = safe[:, since:], spare[:, since:]
        binding[:, :, index] = limit[:, since:]
        if settings.gate == DECISION:
            promised_mw = np.where(np.isneginf(spare), np.nan, np.maximum(spare, 0.0))[:, :, None]
            batch.append(needed_levels(promised_mw, _actual_headroom_mw(region, hours)[:, None], LEVELS, bucket_h))
        if batch and (len(batch) == _REGIONS_AT_ONCE or index == regions - 1):
            rows = slice(index + 1 - len(batch), index + 1)
            state = before.learnt[len(learnt)] if before.learnt else None
            state, required[origins - new :, rows] = decision_levels(
                np.concatenate(batch, axis=1), residuals[LOAD].origin_utc, bucket_h, miscoverage, state=state, new=new
            )
            learnt.append(state)
            batch.clear()
    levels = HeadroomLevels(
        levels=LEVELS,
        safe_load_mw=safe_load_mw,
        spare_mw=spare_mw,
        binding=binding,
        temperature_c=residuals[TEMPERATURE].forecast[since:],
        margin_k=np.maximum(margin[TEMPERATURE][since:], 0.0),
        dew_point_c=residuals[DEW_POINT].forecast[since:],
        dew_point_margin_k=np.maximum(margin[DEW_POINT][since:], 0.0),
        required=required[since:],
        bucket_h=bucket_h,
    )
    return LevelState(learnt=tuple(learnt), tail=required[-settings.tail_h :].copy()), levels


@dataclass(frozen=True, kw_only=True)
class _RegionHours:
    """Forecasts, actual values and margins of one region, by variable; arrays are (origin, lead)."""

    forecast: Mapping[str, FloatArray]
    actual: Mapping[str, FloatArray]
    margin: Mapping[str, FloatArray]
    grid_limit_mw: FloatArray

    @classmethod
    def of(
        cls,
        residuals: Mapping[str, Residuals],
        margin: Mapping[str, FloatArray],
        grid_limit_mw: FloatArray,
        region: int,
    ) -> Self:
        return cls(
            forecast={name: of_variable.forecast[:, region] for name, of_variable in residuals.items()},
            actual={name: of_variable.actual[:, region] for name, of_variable in residuals.items()},
            margin={name: values[:, region] for name, values in margin.items()},
            grid_limit_mw=grid_limit_mw[:, region],
        )


def _safe_loads_by_level(region: Region, hours: _RegionHours) -> tuple[FloatArray, FloatArray, NDArray[np.int8]]:
    """Compute the safe load, the spare power, and the code of the limit that leaves the least spare power.

    Returns: three arrays (level, origin, lead). Without a bound: 0, -inf and UNKNOWN_CODE.
    """
    shape = (len(LEVELS), *hours.grid_limit_mw.shape)
    safe, spare, binding = np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.int8)
    # Without a forecast, or with an infinite margin, there is no bound at any level, not even at level 0, the forecast.
    is_unknown = ~np.isfinite(sum(hours.margin.values()) + sum(hours.forecast.values()))
    # If forecasts are usually too high, the margin is negative, and a higher level would give more headroom. Zero
    # replaces such a margin.
    margin = {name: np.where(is_unknown, 0.0, np.maximum(values, 0.0)) for name, values in hours.margin.items()}
    at_level = [
        _weather_cell(*(hours.forecast[name] + level * margin[name] for name in (TEMPERATURE, DEW_POINT)))
        for level in LEVELS
    ]
    tables = _SafeLoadTables(region, hours.grid_limit_mw, at_level)
    # From the highest level down: below GRID.least_level, the grid limit keeps its values at GRID.least_level.
    for index, level in reversed(list(enumerate(LEVELS))):
        load_mw = hours.forecast[LOAD] + level * margin[LOAD]
        others_safe, others = tables.without_grid(at_level[index])
        if level >= GRID.least_level:
            grid_safe, grid_code = tables.grid(at_level[index])
            grid_spare = grid_safe - load_mw
        others_spare = others_safe - load_mw
        grid_binds = grid_spare < others_spare
        safe[index] = np.where(is_unknown, 0.0, np.where(grid_binds, grid_safe, others_safe))
        spare[index] = np.where(is_unknown, -np.inf, np.minimum(grid_spare, others_spare))
        binding[index] = np.where(is_unknown, UNKNOWN_CODE, np.where(grid_binds, grid_code, others))
    return safe, spare, binding


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
        loads[_GRID_CODE] = np.inf
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
        loads, codes = self._beyond_mw[limit], np.full(len(pairs), _GRID_CODE, dtype=np.int8)
        at_cell = PlantWeather.at(self._region, TEMPERATURES_C[row[inside]], DEW_POINTS_C[column[inside]])
        loads[inside] = safe_loads_mw(self._region, at_cell, self._limits_mw[limit[inside]])[_GRID_CODE]
        codes[np.isnan(loads)] = UNKNOWN_CODE
        hours = position.reshape(self._limit.shape)
        return np.nan_to_num(loads)[hours], codes[hours]


def _actual_headroom_mw(region: Region, hours: _RegionHours) -> FloatArray:
    """Return the (origin, lead) headroom in the actual weather and load, at least zero; NaN where it is not known."""
    temperature, dew_point, load = (hours.actual[name] for name in (TEMPERATURE, DEW_POINT, LOAD))
    safe = safe_loads_mw(region, PlantWeather.at(region, temperature, dew_point), hours.grid_limit_mw).min(axis=0)
    is_known = np.isfinite(temperature) & np.isfinite(dew_point) & np.isfinite(load)
    return np.where(is_known, np.maximum(safe - load, 0.0), np.nan)
