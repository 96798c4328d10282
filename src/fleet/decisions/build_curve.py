"""The headroom that a job would be held against, for every region and start ahead of one origin."""

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.controller import Controller
from fleet.conformal.window_levels import buckets
from fleet.decisions.limit_loads import limits_mw
from fleet.decisions.reasons import binding_of, closed, shut
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.conditions import Limit
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import ByLevel, HeadroomCurve, rounded_down_mw
from fleet.preparation.build_conditions import BOUNDED, sure_limits_mw
from fleet.preparation.headroom_levels import margins_of
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray

_ONE_HOUR = np.timedelta64(1, "h")


def hours_seen(horizon: int, duration_h: int) -> int:
    """How many hours ahead the windows of a curve reach, those of the fixed grid included."""
    return horizon + max(duration_h, horizon)


def curve_of(
    prepared: Prepared, step: int, reserved_mw: FloatArray, controller: Controller | None, duration_h: int
) -> HeadroomCurve:
    """The curve of origin number `step`.

    Args:
        reserved_mw: (region, hour ahead) IT power of the jobs that run or are queued, for `hours_seen`.
        controller: as the hour's decisions would find it; None where none is asked for.
        duration_h: of the windows.
    """
    horizon, regions = prepared.settings.horizon, prepared.fleet.regions
    ahead = prepared.ahead(step, reserved_mw.shape[1])
    extra = np.zeros(len(regions)) if controller is None else controller.level
    promises = WindowHeadroom(prepared.ladder, step, ahead, extra)
    reserved = sliding_window_view(reserved_mw, duration_h, axis=1)[:, :horizon]
    left = promises.spare_mw(duration_h) - reserved
    tightest = left.argmin(axis=2)
    headroom = np.take_along_axis(left, tightest[..., None], axis=2)[..., 0]
    level = np.empty(headroom.shape)
    binding: list[list[Binding]] = [[] for _ in regions]
    first = prepared.origin_utc[step] + _ONE_HOUR
    for (index, region), start in product(enumerate(regions), range(horizon)):
        held, at = promises.held(index, start, duration_h), first + start * _ONE_HOUR
        level[index, start] = held.asked
        barred = shut(controller, index, region, at)
        if barred is not None:
            headroom[index, start] = 0.0
        elif np.isfinite(held.asked) and held.asked > promises.highest:
            barred = closed(region, at, asked=held.asked, highest=promises.highest, unit="margins")
        binding[index].append(barred or binding_of(held, reserved[index, start], region, at, power_mw=0.0))
    return HeadroomCurve(
        origin_utc=prepared.origin_utc[step],
        confidence=prepared.settings.confidence,
        duration_h=duration_h,
        region_ids=prepared.fleet.region_ids,
        headroom_mw=rounded_down_mw(headroom),
        forecast_headroom_mw=rounded_down_mw(_least(ahead.forecast_headroom_mw - reserved_mw, duration_h, horizon)),
        reserved_mw=np.take_along_axis(reserved, tightest[..., None], axis=2)[..., 0],
        binding=binding,
        level=level,
        limits_mw=_limits_mw(prepared, step, level, np.arange(horizon) + tightest),
        by_level=_by_level(promises, prepared, reserved_mw),
    )


def _limits_mw(prepared: Prepared, step: int, level: FloatArray, lead: IntArray) -> FloatArray:
    """(limit, region, start) safe loads at (region, start) levels and leads from 0 on; past the last rung, at it."""
    ladder, settings, fleet = prepared.ladder, prepared.settings, prepared.fleet
    rung = np.minimum(ladder.rung(level), len(ladder.rungs) - 1)
    bounded = {name: prepared.residuals[name] for name in BOUNDED}
    # Made anew for this origin: a replay that kept them would hold a year of what only a picture asks for.
    margin = margins_of(BANDS[settings.bands](), bounded, miscoverage_of(settings.confidence), gate=settings.gate)
    ahead = prepared.origin_utc[step] + np.arange(1, settings.horizon + 1)
    grid_limit_mw = sure_limits_mw(fleet, ahead)
    limits = np.full((len(Limit), *lead.shape), np.nan)
    for index, region in enumerate(fleet.regions):
        (starts,) = np.nonzero((lead[index] < settings.horizon) & np.isfinite(level[index]))
        hours = lead[index, starts]
        limits[:, index, starts] = limits_mw(
            region,
            {name: known.forecast[known.since + step, index, hours] for name, known in bounded.items()},
            {name: values[bounded[name].since + step, index, hours] for name, values in margin.items()},
            ladder.rungs[rung[index, starts]],
            grid_limit_mw[index, hours],
        )
    return limits


def _by_level(promises: WindowHeadroom, prepared: Prepared, reserved_mw: FloatArray) -> ByLevel:
    horizon = prepared.settings.horizon
    windows = buckets(horizon)
    left = promises.spare_by_rung_mw - reserved_mw
    grid = [_least(left, int(hours), horizon) for hours in windows]
    return ByLevel(levels=prepared.ladder.rungs, windows_h=windows, headroom_mw=rounded_down_mw(np.stack(grid, axis=1)))


def _least(values: FloatArray, duration_h: int, starts: int) -> FloatArray:
    """(..., start) the least of (..., hour) values over the window from each start."""
    windows = sliding_window_view(values, duration_h, axis=-1)[..., :starts, :]
    return np.asarray(windows.min(axis=-1))
