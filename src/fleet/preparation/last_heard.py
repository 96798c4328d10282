"""Limits a silent region to the headroom of the origin at which it last reported, so that silence adds no headroom."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.domain.limit import UNKNOWN_CODE
from fleet.preparation.beyond_horizon import season_cell
from fleet.preparation.silence import Silence
from fleet.units import IntArray

_BY_LEVEL = ("safe_load_mw", "spare_mw", "binding")
_BY_ORIGIN = ("temperature_c", "margin_k", "dew_point_c", "dew_point_margin_k", "required")


def held_to_last_heard(
    levels: HeadroomLevels, silence: Silence, far: Conditions, heard_far_row: IntArray
) -> HeadroomLevels:
    """Return levels that give a silent region no more than the levels of the origin at which it last reported.

    A region may be silent for some hours before it is closed. For each hour ahead, its spare power is the smaller of
    two values: that of the origin itself, and that of the last heard origin, the last at which every column that limits
    need had a value. The required level is the larger of the two. A closed region gets no power.

    Args:
        levels: levels of `silence.lead_in_h` earlier origins, followed by the origins of `silence`.
        far: (row, region, month and hour of day) conditions beyond the horizon.
        heard_far_row: (origin, region) the row of `far` that was known at the last heard origin.
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
        _hold_far(held, silent, far, heard_far_row[silent], silence, hours)
    closed = np.nonzero(silence.is_closed)
    held.required[closed] = np.inf
    held.spare_mw[:, closed[0], closed[1]] = -np.inf
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
    shared = held.required.shape[2] - hours
    if shared <= 0:
        return
    _hold(held, silent, slice(None, shared), lambda name: getattr(levels, name)[:, earlier[0], earlier[1], hours:])
    # A window is cut at the horizon. So at the earlier origin, the same hours may be in any shorter bucket.
    required = np.maximum.accumulate(levels.required[earlier][:, hours:], axis=-1)
    held.required[*silent, :shared] = np.maximum(held.required[*silent, :shared], required)
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
    far: Conditions,
    row: IntArray,
    silence: Silence,
    hours: int,
) -> None:
    """Limit the hours that are beyond the horizon of the last heard origin. Changes `held` in place.

    Args:
        silent, hours: as in `_hold_near`.
        row: (pair,) rows of `far`, one for each silent origin and region.
    """
    horizon = held.required.shape[2]
    leads = np.arange(max(horizon - hours, 0), horizon)
    cells = season_cell(silence.origin_utc[silent[0]][:, None] + leads + 1)
    at = row[:, None], silent[1][:, None], cells
    safe_load_mw, load_mw = far.safe_load_mw[at], far.load_bound_mw[at]
    values: dict[str, NDArray[Any]] = {
        "safe_load_mw": safe_load_mw,
        "spare_mw": np.where(np.isfinite(load_mw), safe_load_mw - load_mw, -np.inf),
        "binding": far.binding[at],
    }
    _hold(held, silent, slice(leads[0], None), lambda name: values[name][None])


def _hold(
    held: HeadroomLevels,
    silent: tuple[IntArray, IntArray],
    leads: slice,
    earlier: Callable[[str], NDArray[Any]],
) -> None:
    """Take spare power, safe load and limit from the earlier origin where it had less spare power.

    Args:
        earlier: name -> (level, pair, lead), or an array that broadcasts to it.
    """
    is_less = earlier("spare_mw") < held.spare_mw[:, silent[0], silent[1], leads]
    for name in _BY_LEVEL:
        values = getattr(held, name)
        values[:, silent[0], silent[1], leads] = np.where(
            is_less, earlier(name), values[:, silent[0], silent[1], leads]
        )


def heard_row(silence: Silence, far_row: IntArray) -> IntArray:
    """Return the row of the conditions beyond the horizon that was known at the last heard origin: (origin, region).

    A closed region gets the row of the origin itself.

    Args:
        far_row: (origin,) rows of `silence.lead_in_h` earlier origins, followed by the origins of `silence`.
    """
    origins = len(silence.heard_h)
    heard_h = np.where(silence.is_closed, 0, silence.heard_h)
    return far_row[silence.lead_in_h + np.arange(origins)[:, None] - heard_h]
