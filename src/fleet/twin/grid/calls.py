"""Calls: hours in which the utility limits a site to its firm power."""

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
_USUAL_SPREAD = 0.1  # standard deviation of the tightness at one hour over the days of a season
# Increase of the threshold after a call, in usual spreads. A larger value keeps the number of calls of a year closer to
# the contract, a smaller value puts the calls closer to the tightest days.
_RAISE = 0.4


def limit_mw(region: Region, tightness: FloatArray, time_utc: HourArray, seed: int) -> FloatArray:
    """Return the power that the utility lets the site draw, (hour,): `grid_limit_mw`, or `firm_mw` during a call.

    Args:
        region: the site; without a contract (`curtailment`) it is never called.
        tightness: (hour,) demand minus hydro, wind and solar output, over the mean demand. In an hour in which a call
            is allowed, an unknown (NaN) tightness makes the limit NaN.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    """
    limit = np.full(len(time_utc), region.grid_limit_mw)
    contract = region.curtailment
    if contract is not None:
        is_called = call_hours(contract, tightness, time_utc, stream(seed, region.id, "grid", "calls"))
        limit[is_called] = contract.firm_mw
        limit[may_be_called(contract, time_utc) & np.isnan(tightness)] = np.nan
    return limit


def call_hours(
    contract: Curtailment, tightness: FloatArray, time_utc: HourArray, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return whether the site is called in each hour, (hour,).

    The utility looks at the tightness when the daily window opens, and calls if the tightness is above a threshold.
    The threshold rises after a day with a call and falls after a day without a call. So a year has about the agreed
    number of calls in any climate, and a call does not depend on the tightness after the opening. A call starts at a
    random hour, early enough to end within the window.

    Args:
        contract: months, window, number and length of the calls.
        tightness, time_utc: as for `limit_mw`.
        rng: generator of starts and lengths.
    """
    window_h = _window_h(contract)
    is_allowed = may_be_called(contract, time_utc)
    openings = np.flatnonzero(is_allowed & (clock.hour_of_day(time_utc) == contract.from_hour_utc))
    called_share = min(contract.calls_per_year / (len(set(contract.months)) * _DAYS_PER_MONTH), 1.0)
    # Two numbers are drawn for each opening, called or not, so that a longer series begins with the shorter one.
    uniform = rng.random((len(openings), 2))
    lengths_h = np.clip(1 + _poisson(uniform[:, 0], max(contract.mean_call_h - 1, 0.0), window_h), 1, window_h)
    starts = openings + np.floor(uniform[:, 1] * (window_h - lengths_h + 1)).astype(np.int64)

    is_called = np.zeros(len(time_utc), dtype=np.bool_)
    threshold: float | None = None
    for day, opening_tightness in enumerate(tightness[openings]):
        if np.isnan(opening_tightness):
            continue
        if threshold is None:
            threshold = opening_tightness + _USUAL_SPREAD * float(np.clip(ndtri(1 - called_share), -3, 3))
        call = bool(opening_tightness > threshold) and called_share > 0
        threshold += _RAISE * _USUAL_SPREAD * (call - called_share)
        if call:
            is_called[starts[day] : starts[day] + lengths_h[day]] = True
    return is_called & is_allowed


def _window_h(contract: Curtailment) -> int:
    """Return the length of the daily window [h]. Equal hours mean the whole day, as in `may_be_called`."""
    return (contract.to_hour_utc - contract.from_hour_utc - 1) % HOURS_PER_DAY + 1


def _poisson(uniform: FloatArray, mean: float, most: int) -> NDArray[np.int64]:
    """Return Poisson counts, at most `most`, at the quantiles of uniform numbers in [0, 1)."""
    return np.searchsorted(pdtr(np.arange(most), mean), uniform, side="right")
