"""Tells where the controller, not the physics of a region, refuses a job: closed tracks, probation, high levels."""

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import FAR, JOBS
from fleet.decisions.window_headroom import Window
from fleet.domain.clock import Hour
from fleet.domain.decision import Binding
from fleet.domain.limit import CONTROLLER
from fleet.domain.region import Region
from fleet.units import exceeds


def closed_region(
    controller: Controller | None, index: int, region: Region, start_utc: Hour, duration_h: int, start: int
) -> Binding | None:
    """Return the limit `controller` if the controller has closed a region for a window; None if it is open.

    Args:
        index: position of the region in the fleet.
        start: hours from the first hour ahead to the window.
    """
    if controller is None:
        return None
    rules = controller.rules
    # Nothing runs beyond the horizon while the track of long jobs is closed.
    is_barred = start + duration_h > rules.horizon_h and controller.is_closed[FAR, index]
    if controller.is_open(duration_h)[index] and not is_barred:
        return None
    tracks = slice(None) if is_barred else slice(rules.track_of(duration_h) + 1)
    level = float(controller.track_level[tracks, index].max())
    if level >= rules.closing_level or controller.is_suspended[tracks, index].any():
        # After a failed probation the level may be lower, but the track stays closed all the same.
        level = max(level, rules.closing_level)
        return _controller_binding(region, start_utc, bound=level, limit_value=rules.closing_level, unit="margins")
    unresolved, most = float(controller.unresolved[JOBS, :, index].sum()), rules.max_unresolved
    if unresolved < most:
        on_probation = controller.on_probation[tracks, index]
        unresolved, most = float(controller.unresolved[JOBS, tracks, index][on_probation].max()), rules.probation_jobs
    return _controller_binding(region, start_utc, bound=unresolved, limit_value=most, unit="jobs")


def probation_limit(
    controller: Controller | None, index: int, region: Region, start_utc: Hour, duration_h: int, taken_mw: float
) -> Binding | None:
    """Return the limit `controller` if all jobs together would have more power than a probation allows; else None.

    Args:
        index: position of the region in the fleet.
        taken_mw: the largest power in the window, with the job.
    """
    if controller is None:
        return None
    most_mw = float(controller.most_mw[controller.rules.track_of(duration_h), index])
    if not exceeds(taken_mw, most_mw):
        return None
    return _controller_binding(region, start_utc, bound=taken_mw, limit_value=most_mw, unit="MW")


def level_too_high(window: Window, highest_level: float, region: Region, start_utc: Hour) -> Binding | None:
    """Return the limit `controller` if a window requires a finite level above the highest one; else None."""
    if not np.isfinite(window.required) or window.required <= highest_level:
        return None
    return _controller_binding(region, start_utc, bound=window.required, limit_value=highest_level, unit="margins")


def _controller_binding(region: Region, start_utc: Hour, *, bound: float, limit_value: float, unit: str) -> Binding:
    return Binding(
        limit=CONTROLLER, region=region.id, hour_utc=start_utc, bound=bound, limit_value=limit_value, unit=unit
    )
