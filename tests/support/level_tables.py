"""Levels of weather and load made by hand."""

import numpy as np

from fleet.domain.levels import HeadroomLevels
from fleet.physics.limits import GRID, IT_POWER, code_of


def levels_of_loads(
    *,
    levels: np.ndarray,
    safe_mw: np.ndarray,
    load_mw: np.ndarray,
    hours: int,
    grid_mw: float = np.inf,
    grid_level: float = 0.0,
    weather_required: np.ndarray | None = None,
    load_required: np.ndarray | None = None,
    bucket_h: list[int] | None = None,
) -> HeadroomLevels:
    """Return levels of one origin and region, the same in every hour: 20 degC, margins of 3 K, and 10 MW of IT power.

    Args:
        safe_mw, load_mw: (level,) safe load by weather level, and load bound by load level.
        weather_required, load_required: (bucket,) the same from every start; zero by default.
    """
    buckets = [hours] if bucket_h is None else bucket_h
    shape = (1, 1, hours)

    def by_level(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.asarray(values, dtype=float)[:, None, None, None], (len(levels), *shape)).copy()

    def by_window(values: np.ndarray | None) -> np.ndarray:
        required = np.zeros(len(buckets)) if values is None else np.asarray(values, dtype=float)
        return np.broadcast_to(required, (*shape, len(buckets))).copy()

    return HeadroomLevels(
        levels=levels,
        safe_load_mw=by_level(safe_mw),
        binding=np.full((len(levels), *shape), code_of(IT_POWER), dtype=np.int8),
        grid_load_mw=np.full(shape, grid_mw),
        grid_binding=np.full(shape, code_of(GRID), dtype=np.int8),
        grid_level=grid_level,
        load_mw=by_level(load_mw),
        temperature_c=np.full(shape, 20.0),
        margin_k=np.full(shape, 3.0),
        dew_point_c=np.full(shape, 12.0),
        dew_point_margin_k=np.full(shape, 2.0),
        weather_required=by_window(weather_required),
        load_required=by_window(load_required),
        bucket_h=np.array(buckets),
    )
