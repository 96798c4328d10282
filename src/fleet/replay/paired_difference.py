"""Two policies on the same year, day by day: the weather is the same, so their difference is sharper than either."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.region import Costs
from fleet.evaluation.intervals import draws
from fleet.replay.outcomes import beyond_energy_usd
from fleet.replay.run import Run
from fleet.units import HOURS_PER_DAY, FloatArray

_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What one policy has over another; below zero is less. Intervals resample whole days, the same for both."""

    cost_per_served_mwh: float
    cost_interval_95: tuple[float, float]
    contested_breach_rate: float
    contested_breach_interval_95: tuple[float, float]


def difference(run: Run, other: Run, costs: Costs, first_h: int) -> Difference:
    """Cost by the day of the hour, breaches by the day of the start.

    Args:
        first_h: the first hour of the runs' load, from 1970-01-01T00 UTC.
    """
    cost, cost_interval = _of_ratios(_money(run, costs, first_h), _money(other, costs, first_h))
    rate, rate_interval = _of_ratios(_breaches(run, first_h), _breaches(other, first_h))
    return Difference(
        cost_per_served_mwh=cost,
        cost_interval_95=cost_interval,
        contested_breach_rate=rate,
        contested_breach_interval_95=rate_interval,
    )


def _of_ratios(own: FloatArray, other: FloatArray) -> tuple[float, tuple[float, float]]:
    """(2, day) sums above and below: the difference of the ratios of their totals, and its interval; NaN where either
    has nothing below.
    """
    if not (own[1].any() and other[1].any()):
        return np.nan, (np.nan, np.nan)
    active = (own[1] > 0) | (other[1] > 0)
    drawn = draws(int(active.sum()))

    def ratio(weights: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = [(weights @ part[0, active]) / (weights @ part[1, active]) for part in (own, other)]
        return np.asarray(parts[0] - parts[1])

    found = float(ratio(np.ones(len(drawn[0]))))
    # A single day says nothing about others, and resampling nothing about what never happened.
    if len(drawn[0]) < 2 or not (own[0].any() or other[0].any()):
        return found, (np.nan, np.nan)
    low, high = np.nanquantile(ratio(drawn), _INTERVAL)
    return found, (float(low), float(high))


def _money(run: Run, costs: Costs, first_h: int) -> FloatArray:
    """(2, day) cost, and IT energy whose cost is known."""
    cost = run.resource_use.cost_usd
    known = np.where(np.isfinite(cost), run.job_mw, 0.0).sum(axis=0)
    day = np.arange(cost.shape[1]) // HOURS_PER_DAY
    sums = [np.bincount(day, weights=each) for each in (np.nansum(cost, axis=0), known)]
    extra = beyond_energy_usd(run.status, run.work, costs)
    start_day = (run.status.start_h[run.placed] - first_h) // HOURS_PER_DAY
    sums[0] += np.bincount(start_day, weights=extra[run.placed], minlength=len(sums[0]))
    return np.stack(sums)


def _breaches(run: Run, first_h: int) -> FloatArray:
    """(2, day) contested approvals that breached, and those that could be judged."""
    hard = run.judged & run.contested
    days = -(-run.job_mw.shape[1] // HOURS_PER_DAY)
    day = ((run.status.start_or_arrival_h(run.work) - first_h) // HOURS_PER_DAY)[hard]
    both = (np.bincount(day, weights=each, minlength=days) for each in (run.breached[hard], np.ones(hard.sum())))
    return np.stack(list(both))
