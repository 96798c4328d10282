"""Random offers and batches, from almost no capacity to more than the jobs need."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.units import ROUNDING_MW

# Capacity as a multiple of the demand.
FEW, SCARCE, AMPLE = 0.02, 1.0, 50.0
ROUNDING_SHARE = 1e-6


@st.composite
def some_offers(draw, *, least_jobs=0, most_jobs=12) -> tuple[Offer, Batch]:
    """Several levels, unknown costs, hours without capacity, jobs without a start, and jobs that hold a start."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    regions, starts, longest = draw(st.integers(1, 4)), draw(st.integers(1, 8)), draw(st.integers(1, 6))
    jobs = draw(st.integers(least_jobs, most_jobs))
    offer, batch = offer_and_batch(rng, regions, starts, longest, jobs, draw(st.sampled_from([FEW, SCARCE, AMPLE])))
    return _difficult(rng, offer), _rolling(rng, batch)


def offer_and_batch(rng, regions, starts, longest, jobs, capacity_over_demand) -> tuple[Offer, Batch]:
    """One level; costs differ by region and hour; region sets, windows and priorities are random."""
    hours = starts + longest - 1
    duration = rng.integers(1, longest + 1, jobs)
    power = rng.lognormal(0.0, 1.0, jobs)
    demand = max(float(power @ duration), 1.0) / (regions * hours)
    sets = rng.random((3, regions)) < 0.6
    sets[np.arange(3), rng.integers(0, regions, 3)] = True
    region_set = rng.integers(0, 3, jobs)
    first = np.where(rng.random(jobs) < 0.5, 0, rng.integers(0, starts, jobs))
    nowhere = np.full(jobs, NOWHERE)
    offer = Offer(
        spare_mw=capacity_over_demand * demand * rng.uniform(0.3, 2, (1, regions, hours)),
        level_index=np.zeros((1, regions, starts), dtype=np.int8),
        bucket=np.zeros((longest + 1, starts), dtype=np.int8),
        reserved_mw=np.zeros((regions, hours)),
        most_jobs=np.full(regions, jobs + 1),
        cost_usd_per_mwh=rng.normal(60, 30, (regions, hours)),
    )
    batch = Batch(
        power_mw=power,
        duration_h=duration,
        first=first,
        last=first + rng.integers(0, starts, jobs),
        sets=sets,
        region_set=region_set,
        home=np.array([rng.choice(np.flatnonzero(sets[row])) for row in region_set], dtype=np.int64),
        priority=rng.integers(0, 3, jobs),
        waited_h=np.zeros(jobs, dtype=np.int64),
        data_gb=rng.exponential(100, jobs),
        kept_region=nowhere,
        kept_start=nowhere,
        share=np.ones(jobs),
    )
    return offer, batch


def _difficult(rng, offer: Offer) -> Offer:
    """Three levels of which the last allows no power, unknown costs, limits on the number of jobs, and weights."""
    levels, (regions, starts) = 3, offer.level_index.shape[1:]
    spare = np.repeat(offer.spare_mw, levels, axis=0) * np.array([1.0, 0.7, 0.0])[:, None, None]
    spare[-1] = -np.inf
    cost = np.where(rng.random(offer.cost_usd_per_mwh.shape) < 0.1, np.nan, offer.cost_usd_per_mwh)
    return replace(
        offer,
        spare_mw=np.minimum.accumulate(np.where(rng.random(spare.shape) < 0.02, -np.inf, spare)),
        level_index=rng.choice(np.arange(levels, dtype=np.int8), (2, regions, starts), p=[0.6, 0.3, 0.1]),
        bucket=rng.integers(0, 2, offer.bucket.shape).astype(np.int8),
        reserved_mw=0.2 * offer.spare_mw[0] * rng.random(offer.reserved_mw.shape),
        most_jobs=rng.integers(0, 6, regions),
        cost_usd_per_mwh=cost,
        transfer_usd_per_gb=rng.choice([0.0, 0.1]),
        waiting_usd_per_mwh_per_h=rng.choice([0.0, 0.5]),
        change_usd_per_mwh=rng.choice([0.0, 2.0]),
    )


def _rolling(rng, batch: Batch) -> Batch:
    """Some jobs have no start left, some hold a region and start already, and some count as a part of a job."""
    jobs = len(batch)
    is_kept = rng.random(jobs) < 0.4
    return replace(
        batch,
        last=np.where(rng.random(jobs) < 0.1, batch.first - 1, batch.last),
        kept_region=np.where(is_kept, batch.home, NOWHERE),
        kept_start=np.where(is_kept, batch.first, NOWHERE),
        share=rng.choice([1.0, 0.5, 1 / 3], jobs),
    )


def assert_feasible(offer: Offer, batch: Batch, plan: Plan) -> None:
    """Jobs run where and when they may, and some order of placing them exists in which each fits at its own level.

    The last job that was placed fits beside all other jobs. So the check takes away all jobs that fit, again and again,
    until no job is left.
    """
    reserved, count = offer.reserved_mw.copy(), np.zeros(len(offer.most_jobs))
    left = set(np.flatnonzero(plan.region != NOWHERE).tolist())
    np.testing.assert_array_equal(plan.region == NOWHERE, plan.start == NOWHERE)
    for job in left:
        region, start, end = window(batch, plan, job)
        assert batch.sets[batch.region_set[job], region]
        assert batch.first[job] <= start <= min(batch.last[job], offer.starts - 1)
        assert np.isfinite(offer.cost_usd_per_mwh[region, start:end]).all()
        reserved[region, start:end] += batch.power_mw[job]
        count[region] += batch.share[job]
    assert (count <= offer.most_jobs + ROUNDING_SHARE).all()
    while left:
        fitting = [job for job in left if fits(offer, batch, plan, reserved, job)]
        assert fitting, "no order of placing lets these jobs in"
        for job in fitting:
            region, start, end = window(batch, plan, job)
            reserved[region, start:end] -= batch.power_mw[job]
        left -= set(fitting)


def fits(offer: Offer, batch: Batch, plan: Plan, reserved_mw, job: int) -> bool:
    """The reserved power, which includes the job, stays within the level that the job's window requires."""
    region, start, end = window(batch, plan, job)
    level = offer.level_index[offer.bucket[batch.duration_h[job], start], region, start]
    return bool((reserved_mw[region, start:end] <= offer.spare_mw[level, region, start:end] + 2 * ROUNDING_MW).all())


def window(batch: Batch, plan: Plan, job: int) -> tuple[int, int, int]:
    """Region, first hour, and the hour after the last one."""
    start = int(plan.start[job])
    return int(plan.region[job]), start, start + int(batch.duration_h[job])
