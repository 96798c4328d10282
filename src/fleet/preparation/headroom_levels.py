"""From margins of weather and load, through each region's physics, to headroom at rising conservatism."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import BandMethod
from fleet.conformal.build_bands import Residuals, promised
from fleet.conformal.margins import Promise
from fleet.conformal.window_levels import buckets, decision_levels, needed_levels
from fleet.domain.conditions import Limit
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Fleet, Region
from fleet.physics.headroom import PlantWeather, safe_loads_mw
from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, cell
from fleet.units import FloatArray

DECISION, PATH, POINTWISE = "decision", "path", "pointwise"
GATES = (DECISION, PATH, POINTWISE)
RUNGS = np.array([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4])
# Windows are not drawn at random: those that look emptiest are chosen and filled, and a long job meets many of them. At
# the whole miscoverage one in twenty jobs near a limit would breach, and more of their energy.
DECISION_SHARE = Fraction(1, 4)
# A contract with the utility is not to be passed in one hour of twenty: every rung holds it at this level at least.
GRID_LEVEL = 2.5

# Two years of every window of a region are 15 million numbers.
_REGIONS_AT_ONCE = 16

TEMPERATURE, DEW_POINT, LOAD = "temperature_c", "dew_point_c", "it_load_mw"


def margins_of(
    method: BandMethod, residuals: Mapping[str, Residuals], miscoverage: Fraction, *, gate: str
) -> dict[str, FloatArray]:
    """Variable -> (origin, region, lead) one margin above the forecast, at every origin of the residuals: of each hour,
    or of the whole path for the gate of that name.
    """
    window = next(iter(residuals.values())).forecast.shape[2] if gate == PATH else None
    promise = {"above": Promise(side="above", miscoverage=miscoverage, window=window)}
    whole = {name: replace(known, since=0) for name, known in residuals.items()}
    return {name: promised(method, known, promise)["above"][:, 0] for name, known in whole.items()}


def ladder_of(
    fleet: Fleet,
    residuals: Mapping[str, Residuals],
    margin: Mapping[str, FloatArray],
    grid_limit_mw: FloatArray,
    miscoverage: Fraction,
    *,
    gate: str,
    since: int,
) -> HeadroomLevels:
    """The ladder of the origins from `since` on; the earlier ones only calibrate the level.

    Args:
        residuals, margin: of temperature, dew point and load, at all origins.
        grid_limit_mw: (origin, region, lead) sure grid power at all origins.
    """
    origins, regions, leads = residuals[LOAD].forecast.shape
    longest = buckets(leads) if gate == DECISION else np.array([leads])
    shape = (len(RUNGS), origins - since, regions, leads)
    safe, spare = np.empty(shape), np.empty(shape)
    binding = np.empty(shape, dtype=np.int8)
    level = np.ones((origins - since, regions, leads, len(longest)))
    waiting: list[FloatArray] = []
    for index, region in enumerate(fleet.regions):
        own = {name: _of_region(known, index) for name, known in residuals.items()}
        limit = grid_limit_mw[:, index]
        climbed = _climb(region, own, {name: values[:, index] for name, values in margin.items()}, limit)
        safe[:, :, index], spare[:, :, index], binding[:, :, index] = (values[:, since:] for values in climbed)
        if gate == DECISION:
            promised_mw = np.where(np.isneginf(climbed[1]), np.nan, np.maximum(climbed[1], 0.0))[:, :, None]
            waiting.append(needed_levels(promised_mw, _actual_mw(region, own, limit)[:, None], RUNGS, longest))
        if waiting and (len(waiting) == _REGIONS_AT_ONCE or index == regions - 1):
            needed, first = np.concatenate(waiting, axis=1), index + 1 - len(waiting)
            level[:, first : index + 1] = decision_levels(
                needed, residuals[LOAD].origin_utc, longest, DECISION_SHARE * miscoverage, since=since
            )
            waiting.clear()
    return HeadroomLevels(
        rungs=RUNGS,
        safe_load_mw=safe,
        spare_mw=spare,
        binding=binding,
        temperature_c=residuals[TEMPERATURE].forecast[since:],
        margin_k=np.maximum(margin[TEMPERATURE][since:], 0.0),
        level=level,
        longest=longest,
    )


def _of_region(known: Residuals, index: int) -> tuple[FloatArray, FloatArray]:
    return known.forecast[:, index], known.actual[:, index]


def _climb(
    region: Region,
    own: Mapping[str, tuple[FloatArray, FloatArray]],
    margin: Mapping[str, FloatArray],
    grid_limit_mw: FloatArray,
) -> tuple[FloatArray, FloatArray, NDArray[np.int8]]:
    """(rung, origin, lead) safe load, what it leaves above the load bound, and the limit that sets it."""
    shape = (len(RUNGS), *grid_limit_mw.shape)
    safe, spare, binding = np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.int8)
    # An infinite margin is no bound at any level, the forecast's own included.
    unknown = ~np.isfinite(sum(margin.values()))
    # Where a forecast lies too high its margin is below zero, and more of it would promise more.
    finite = {name: np.where(unknown, 0.0, np.maximum(values, 0.0)) for name, values in margin.items()}
    tables = _Tables(region, grid_limit_mw)
    for rung, level in reversed(list(enumerate(RUNGS))):
        bound = {name: forecast + level * finite[name] for name, (forecast, _) in own.items()}
        others_safe, others = tables.others(bound[TEMPERATURE], bound[DEW_POINT])
        if level >= GRID_LEVEL:
            grid_safe = tables.grid(bound[TEMPERATURE], bound[DEW_POINT])
            grid_spare = grid_safe - bound[LOAD]
        others_spare = others_safe - bound[LOAD]
        grid_binds = grid_spare < others_spare
        safe[rung] = np.where(unknown, 0.0, np.where(grid_binds, grid_safe, others_safe))
        spare[rung] = np.where(unknown, -np.inf, np.minimum(grid_spare, others_spare))
        binding[rung] = np.where(unknown, Limit.UNKNOWN, np.where(grid_binds, Limit.GRID, others))
    return safe, spare, binding


class _Tables:
    """Safe loads of a region by temperature and dew point; a last row and column stand for weather past the grid."""

    def __init__(self, region: Region, grid_limit_mw: FloatArray) -> None:
        self._grid_limit_mw = grid_limit_mw
        dry, dew = np.meshgrid(TEMPERATURES_C, DEW_POINTS_C, indexing="ij")
        weather = PlantWeather.at(region, dry, dew)
        past = ((0, 1), (0, 1))
        self._grid = {}
        for each in np.unique(grid_limit_mw):
            loads = safe_loads_mw(region, weather, float(each))
            self._grid[float(each)] = np.pad(loads[Limit.GRID], past)
        loads[Limit.GRID] = np.inf
        binding = loads.argmin(axis=0)
        self._others = np.pad(np.take_along_axis(loads, binding[None], axis=0)[0], past)
        self._binding = np.pad(binding.astype(np.int8), past, constant_values=Limit.UNKNOWN)

    def others(self, temperature_c: FloatArray, dew_point_c: FloatArray) -> tuple[FloatArray, NDArray[np.int8]]:
        """The safe load under all limits but the grid's, and the one that sets it."""
        at = cell(temperature_c, TEMPERATURES_C), cell(dew_point_c, DEW_POINTS_C)
        return self._others[at], self._binding[at]

    def grid(self, temperature_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
        """The safe load under each hour's grid limit."""
        at = cell(temperature_c, TEMPERATURES_C), cell(dew_point_c, DEW_POINTS_C)
        safe = np.empty(temperature_c.shape)
        for limit, table in self._grid.items():
            here = self._grid_limit_mw == limit
            safe[here] = table[at[0][here], at[1][here]]
        return safe


def _actual_mw(region: Region, own: Mapping[str, tuple[FloatArray, FloatArray]], limit: FloatArray) -> FloatArray:
    """(origin, lead) headroom that came true, at least zero; NaN where it is not known."""
    temperature, dew_point, load = (own[name][1] for name in (TEMPERATURE, DEW_POINT, LOAD))
    safe = safe_loads_mw(region, PlantWeather.at(region, temperature, dew_point), limit).min(axis=0)
    known = np.isfinite(temperature) & np.isfinite(dew_point) & np.isfinite(load)
    return np.where(known, np.maximum(safe - load, 0.0), np.nan)
