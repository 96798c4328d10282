"""The difference between two policies on the same days, with intervals.

Both policies meet the same weather on each day. So the interval of their difference is usually narrower than the
intervals of the two policies alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Costs
from fleet.evaluation.intervals import draws
from fleet.replay.outcomes import beyond_energy_usd
from fleet.replay.run import Run
from fleet.replay.same_hours import known_in_both, starts_within
from fleet.units import HOURS_PER_DAY, FloatArray

_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One policy minus another policy. The intervals come from resampling whole days, the same days for both policies.

    Args:
        cost_per_served_mwh: [USD/MWh], NaN if one of the policies served nothing at a known cost.
        contested_breach_rate: NaN if one of the policies ran no contested job that was judged.
        cost_interval_95, contested_breach_interval_95: also NaN if there are less than two days, or if neither policy
            has a cost or a breach.
    """

    cost_per_served_mwh: float
    cost_interval_95: tuple[float, float]
    contested_breach_rate: float
    contested_breach_interval_95: tuple[float, float]


def difference(run: Run, other: Run, costs: Costs, first_h: int) -> Difference:
    """Return the difference `run` minus `other`.

    Costs are compared on the hours of `known_in_both`. A cost of energy, carbon and water belongs to the day of its
    hour. A breach, and the cost of moving data and waiting, belong to the day on which the job started. A day is a
    block of 24 hours, counted from `first_h`.

    Args:
        run, other: two policies on the same jobs and hours.
        costs: prices of moving data and of waiting.
        first_h: first hour of the runs' load, in hours from 1970-01-01T00 UTC.
    """
    hours = known_in_both(run, other, "cost_usd")
    cost, cost_interval = _ratio_difference(*(_cost_by_day(one, costs, hours, first_h) for one in (run, other)))
    rate, rate_interval = _ratio_difference(_breaches_by_day(run, first_h), _breaches_by_day(other, first_h))
    return Difference(
        cost_per_served_mwh=cost,
        cost_interval_95=cost_interval,
        contested_breach_rate=rate,
        contested_breach_interval_95=rate_interval,
    )


def _ratio_difference(sums: FloatArray, other_sums: FloatArray) -> tuple[float, tuple[float, float]]:
    """Return the difference between two ratios of totals, and its interval; NaN if a denominator is zero.

    Args:
        sums, other_sums: (2, day) numerators and denominators by day.
    """
    if not (sums[1].any() and other_sums[1].any()):
        return np.nan, (np.nan, np.nan)
    is_active = (sums[1] > 0) | (other_sums[1] > 0)
    day_weights = draws(int(is_active.sum()))

    def difference_of(weights: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio, other_ratio = [
                (weights @ part[0, is_active]) / (weights @ part[1, is_active]) for part in (sums, other_sums)
            ]
        return np.asarray(ratio - other_ratio)

    days = len(day_weights[0])
    estimate = float(difference_of(np.ones(days)))
    # A single day cannot be resampled. If both numerators are zero, every resample is zero, and the interval would be
    # meaningless.
    if days < 2 or not (sums[0].any() or other_sums[0].any()):
        return estimate, (np.nan, np.nan)
    low, high = np.nanquantile(difference_of(day_weights), _INTERVAL)
    return estimate, (float(low), float(high))


def _cost_by_day(run: Run, costs: Costs, hours: NDArray[np.bool_], first_h: int) -> FloatArray:
    """Return (2, day) the cost [USD] and the IT energy [MWh] of each day.

    Args:
        hours: (hour,) True for an hour that counts.
    """
    usd, mwh = (np.where(hours, values, 0.0) for values in (run.resource_use.cost_usd, run.job_mw))
    day = np.arange(len(hours)) // HOURS_PER_DAY
    usd_by_day, mwh_by_day = (np.bincount(day, weights=np.nansum(values, axis=0)) for values in (usd, mwh))
    counts = starts_within(run, hours, first_h)
    start_day = (run.status.start_h[counts] - first_h) // HOURS_PER_DAY
    extra_usd = beyond_energy_usd(run.status, run.work, costs)[counts]
    usd_by_day += np.bincount(start_day, weights=extra_usd, minlength=len(usd_by_day))
    return np.stack([usd_by_day, mwh_by_day])


def _breaches_by_day(run: Run, first_h: int) -> FloatArray:
    """Return (2, day) the number of contested jobs that breached, and of all contested jobs that were judged."""
    is_scored = run.contested_judged
    days = -(-run.job_mw.shape[1] // HOURS_PER_DAY)
    day = ((run.status.start_or_arrival_h(run.work) - first_h) // HOURS_PER_DAY)[is_scored]
    flags = (run.breached[is_scored], np.ones(is_scored.sum()))
    return np.stack([np.bincount(day, weights=flag, minlength=days) for flag in flags])
