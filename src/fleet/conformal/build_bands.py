"""Bands around the forecasts of one variable: for each hour, and jointly for the whole path."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal import margins
from fleet.conformal.base import BandMethod, State, delayed
from fleet.conformal.margins import MarginTarget
from fleet.conformal.spread import Block
from fleet.conformal.ticks import Ticks
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

STALE_H = 24


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """Past forecasts of one variable and their actual values, in time order.

    forecast: (origin, region, lead).
    actual: (origin, region, lead); NaN where it is not known.
    origin_utc: (origin,).
    age_h: (origin, region) hours from the latest observation to the origin; see `widen_stale`.
    since: index of the first origin that needs a bound. Earlier origins only calibrate.
    step_h: hours between origins; None for the largest step that has a tick at every origin.
    """

    forecast: FloatArray
    actual: FloatArray
    origin_utc: HourArray
    age_h: NDArray[np.int64]
    since: int = 0
    step_h: int | None = None


def make_bands(method: BandMethod, residuals: Residuals, miscoverage: Fraction) -> Bands:
    """Return two-sided bands of the origins from `since` on, for each hour and for the path."""
    return bands_around(residuals, margins_for(method, residuals, two_sided_targets(residuals, miscoverage)))


def two_sided_targets(residuals: Residuals, miscoverage: Fraction) -> dict[str, MarginTarget]:
    """Return the targets that `bands_around` needs: each "hour" by itself, and the "path" over all leads."""
    horizon = residuals.forecast.shape[2]
    return {
        "hour": MarginTarget(side="both", miscoverage=miscoverage),
        "path": MarginTarget(side="both", miscoverage=miscoverage, window=horizon),
    }


def bands_around(residuals: Residuals, margin: Mapping[str, FloatArray]) -> Bands:
    """Return the bands of the origins from `since` on.

    Args:
        margin: target -> (origin, side, region, lead) of these origins, for at least the targets of
            `two_sided_targets`.
    """
    forecast = residuals.forecast[residuals.since :]
    return Bands(
        lower=forecast - margin["hour"][:, 0],
        upper=forecast + margin["hour"][:, 1],
        path_lower=forecast - margin["path"][:, 0],
        path_upper=forecast + margin["path"][:, 1],
    )


def margins_for(method: BandMethod, residuals: Residuals, targets: Mapping[str, MarginTarget]) -> dict[str, FloatArray]:
    """Return the margins of each target at the origins from `since` on: (origin, side, region, lead), below first."""
    _, margin = advance_margins(method, residuals, targets, None, len(residuals.forecast))
    return {name: values[residuals.since :] for name, values in margin.items()}


def advance_margins(
    method: BandMethod,
    residuals: Residuals,
    targets: Mapping[str, MarginTarget],
    state: State | None,
    new: int,
) -> tuple[State, dict[str, FloatArray]]:
    """Learn from the residuals that became known at new origins, and return the margins of these origins.

    Args:
        residuals: of the new origins, and of as many origins before them as there are leads.
        targets: name -> target; the same in every call.
        state: the state that the last call returned; None in the first call.
        new: number of new origins; the last ones of the residuals.
    Returns: the state after the new origins, and for each target (new origin, side, region, lead) margins, below first.
    """
    block, position = block_of(residuals)
    first, number = len(residuals.forecast) - new, len(block.tick_utc)
    # The block begins right after the last origin of the state, even if origins are missing there.
    begin = 0 if state is None or first == 0 else int(position[first - 1]) + 1
    state, margin_of_tick = margins.advance(method, targets, state, block.during(slice(begin, number)))
    wanted, age_h = position[first:] - begin, residuals.age_h[first:]
    horizon = residuals.forecast.shape[2]
    return state, {
        name: widen_stale(margin[wanted], age_h[:, None], leads=targets[name].window or horizon)
        for name, margin in margin_of_tick.items()
    }


def block_of(residuals: Residuals) -> tuple[Block, NDArray[np.int64]]:
    """Return the residuals as one block, and the (origin,) index of the tick of each origin."""
    ticks = Ticks.from_origins(residuals.origin_utc, residuals.step_h)
    delay = ticks.delay(np.arange(1, residuals.forecast.shape[2] + 1))
    forecast, actual = ticks.on_ticks(residuals.forecast), ticks.on_ticks(residuals.actual)
    due = delayed(actual - forecast, delay)
    return Block(tick_utc=ticks.utc, step_h=ticks.step_h, delay=delay, forecast=forecast, due=due), ticks.position


def widen_stale(margin: FloatArray, age_h: NDArray[np.int64], *, leads: int | None = None) -> FloatArray:
    """Return wider margins for origins whose latest observation is old.

    If the latest observation is `a` hours old, the forecast at lead h is really a forecast h + a hours ahead. So the
    margin at lead h becomes the larger of the margins at leads h and h + a. If h + a is beyond the last lead, the
    margin of the last lead counts instead. After more than STALE_H hours without an observation, the margin is
    infinite.

    Args:
        margin: (..., lead).
        age_h: hours from the latest observation to the origin, (...) or a shape that broadcasts to it.
        leads: the last lead that the margin holds for; None for all.
    """
    lead = np.arange(margin.shape[-1])
    age = np.broadcast_to(age_h, margin.shape[:-1])
    last = (leads or len(lead)) - 1
    later = np.minimum(lead + np.minimum(age, STALE_H)[..., None], np.maximum(lead, last))
    widened = np.maximum(margin, np.take_along_axis(margin, later, axis=-1))
    widened[age > STALE_H] = np.inf
    return widened
