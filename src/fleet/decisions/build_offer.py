"""What an origin's hours ahead offer to jobs, as each belief about them has it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.placement import Belief, Offer
from fleet.preparation.beyond_horizon import season_cell
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray

# What each belief that has no ladder adds up to, as a quantity of Conditions.
_HEADROOM = {
    Belief.PRESENT: "forecast_headroom_mw",
    Belief.FORECAST: "forecast_headroom_mw",
    Belief.MARGIN: "margin_headroom_mw",
}
_COST = "cost_usd_per_mwh"


def offer_of(
    prepared: Prepared,
    step: int,
    belief: Belief,
    reserved_mw: FloatArray,
    *,
    extra: FloatArray | None = None,
    most_jobs: IntArray | None = None,
) -> Offer:
    """The offer at one origin.

    Args:
        step: number of the origin.
        reserved_mw: (region, hour) as far as the offer is to reach; the horizon at least.
        extra: (region,) conservatism that is asked for above a window's own; for a belief in bounds.
        most_jobs: (region,) how many more may be placed; any number where not given.
    """
    regions, hours = reserved_mw.shape
    if belief in _HEADROOM:
        spare, rung, bucket = _flat(prepared, step, belief, hours)
    else:
        spare, rung, bucket = _climbing(prepared, step, hours, np.zeros(regions) if extra is None else extra)
    costs = prepared.fleet.costs
    return Offer(
        spare_mw=spare,
        rung=rung,
        bucket=bucket,
        reserved_mw=np.ascontiguousarray(reserved_mw),
        most_jobs=np.full(regions, np.iinfo(np.int64).max) if most_jobs is None else most_jobs,
        cost_usd_per_mwh=_of_hours(prepared, step, belief, _COST, hours),
        transfer_usd_per_gb=costs.transfer_usd_per_gb,
        waiting_usd_per_mwh_per_h=costs.waiting_usd_per_mwh_per_h,
        change_usd_per_mwh=costs.change_usd_per_mwh,
    )


def _flat(
    prepared: Prepared, step: int, belief: Belief, hours: int
) -> tuple[FloatArray, NDArray[np.int8], NDArray[np.int8]]:
    """Headroom that every window may count on alike."""
    headroom = _of_hours(prepared, step, belief, _HEADROOM[belief], hours)
    starts = prepared.settings.horizon
    rung = np.zeros((1, headroom.shape[0], starts), dtype=np.int8)
    return headroom[None], rung, _one_bucket(hours - starts + 1, starts)


def _climbing(
    prepared: Prepared, step: int, hours: int, extra: FloatArray
) -> tuple[FloatArray, NDArray[np.int8], NDArray[np.int8]]:
    """Spare power of each rung, past the horizon that of the season, and past the last rung none."""
    ladder, horizon = prepared.ladder, prepared.settings.horizon
    near = ladder.spare_mw[:, step]
    spare = np.full((len(near) + 1, near.shape[1], hours), -np.inf)
    spare[:-1, :, :horizon] = near
    if hours > horizon:
        load, safe = (_season(prepared, step, name, hours) for name in ("load_bound_mw", "safe_load_mw"))
        spare[:-1, :, horizon:] = np.where(np.isfinite(load), safe - load, -np.inf)
    rung = ladder.rung(ladder.level[step] + extra[:, None, None]).astype(np.int8)
    return (
        spare,
        np.ascontiguousarray(np.moveaxis(rung, 2, 0)),
        _buckets(tuple(ladder.longest.tolist()), hours - horizon + 1, horizon),
    )


def _of_hours(prepared: Prepared, step: int, belief: Belief, name: str, hours: int) -> FloatArray:
    """(region, hour) one quantity of the hours ahead."""
    if belief is Belief.PRESENT:
        now = _quantity(prepared.now, name)[step]
        return np.ascontiguousarray(np.broadcast_to(now, (now.shape[0], hours)))
    near = _quantity(prepared.near, name)[step]
    if hours <= near.shape[1]:
        return np.ascontiguousarray(near[:, :hours])
    return np.concatenate([near, _season(prepared, step, name, hours)], axis=1)


def _season(prepared: Prepared, step: int, name: str, hours: int) -> FloatArray:
    """(region, hour) one quantity of the hours past the horizon."""
    later = prepared.origin_utc[step] + np.arange(prepared.settings.horizon + 1, hours + 1)
    whole = _quantity(prepared.far, name)[prepared.far_row[step]]
    return np.asarray(whole[:, season_cell(later)])


def _quantity(conditions: Conditions, name: str) -> FloatArray:
    values: FloatArray = conditions.table[conditions.QUANTITIES.index(name)]
    return values


@lru_cache
def _buckets(longest: tuple[int, ...], durations: int, starts: int) -> NDArray[np.int8]:
    """(duration, start) the first bucket that holds the part of a window that lies within the horizon."""
    inside = np.minimum(np.arange(durations + 1)[:, None], starts - np.arange(starts))
    return np.asarray(np.searchsorted(longest, inside), dtype=np.int8)


@lru_cache
def _one_bucket(durations: int, starts: int) -> NDArray[np.int8]:
    return np.zeros((durations + 1, starts), dtype=np.int8)
