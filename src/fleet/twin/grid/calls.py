"""When the utility calls a site down to its firm power."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtr

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Curtailment, Region
from fleet.physics.grid_limit import may_be_called
from fleet.twin.noise import stream
from fleet.units import HOURS_PER_DAY, FloatArray

_DAYS_PER_MONTH = 365.25 / 12
_USUAL_SPREAD = 0.1  # of tightness at the same hour of a season's days
# What a call adds to the bar, in usual spreads. More keeps closer to the calls of a year, less to the tightest days.
_RAISE = 0.4


def limit_mw(region: Region, tightness: FloatArray, time_utc: HourArray, seed: int) -> FloatArray:
    """(hour,) what the utility lets the site draw: `grid_limit_mw`, or `firm_mw` during a call.

    Args:
        tightness: (hour,) residual demand over the mean demand; NaN where unknown, and so is a limit that may be
            called then.
    """
    limit = np.full(len(time_utc), region.grid_limit_mw)
    terms = region.curtailment
    if terms is not None:
        limit[called(terms, tightness, time_utc, stream(seed, region.id, "grid", "calls"))] = terms.firm_mw
        limit[may_be_called(terms, time_utc) & np.isnan(tightness)] = np.nan
    return limit


def called(
    terms: Curtailment, tightness: FloatArray, time_utc: HourArray, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(hour,) whether the site is called down.

    The utility looks when the window opens and calls if demand then leaves less to spare than a bar. The bar rises
    with each call and falls with each day without one, so that a year has the calls agreed, whatever the climate, and
    nothing later than the opening is used. A call starts anywhere in the window that leaves room for its length.
    """
    window_h = _window_h(terms)
    allowed = may_be_called(terms, time_utc)
    opening = np.flatnonzero(allowed & (clock.hour_of_day(time_utc) == terms.from_hour_utc))
    share = min(terms.calls_per_year / (len(set(terms.months)) * _DAYS_PER_MONTH), 1.0)
    # Each opening draws two numbers, called or not, so that a longer series begins with the shorter one.
    drawn = rng.random((len(opening), 2))
    length_h = np.clip(1 + _poisson(drawn[:, 0], max(terms.mean_call_h - 1, 0.0), window_h), 1, window_h)
    start = opening + np.floor(drawn[:, 1] * (window_h - length_h + 1)).astype(np.int64)

    made = np.zeros(len(time_utc), dtype=np.bool_)
    bar: float | None = None
    for day, score in enumerate(tightness[opening]):
        if np.isnan(score):
            continue
        if bar is None:
            bar = score + _USUAL_SPREAD * float(np.clip(ndtri(1 - share), -3, 3))
        call = bool(score > bar) and share > 0
        bar += _RAISE * _USUAL_SPREAD * (call - share)
        if call:
            made[start[day] : start[day] + length_h[day]] = True
    return made & allowed


def _window_h(terms: Curtailment) -> int:
    """Equal hours name the whole day, as in `may_be_called`."""
    return (terms.to_hour_utc - terms.from_hour_utc - 1) % HOURS_PER_DAY + 1


def _poisson(uniform: FloatArray, mean: float, most: int) -> NDArray[np.int64]:
    """Counts of that mean, at most `most`, by inverting their distribution function at numbers in [0, 1)."""
    return np.searchsorted(pdtr(np.arange(most), mean), uniform, side="right")
