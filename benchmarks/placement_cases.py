"""Batches at random that the benchmark of placement plans; does nothing by itself."""

import numpy as np

from fleet.placement import NOWHERE, Batch, Offer

STARTS = LONGEST_H = 24
# Bundle sizes and their shares, and the power of a GPU, as in the twin's jobs.
_GPUS = np.array([256, 512, 1_024, 2_048, 4_096, 6_144])
_SHARES = np.array([0.09, 0.17, 0.25, 0.27, 0.17, 0.05])
_MW_PER_GPU = (0.81e-3, 1.06e-3)


def case(jobs: int, regions: int, load: float, seed: int) -> tuple[Offer, Batch]:
    """Jobs of 1 to 24 h that start within a day, a third of them not at once, in random sets of regions.

    load: energy of all jobs over the capacity of the 24 + 23 hours that they can use.
    """
    rng = np.random.default_rng(seed)
    hours = STARTS + LONGEST_H - 1

    def wave(least: float, most: float) -> np.ndarray:
        """(region, hour) of a day's swing, its height and phase by region."""
        height, phase = rng.uniform(least, most, (regions, 1)), rng.uniform(0, 24, (regions, 1))
        return height * np.cos(2 * np.pi * (np.arange(hours) - phase) / 24)

    cost = rng.uniform(40, 110, (regions, 1)) + wave(10, 35) + rng.normal(0, 6, (regions, hours))
    room = rng.lognormal(0, 0.5, (regions, 1)) * (0.825 + wave(0.175, 0.175)) * rng.uniform(0.85, 1, (regions, hours))
    power = rng.choice(_GPUS, jobs, p=_SHARES) * rng.uniform(*_MW_PER_GPU, jobs)
    duration = rng.integers(1, LONGEST_H + 1, jobs)
    first = np.where(rng.random(jobs) < 1 / 3, rng.integers(0, STARTS, jobs), 0)
    sets = rng.random((min(2**regions - 1, 64), regions)) < rng.uniform(0.2, 1, (min(2**regions - 1, 64), 1))
    sets[np.arange(len(sets)), rng.integers(0, regions, len(sets))] = True
    region_set = rng.integers(0, len(sets), jobs)
    nothing, nowhere = np.zeros(jobs, dtype=np.int64), np.full(jobs, NOWHERE)
    offer = Offer(
        spare_mw=(room * (power @ duration) / load / room.sum())[None],
        rung=np.zeros((1, regions, STARTS), dtype=np.int8),
        bucket=np.zeros((LONGEST_H + 1, STARTS), dtype=np.int8),
        reserved_mw=np.zeros((regions, hours)),
        most_jobs=np.full(regions, jobs),
        cost_usd_per_mwh=cost,
    )
    batch = Batch(
        power_mw=power,
        duration_h=duration,
        first=first,
        last=np.minimum(first + rng.integers(0, STARTS, jobs), STARTS - 1),
        sets=sets,
        region_set=region_set,
        home=sets[region_set].argmax(axis=1),
        priority=nothing,
        waited_h=nothing,
        data_gb=np.zeros(jobs),
        kept_region=nowhere,
        kept_start=nowhere,
    )
    return offer, batch
