"""Builds the headroom curve: the MW that a job may add in each region, for every start ahead of one origin."""

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.conformal.controller import Controller
from fleet.conformal.window_levels import buckets
from fleet.decisions.caution import Caution
from fleet.decisions.controller_limits import closed_region, level_too_high
from fleet.decisions.hour_result import HourResult
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.limit_loads import limits_mw
from fleet.decisions.reasons import binding_of, with_cause
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import HeadroomByLevel, HeadroomCurve, rounded_down_mw
from fleet.physics.limits import ENVELOPE, LIMITS, code_of
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray

_ONE_HOUR = np.timedelta64(1, "h")


def hours_needed(horizon: int, duration_h: int) -> int:
    """Return how many hours ahead the windows of a curve reach, including the windows of `by_level`."""
    return horizon + max(duration_h, horizon)


def curve_of(
    prepared: Prepared, step: int, reserved_mw: FloatArray, controller: Controller | None, duration_h: int
) -> HeadroomCurve:
    """Build the curve of origin number `step`.

    Args:
        reserved_mw: (region, hour ahead) IT power of the jobs that run or are queued, for `hours_needed` hours.
        controller: the controller before the decisions of the hour; None if there is none.
        duration_h: length of the windows.
    """
    horizon, regions = prepared.settings.horizon, prepared.fleet.regions
    hours = reserved_mw.shape[1]
    rows = LevelRows.of(prepared, step, hours, Caution.of(controller, len(regions)))
    windows = WindowHeadroom(prepared, step, rows)
    reserved = sliding_window_view(reserved_mw, duration_h, axis=1)[:, :horizon]
    left_mw = windows.spare_mw(duration_h) - reserved
    tightest = left_mw.argmin(axis=2)
    headroom_mw = np.take_along_axis(left_mw, tightest[..., None], axis=2)[..., 0]
    levels, binding = _bindings(prepared, step, windows, reserved, controller)
    if controller is not None:
        headroom_mw[~controller.is_open(duration_h)] = 0.0
    forecast_mw = prepared.quantity_ahead("forecast_headroom_mw", step, hours) - reserved_mw
    return HeadroomCurve(
        origin_utc=prepared.origin_utc[step],
        confidence=prepared.settings.confidence,
        duration_h=duration_h,
        region_ids=prepared.fleet.region_ids,
        headroom_mw=rounded_down_mw(headroom_mw),
        forecast_headroom_mw=rounded_down_mw(_window_minimum(forecast_mw, duration_h, horizon)),
        reserved_mw=np.take_along_axis(reserved, tightest[..., None], axis=2)[..., 0],
        binding=binding,
        weather_level=levels[0],
        load_level=levels[1],
        limits_mw=_limits_by_label(
            prepared, step, np.where(np.isfinite(levels[1]), levels[0], np.inf), np.arange(horizon) + tightest
        ),
        by_level=_by_level(windows, prepared, reserved_mw),
    )


def curve_after(result: HourResult, *, duration_h: int) -> HeadroomCurve:
    """Build the curve of an hour beside the jobs that have a place after its decisions."""
    hours = hours_needed(result.prepared.settings.horizon, duration_h)
    taken_mw = result.taken_mw[:, :hours]
    taken_mw = np.pad(taken_mw, ((0, 0), (0, hours - taken_mw.shape[1])))
    return curve_of(result.prepared, result.step, taken_mw, result.controller, duration_h)


def _bindings(
    prepared: Prepared,
    step: int,
    windows: WindowHeadroom,
    reserved_mw: FloatArray,
    controller: Controller | None,
) -> tuple[FloatArray, list[list[Binding]]]:
    """(2, region, start) required levels of weather and load, and [region][start] binding limit.

    Args:
        reserved_mw: (region, start, hour of the window).
    """
    regions, starts, duration_h = prepared.fleet.regions, prepared.settings.horizon, reserved_mw.shape[2]
    first = prepared.origin_utc[step] + _ONE_HOUR
    levels = np.empty((2, len(regions), starts))
    bindings: list[list[Binding]] = [[] for _ in regions]
    for (index, region), start in product(enumerate(regions), range(starts)):
        window, start_utc = windows.window(index, start, duration_h), first + start * _ONE_HOUR
        levels[:, index, start] = window.weather_required, window.load_required
        binding = closed_region(controller, index, region, start_utc, duration_h, start)
        binding = binding or level_too_high(window, windows.highest_level, region, start_utc)
        binding = binding or binding_of(window, reserved_mw[index, start], region, start_utc, 0.0)
        bindings[index].append(with_cause(binding, prepared, step, index))
    return levels, bindings


def _limits_by_label(prepared: Prepared, step: int, level: FloatArray, lead: IntArray) -> dict[str, FloatArray]:
    """Label -> (region, start) safe load under that limit, at (region, start) weather levels and leads counted from 0.

    A finite level above the highest one counts as the highest. An infinite level gives NaN.
    """
    levels, settings, fleet = prepared.levels.levels, prepared.settings, prepared.fleet
    level_index = np.minimum(prepared.levels.index_of(level), len(levels) - 1)
    bounded = {name: prepared.residuals[name] for name in BOUNDED}
    grid_limit_mw = prepared.grid_limit_mw[bounded[BOUNDED[0]].since + step]
    loads = np.full((len(LIMITS), *lead.shape), np.nan)
    for index, region in enumerate(fleet.regions):
        (starts,) = np.nonzero((lead[index] < settings.horizon) & np.isfinite(level[index]))
        hours = lead[index, starts]
        loads[:, index, starts] = limits_mw(
            region,
            {name: known.forecast[known.since + step, index, hours] for name, known in bounded.items()},
            {name: values[bounded[name].since + step, index, hours] for name, values in prepared.gate_margin.items()},
            levels[level_index[index, starts]],
            grid_limit_mw[index, hours],
        )
    return {limit.label: loads[code_of(limit)] for limit in ENVELOPE}


def _by_level(windows: WindowHeadroom, prepared: Prepared, reserved_mw: FloatArray) -> HeadroomByLevel:
    horizon = prepared.settings.horizon
    lengths_h = buckets(horizon)
    left_mw = windows.spare_by_level_mw - reserved_mw
    grid = [_window_minimum(left_mw, int(length_h), horizon) for length_h in lengths_h]
    return HeadroomByLevel(
        levels=prepared.levels.levels, windows_h=lengths_h, headroom_mw=rounded_down_mw(np.stack(grid, axis=1))
    )


def _window_minimum(values: FloatArray, duration_h: int, starts: int) -> FloatArray:
    """(..., start) minimum of (..., hour) values over the window from each start."""
    windows = sliding_window_view(values, duration_h, axis=-1)[..., :starts, :]
    return np.asarray(windows.min(axis=-1))
