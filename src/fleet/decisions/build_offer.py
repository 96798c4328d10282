"""Builds the offer of the hours ahead of an origin, under each belief about these hours."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.level_rows import LevelRows
from fleet.placement import Belief, Offer
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray

# The quantity of Conditions that gives the headroom under a belief without levels.
_HEADROOM = {
    Belief.PRESENT: "forecast_headroom_mw",
    Belief.FORECAST: "forecast_headroom_mw",
    Belief.MARGIN: "margin_headroom_mw",
}
WITHOUT_LEVELS = frozenset(_HEADROOM)
_COST = "cost_usd_per_mwh"


def offer_of(
    prepared: Prepared,
    step: int,
    belief: Belief,
    reserved_mw: FloatArray,
    *,
    rows: LevelRows | None = None,
    most_jobs: IntArray | None = None,
) -> Offer:
    """Build the offer at one origin.

    Args:
        step: number of the origin.
        reserved_mw: (region, hour) reserved power. Its hours are the hours of the offer, at least the horizon.
        rows: the spare power ahead, for these hours or more. None for a belief without levels.
        most_jobs: (region,) how many more jobs may be placed; no limit if not given.
    """
    regions, hours = reserved_mw.shape
    if rows is None:
        spare_mw, level_index, bucket = _without_levels(prepared, step, belief, hours)
    else:
        spare_mw, level_index, bucket = _with_levels(prepared, rows, hours)
    costs = prepared.fleet.costs
    return Offer(
        spare_mw=spare_mw,
        level_index=level_index,
        bucket=bucket,
        reserved_mw=np.ascontiguousarray(reserved_mw),
        most_jobs=np.full(regions, np.iinfo(np.int64).max) if most_jobs is None else most_jobs,
        cost_usd_per_mwh=_hours_ahead(prepared, step, belief, _COST, hours),
        transfer_usd_per_gb=costs.transfer_usd_per_gb,
        waiting_usd_per_mwh_per_h=costs.waiting_usd_per_mwh_per_h,
        change_usd_per_mwh=costs.change_usd_per_mwh,
    )


def _without_levels(
    prepared: Prepared, step: int, belief: Belief, hours: int
) -> tuple[FloatArray, NDArray[np.int8], NDArray[np.int8]]:
    """Spare power, level index and bucket of an `Offer` with a single level."""
    headroom_mw = _hours_ahead(prepared, step, belief, _HEADROOM[belief], hours)
    starts = prepared.settings.horizon
    level_index = np.zeros((1, headroom_mw.shape[0], starts), dtype=np.int8)
    return headroom_mw[None], level_index, _one_bucket(hours - starts + 1, starts)


def _with_levels(
    prepared: Prepared, rows: LevelRows, hours: int
) -> tuple[FloatArray, NDArray[np.int8], NDArray[np.int8]]:
    """Spare power, level index and bucket of an `Offer` with the levels that the windows require."""
    horizon, bucket_h = prepared.settings.horizon, prepared.levels.bucket_h
    spare_mw = np.ascontiguousarray(rows.spare_mw[..., :hours])
    return spare_mw, rows.row, _buckets(tuple(bucket_h.tolist()), hours - horizon + 1, horizon)


def _hours_ahead(prepared: Prepared, step: int, belief: Belief, name: str, hours: int) -> FloatArray:
    """(region, hour) one quantity of the hours ahead."""
    if belief is Belief.PRESENT:
        now = prepared.now.table[prepared.now.QUANTITIES.index(name), step]
        return np.ascontiguousarray(np.broadcast_to(now, (now.shape[0], hours)))
    return prepared.quantity_ahead(name, step, hours)


@lru_cache
def _buckets(bucket_h: tuple[int, ...], durations: int, starts: int) -> NDArray[np.int8]:
    """(duration, start) the first bucket that is long enough for the part of a window within the horizon."""
    inside_h = np.minimum(np.arange(durations + 1)[:, None], starts - np.arange(starts))
    return np.asarray(np.searchsorted(bucket_h, inside_h), dtype=np.int8)


@lru_cache
def _one_bucket(durations: int, starts: int) -> NDArray[np.int8]:
    return np.zeros((durations + 1, starts), dtype=np.int8)
