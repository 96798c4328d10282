"""Random offers and jobs for the benchmark of placement. The jobs request a given share of the capacity.

Costs and capacities depend on the region, the hour of the day and chance. The jobs have the powers of the twin's
bundles. Jobs last 1 to 24 h. Two thirds of them may start at once; the others are announced ahead. All start within 24
h. With three regions every set of regions occurs; with many regions there are 64 random sets.

The load is the energy of all jobs over the usable capacity. In the hours after the last start, only jobs that are long
enough can use capacity, so only a part of it counts. At a load of 0.85, a third of all region-hours is full and hardly
any job must be left out. At 1.1, many jobs must be left out.
"""

import numpy as np

from fleet.placement import NOWHERE, Batch, Offer
from fleet.units import HOURS_PER_DAY, FloatArray

STARTS, LONGEST_H = HOURS_PER_DAY, HOURS_PER_DAY
HOURS = STARTS + LONGEST_H - 1
SETS = 64
_GPUS = np.array([256, 512, 1_024, 2_048, 4_096, 6_144])
_SHARES = np.array([0.09, 0.17, 0.25, 0.27, 0.17, 0.05])
_MW_PER_GPU = (0.81e-3, 1.06e-3)


def an_hour(jobs: int, regions: int, load: float, seed: int) -> tuple[Offer, Batch]:
    """Return an offer and a batch; the capacity of the offer follows from the load."""
    rng = np.random.default_rng(seed)
    cost, capacity = landscape(rng, regions, HOURS)
    batch = some_jobs(rng, jobs, region_sets(rng, regions), ahead_share=1 / 3)
    usable_share = np.minimum(1, (HOURS - np.arange(HOURS)) / LONGEST_H)
    capacity *= batch.energy_mwh.sum() / load / (capacity @ usable_share).sum()
    return offer_of(capacity, cost), batch


def landscape(rng: np.random.Generator, regions: int, hours: int) -> tuple[FloatArray, FloatArray]:
    """Return (region, hour) costs [USD/MWh], and relative capacities without a unit."""
    hour = 2 * np.pi * np.arange(hours) / HOURS_PER_DAY
    phase, load_phase = 2 * np.pi * rng.random((2, regions, 1))
    swing = rng.uniform(10, 35, (regions, 1)) * np.cos(hour - phase)
    cost = rng.uniform(40, 110, (regions, 1)) + swing + rng.normal(0, 6, (regions, hours))
    own_load = 0.35 * (1 + np.cos(hour - load_phase)) / 2
    capacity = rng.lognormal(0, 0.5, (regions, 1)) * (1 - own_load) * rng.uniform(0.85, 1, (regions, hours))
    return cost, capacity


def region_sets(rng: np.random.Generator, regions: int) -> np.ndarray:
    """Return (set, region): all sets of a few regions, or random sets of many regions. No set is empty."""
    if 2**regions <= SETS:
        return (np.arange(1, 2**regions)[:, None] >> np.arange(regions)) % 2 == 1
    sets = rng.random((SETS, regions)) < rng.uniform(0.1, 1, (SETS, 1))
    sets[np.arange(SETS), rng.integers(0, regions, SETS)] = True
    return sets


def some_jobs(rng: np.random.Generator, jobs: int, sets: np.ndarray, ahead_share: float) -> Batch:
    """Return jobs of one priority, each at home in the first region of its set."""
    region_set = rng.integers(0, len(sets), jobs)
    first = np.where(rng.random(jobs) < ahead_share, rng.integers(0, STARTS, jobs), 0)
    zero, nowhere = np.zeros(jobs, dtype=np.int64), np.full(jobs, NOWHERE)
    return Batch(
        power_mw=rng.choice(_GPUS, jobs, p=_SHARES) * rng.uniform(*_MW_PER_GPU, jobs),
        duration_h=rng.integers(1, LONGEST_H + 1, jobs),
        first=first,
        last=np.minimum(first + rng.integers(0, STARTS, jobs), STARTS - 1),
        sets=sets,
        region_set=region_set,
        home=sets[region_set].argmax(axis=1),
        priority=zero,
        waited_h=zero,
        data_gb=np.zeros(jobs),
        kept_region=nowhere,
        kept_start=nowhere,
    )


def offer_of(spare_mw: FloatArray, cost_usd_per_mwh: FloatArray) -> Offer:
    """Return an offer with one level, no reserved power, and no limit on the number of jobs."""
    regions, hours = spare_mw.shape
    starts = hours - LONGEST_H + 1
    return Offer(
        spare_mw=spare_mw[None],
        level_index=np.zeros((1, regions, starts), dtype=np.int8),
        bucket=np.zeros((LONGEST_H + 1, starts), dtype=np.int8),
        reserved_mw=np.zeros((regions, hours)),
        most_jobs=np.full(regions, np.iinfo(np.int64).max),
        cost_usd_per_mwh=cost_usd_per_mwh,
    )
