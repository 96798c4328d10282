"""Bands around the forecasts of one variable, pointwise and over the whole path."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal import margins
from fleet.conformal.base import BandMethod, delayed
from fleet.conformal.margins import Promise
from fleet.conformal.spread import Block
from fleet.conformal.ticks import Ticks
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.units import FloatArray

STALE_H = 24


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What is known of past forecasts of one variable, in time order.

    forecast, actual: (origin, region, lead); an unknown actual is NaN.
    origin_utc: (origin,).
    age_h: (origin, region) hours since the latest observation at the origin; see `widen_stale`.
    since: the first origin that needs a bound; the earlier ones only calibrate.
    """

    forecast: FloatArray
    actual: FloatArray
    origin_utc: HourArray
    age_h: NDArray[np.int64]
    since: int = 0


def make_bands(method: BandMethod, residuals: Residuals, miscoverage: Fraction) -> Bands:
    """Two-sided bands of the origins from `since` on: of each hour, half the miscoverage a side, and of the path."""
    return around(residuals, promised(method, residuals, both_promises(residuals, miscoverage)))


def both_promises(residuals: Residuals, miscoverage: Fraction) -> dict[str, Promise]:
    """What `around` needs the margins of: each hour, and the path over all leads."""
    horizon = residuals.forecast.shape[2]
    return {
        "hour": Promise(side="both", miscoverage=miscoverage),
        "path": Promise(side="both", miscoverage=miscoverage, window=horizon),
    }


def around(residuals: Residuals, margin: Mapping[str, FloatArray]) -> Bands:
    """Bands from the margins of `both_promises`, among which there may be others."""
    forecast = residuals.forecast[residuals.since :]
    return Bands(
        lower=forecast - margin["hour"][:, 0],
        upper=forecast + margin["hour"][:, 1],
        path_lower=forecast - margin["path"][:, 0],
        path_upper=forecast + margin["path"][:, 1],
    )


def promised(method: BandMethod, residuals: Residuals, promises: Mapping[str, Promise]) -> dict[str, FloatArray]:
    """The margins of each promise, (origin - since, side, region, lead), by going through the history once."""
    block, position = block_of(residuals)
    _, found = margins.advance(method, promises, None, block)
    wanted, age_h = position[residuals.since :], residuals.age_h[residuals.since :]
    leads = residuals.forecast.shape[2]
    return {
        name: widen_stale(margin[wanted], age_h[:, None], leads=promises[name].window or leads)
        for name, margin in found.items()
    }


def block_of(residuals: Residuals) -> tuple[Block, NDArray[np.int64]]:
    """The whole history as one block, and the tick of each origin."""
    ticks = Ticks.of(residuals.origin_utc)
    delay = ticks.delay(np.arange(1, residuals.forecast.shape[2] + 1))
    forecast, actual = ticks.spread(residuals.forecast), ticks.spread(residuals.actual)
    due = delayed(actual - forecast, delay)
    return Block(tick_utc=ticks.utc, step_h=ticks.step_h, delay=delay, forecast=forecast, due=due), ticks.position


def widen_stale(margin: FloatArray, age_h: NDArray[np.int64], *, leads: int | None = None) -> FloatArray:
    """Margins for origins whose latest observation is old.

    What is a hours old at the origin is, at lead h, a forecast h + a hours ahead: it takes the larger of the two leads'
    margins, and the last lead's beyond the horizon. After STALE_H hours of silence nothing is promised.

    Args:
        margin: (..., lead). age_h: (...), or what broadcasts to it.
        leads: how many of them the margin speaks of; all unless told.
    """
    lead = np.arange(margin.shape[-1])
    old = np.broadcast_to(age_h, margin.shape[:-1])
    last = (leads or len(lead)) - 1
    later = np.minimum(lead + np.minimum(old, STALE_H)[..., None], np.maximum(lead, last))
    widened = np.maximum(margin, np.take_along_axis(margin, later, axis=-1))
    widened[old > STALE_H] = np.inf
    return widened
