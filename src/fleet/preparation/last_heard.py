"""Limits a silent region to the headroom of the origin at which it last reported, so that silence adds no headroom."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.domain.levels import HeadroomLevels
from fleet.domain.limit import UNKNOWN_CODE
from fleet.preparation.beyond_horizon import BeyondHorizon
from fleet.preparation.silence import Silence
from fleet.units import FloatArray, IntArray

_BY_LEVEL = ("safe_load_mw", "binding", "load_mw")
_REQUIRED = ("weather_required", "load_required")
_BY_ORIGIN = (
    *("grid_load_mw", "grid_binding", "temperature_c", "margin_k", "dew_point_c", "dew_point_margin_k"),
    *_REQUIRED,
)


def held_to_last_heard(levels: HeadroomLevels, silence: Silence, beyond: BeyondHorizon) -> HeadroomLevels:
    """Return levels that give a silent region no more than the levels of the origin at which it last reported.

    A region may be silent for some hours before it is closed. For each hour ahead, its safe load is the smaller of two
    values: that of the origin itself, and that of the last heard origin, the last at which every column that limits
    need had a value. Its load bound and its required levels are the larger of the two. A closed region gets no power.

    Args:
        levels: levels of `silence.lead_in_h` earlier origins, followed by the origins of `silence`.
        beyond: the hours beyond the horizon, for the origins of `silence`.
    Returns: the levels of the origins of `silence`.
    """
    lead_in_h = silence.lead_in_h
    held = replace(
        levels,
        **{name: getattr(levels, name)[:, lead_in_h:] for name in _BY_LEVEL},
        **{name: getattr(levels, name)[lead_in_h:] for name in _BY_ORIGIN},
    )
    heard_h = np.where(silence.is_closed, 0, silence.heard_h)
    if not silence.is_closed.any() and not heard_h.any():
        return held
    held = replace(held, **{name: getattr(held, name).copy() for name in (*_BY_LEVEL, *_BY_ORIGIN)})
    for hours in np.unique(heard_h[heard_h > 0]).tolist():
        origin, region = (index.astype(np.int64) for index in np.nonzero(heard_h == hours))
        silent, earlier = (origin, region), (origin + lead_in_h - hours, region)
        _hold_near(held, silent, levels, earlier, hours)
        _hold_far(held, silent, beyond, hours)
    closed = np.nonzero(silence.is_closed)
    for name in _REQUIRED:
        getattr(held, name)[closed] = np.inf
    held.load_mw[:, closed[0], closed[1]] = np.inf
    held.grid_load_mw[closed], held.grid_binding[closed] = 0.0, UNKNOWN_CODE
    held.safe_load_mw[:, closed[0], closed[1]] = 0.0
    held.binding[:, closed[0], closed[1]] = UNKNOWN_CODE
    return held


def _hold_near(
    held: HeadroomLevels,
    silent: tuple[IntArray, IntArray],
    levels: HeadroomLevels,
    earlier: tuple[IntArray, IntArray],
    hours: int,
) -> None:
    """Limit the hours that are also within the horizon of the last heard origin. Changes `held` in place.

    Args:
        silent: indices of the silent origins and of their regions, in `held`.
        earlier: indices of their last heard origins and of the same regions, in `levels`.
        hours: hours from the last heard origin to the silent origin.
    """
    shared = held.weather_required.shape[2] - hours
    if shared <= 0:
        return
    _hold(
        held,
        silent,
        slice(None, shared),
        _Earlier(
            safe_load_mw=levels.safe_load_mw[:, earlier[0], earlier[1], hours:],
            binding=levels.binding[:, earlier[0], earlier[1], hours:],
            load_mw=levels.load_mw[:, earlier[0], earlier[1], hours:],
            grid_load_mw=levels.grid_load_mw[earlier][:, hours:],
            grid_binding=levels.grid_binding[earlier][:, hours:],
        ),
    )
    for name in _REQUIRED:
        # A window is cut at the horizon. So at the earlier origin, the same hours may be in any shorter bucket.
        required = np.maximum.accumulate(getattr(levels, name)[earlier][:, hours:], axis=-1)
        values = getattr(held, name)
        values[*silent, :shared] = np.maximum(values[*silent, :shared], required)
    bound_c, earlier_bound_c = (
        part.temperature_c[at] + part.margin_k[at] for part, at in ((held, silent), (levels, earlier))
    )
    is_warmer = earlier_bound_c[:, hours:] > bound_c[:, :shared]
    for name in ("temperature_c", "margin_k"):
        values, before = getattr(held, name), getattr(levels, name)[earlier][:, hours:]
        values[*silent, :shared] = np.where(is_warmer, before, values[*silent, :shared])


def _hold_far(
    held: HeadroomLevels,
    silent: tuple[IntArray, IntArray],
    beyond: BeyondHorizon,
    hours: int,
) -> None:
    """Limit the hours that are beyond the horizon of the last heard origin. Changes `held` in place.

    Args:
        silent, hours: as in `_hold_near`.
    """
    horizon = held.weather_required.shape[2]
    leads = np.arange(max(horizon - hours, 0), horizon)
    hours_utc = beyond.origin_utc[silent[0]][:, None] + leads + 1
    bound = beyond.bound_at(beyond.heard.at(silent), silent[1], hours_utc, np.zeros(len(silent[1])))
    _hold(
        held,
        silent,
        slice(int(leads[0]), None),
        _Earlier(
            safe_load_mw=bound.safe_load_mw[None],
            binding=bound.binding[None],
            load_mw=(bound.safe_load_mw - bound.spare_mw)[None],
            grid_load_mw=bound.safe_load_mw,
            grid_binding=bound.binding,
        ),
    )


class _Earlier(NamedTuple):
    """Bounds of the earlier origin: (level, pair, lead) or arrays that broadcast to it; of the grid (pair, lead)."""

    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    load_mw: FloatArray
    grid_load_mw: FloatArray
    grid_binding: NDArray[np.int8]


def _hold(held: HeadroomLevels, silent: tuple[IntArray, IntArray], leads: slice, earlier: _Earlier) -> None:
    """Take the smaller safe loads with their limits, and the larger load bound. Changes `held` in place."""
    at = (slice(None), silent[0], silent[1], leads)
    is_less = earlier.safe_load_mw < held.safe_load_mw[at]
    held.safe_load_mw[at] = np.where(is_less, earlier.safe_load_mw, held.safe_load_mw[at])
    held.binding[at] = np.where(is_less, earlier.binding, held.binding[at])
    held.load_mw[at] = np.maximum(held.load_mw[at], earlier.load_mw)
    of_grid = at[1:]
    is_less = earlier.grid_load_mw < held.grid_load_mw[of_grid]
    held.grid_load_mw[of_grid] = np.where(is_less, earlier.grid_load_mw, held.grid_load_mw[of_grid])
    held.grid_binding[of_grid] = np.where(is_less, earlier.grid_binding, held.grid_binding[of_grid])
