"""Computes the bounds of the hours ahead at rising levels, and the levels that each window requires."""

import numpy as np

from fleet.conformal.window_levels import WindowGrid
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Fleet
from fleet.physics.limits import GRID
from fleet.preparation.required_levels import LevelLearner, LevelState
from fleet.preparation.stated_hours import DEW_POINT, LEVELS, LOAD, TEMPERATURE, GateHours, StatedHours

# This share of the IT capacity is kept free beyond the bound of the load. A region that is filled up to its bounds in
# each hour meets many small misses of the load, and each one breaches all its jobs. The learnt levels do not know of
# the share, or they would use it up. It is at most so many margins: a load that hardly moves needs none.
FREE_SHARE, _MOST_FREE_MARGINS = 0.02, 2.0


def levels_of(
    fleet: Fleet,
    gate_hours: GateHours,
    windows: WindowGrid,
    before: LevelState,
    *,
    kept: int,
    is_learning: bool,
) -> tuple[LevelState, HeadroomLevels]:
    """Compute the bounds at each level, and the levels of weather and load that each window requires.

    Args:
        gate_hours: values at the last origins of `before` and at the new origins, for the hours of `windows`. The
            origins before `since` of the residuals only calibrate.
        before: state before the new origins.
        kept: number of last origins whose required levels the state keeps.
        is_learning: if False, every window requires level 1 of both.
    Returns: the state after the new origins, and the levels from `since` on.
    """
    residuals, margin = gate_hours.residuals, gate_hours.margin
    since = residuals[LOAD].since
    origins, regions, hours = residuals[LOAD].forecast.shape
    shape = (origins - since, regions, hours)
    safe_load_mw, load_mw = np.empty((len(LEVELS), *shape)), np.empty((len(LEVELS), *shape))
    binding, grid_load_mw = np.empty((len(LEVELS), *shape), dtype=np.int8), np.empty(shape)
    grid_binding = np.empty(shape, dtype=np.int8)
    learner = LevelLearner(before, residuals[LOAD].origin_utc, regions, windows, is_learning=is_learning)
    for index, region in enumerate(fleet.regions):
        values = gate_hours.of_region(index)
        stated = StatedHours.of(region, values)
        safe_load_mw[:, :, index] = stated.safe_load_mw[:, since:]
        free_mw = np.fmin(_MOST_FREE_MARGINS * values.margin[LOAD], FREE_SHARE * region.it_capacity_mw)
        load_mw[:, :, index] = (stated.load_mw + np.maximum(free_mw, 0.0))[:, since:]
        binding[:, :, index], grid_load_mw[:, index] = stated.binding[:, since:], stated.grid_load_mw[since:]
        grid_binding[:, index] = stated.grid_binding[since:]
        learner.add(region, values, stated)
    levels = HeadroomLevels(
        levels=LEVELS,
        safe_load_mw=safe_load_mw,
        binding=binding,
        grid_load_mw=grid_load_mw,
        grid_binding=grid_binding,
        grid_level=GRID.least_level,
        load_mw=load_mw,
        temperature_c=residuals[TEMPERATURE].forecast[since:],
        margin_k=np.maximum(margin[TEMPERATURE][since:], 0.0),
        dew_point_c=residuals[DEW_POINT].forecast[since:],
        dew_point_margin_k=np.maximum(margin[DEW_POINT][since:], 0.0),
        weather_required=learner.weather_required[since:],
        load_required=learner.load_required[since:],
        bucket_h=learner.bucket_h,
    )
    return learner.state(kept), levels
