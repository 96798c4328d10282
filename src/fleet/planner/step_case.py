"""The jobs of one step that may still be placed or moved, and the capacity and cost of the steps ahead, as arrays."""

from typing import NamedTuple

import numpy as np

from fleet.compiled import compiled
from fleet.units import FloatArray, IntArray

NOWHERE = -1

# Largest rounding error of a sum of uses, as a share of the use of one job.
ROUNDING_SHARE = 1e-9


class StepCase(NamedTuple):
    """The input of the compiled loops. Step 0 is the present step. Jobs are in the order in which they are placed.

    use: (job, resource) use of each resource while the job runs.
    factor: (job, region) factor on the use of the energy resource.
    energy: index of the energy resource, which costs money.
    steps: (job,) duration.
    first: (job, region) first allowed start; after `last` in a region in which the job may not run.
    last: (job,) last start that ends by the deadline and within the table.
    transfer_usd: (job, region) cost of moving the job's data to the region.
    unserved_usd: (job,) penalty for a job without a place.
    priority_end: (priority,) position after the last job of each priority, ascending.
    free: (resource, region, step) capacity that no fixed job uses, and finite; -1 of the energy resource where the
        place is closed.
    usd_per_unit: (region, step) cost of one unit of the energy resource for one step; 0 where the place is closed.
    """

    use: FloatArray
    factor: FloatArray
    energy: int
    steps: IntArray
    first: IntArray
    last: IntArray
    transfer_usd: FloatArray
    unserved_usd: FloatArray
    priority_end: IntArray
    free: FloatArray
    usd_per_unit: FloatArray

    def in_order(self, order: IntArray) -> "StepCase":
        """Return the case with the jobs in another order, which keeps each priority together."""
        return self._replace(
            use=self.use[order],
            factor=self.factor[order],
            steps=self.steps[order],
            first=self.first[order],
            last=self.last[order],
            transfer_usd=self.transfer_usd[order],
            unserved_usd=self.unserved_usd[order],
        )


class Places(NamedTuple):
    """Region and start of each job, which compiled loops write; NOWHERE for a job without a place.

    region, start: (job,).
    """

    region: IntArray
    start: IntArray

    @classmethod
    def none(cls, jobs: int) -> "Places":
        """Return the places of jobs of which none has a place."""
        return cls(np.full(jobs, NOWHERE), np.full(jobs, NOWHERE))


@compiled
def use_of(case: StepCase, job: int, region: int, resource: int) -> float:
    """Return the use of a resource by a job that runs in a region."""
    use: float = case.use[job, resource]
    return use * float(case.factor[job, region]) if resource == case.energy else use


@compiled
def windows_of(case: StepCase, job: int, region: int) -> int:
    """Return the number of windows of a job in a region. Window 0 begins at the job's first start there."""
    return max(int(case.last[job] + 1 - case.first[job, region]), 0)


@compiled
def last_full_step(case: StepCase, job: int, free: FloatArray, region: int, start: int) -> int:
    """Return the last step of the window in which some resource has no room for the job; NOWHERE if all have room.

    Args:
        free: (resource, region, step).
    """
    full, end = NOWHERE, start + case.steps[job]
    for resource in range(free.shape[0]):
        use = use_of(case, job, region, resource)
        if use > 0:
            least, step = use - ROUNDING_SHARE * use, end - 1
            while step >= start and step > full and free[resource, region, step] >= least:
                step -= 1
            if step >= start:
                full = max(full, step)
    return full


@compiled
def has_room(case: StepCase, job: int, free: FloatArray, region: int, start: int) -> bool:
    """Return True if every resource has room for the job in every step of the window."""
    return last_full_step(case, job, free, region, start) == NOWHERE


@compiled
def skip_full_starts(case: StepCase) -> None:
    """Move the first start of each job in each region to the first one at which the job fits alone.

    In a region without such a start, the first start becomes later than the last one. Without this step, a job that
    fits in few windows or in none would be compared with each of them in each round.

    Args:
        case: `first` is written.
    """
    free, steps_of, last_of = case.free, case.steps, case.last
    for job in range(len(steps_of)):
        steps, last = steps_of[job], last_of[job]
        for region in range(free.shape[1]):
            start = case.first[job, region]
            step = start
            while start <= last and step < start + steps:
                for resource in range(free.shape[0]):
                    use = use_of(case, job, region, resource)
                    if use > 0 and free[resource, region, step] < use - ROUNDING_SHARE * use:
                        start = step + 1
                step += 1
            case.first[job, region] = start


@compiled
def take(case: StepCase, job: int, free: FloatArray, region: int, start: int, sign: float) -> None:
    """Subtract the use of a window from the free capacity. With a sign of -1, give the use back."""
    for resource in range(free.shape[0]):
        use = sign * use_of(case, job, region, resource)
        if use != 0:
            for step in range(start, start + case.steps[job]):
                free[resource, region, step] -= use


@compiled
def write_totals(case: StepCase, price: FloatArray, totals: FloatArray) -> None:
    """Write the running totals of price and cost per unit.

    Args:
        price: (resource, region, step) USD per unit and step.
        totals: (resource, region, step + 1), written: sums over the steps before each step. The cost is in the totals
            of the energy resource.
    """
    resources, regions, steps = price.shape
    usd_per_unit, energy = case.usd_per_unit, case.energy
    for resource in range(resources):
        for region in range(regions):
            total = 0.0
            for step in range(steps):
                totals[resource, region, step] = total
                total += price[resource, region, step]
                if resource == energy:
                    total += usd_per_unit[region, step]
            totals[resource, region, steps] = total


@compiled
def write_window_costs(case: StepCase, job: int, totals: FloatArray, usd: FloatArray) -> None:
    """Write the cost of each window of a job.

    Args:
        totals: from `write_totals`.
        usd: (region, window), written; the numbers of windows are those of `windows_of`.
    """
    # This loop takes most of the time of a plan. Two things make it fast: the indices have no sign, so the compiler
    # computes several windows at once, and no slice is made, because a slice takes longer than the costs of a region.
    use_of_all, factor, transfer_usd, first_of, energy = (
        case.use,
        case.factor,
        case.transfer_usd,
        case.first,
        case.energy,
    )
    steps, last = case.steps[job], case.last[job]
    for region in range(totals.shape[1]):
        first = first_of[job, region]
        if first > last:
            continue
        begin, end, windows = np.uint64(first), np.uint64(first + steps), np.uint64(last + 1 - first)
        moved_usd = transfer_usd[job, region]
        for window in range(windows):
            usd[region, window] = moved_usd
        for resource in range(totals.shape[0]):
            use = use_of_all[job, resource] * factor[job, region] if resource == energy else use_of_all[job, resource]
            # Most resources cost nothing in most regions, because they are not scarce.
            if use > 0 and totals[resource, region, -1] != 0:
                for window in range(windows):
                    usd[region, window] += use * (
                        totals[resource, region, end + window] - totals[resource, region, begin + window]
                    )


@compiled
def window_usd(case: StepCase, job: int, totals: FloatArray, region: int, start: int) -> float:
    """Return the cost of one window of a job."""
    usd, end = float(case.transfer_usd[job, region]), start + case.steps[job]
    for resource in range(totals.shape[0]):
        total_usd = totals[resource, region, end] - totals[resource, region, start]
        usd += use_of(case, job, region, resource) * total_usd
    return usd


@compiled
def cheapest_alone(case: StepCase, job: int, totals: FloatArray, usd: FloatArray) -> tuple[float, int, int]:
    """Find the cheapest window of a job if it ran alone, if the window costs less than the job's penalty.

    Args:
        totals: from `write_totals`.
        usd: (region, window) working memory.
    Returns: cost, region and start; the penalty, NOWHERE and NOWHERE if there is no such window.
    """
    write_window_costs(case, job, totals, usd)
    first, unserved_usd = case.first, case.unserved_usd[job]
    best_usd, best_region, best_window = unserved_usd, NOWHERE, NOWHERE
    for region in range(totals.shape[1]):
        for window in range(windows_of(case, job, region)):
            if usd[region, window] < best_usd:
                best_usd, best_region, best_window = usd[region, window], region, window
    if best_region == NOWHERE:
        return best_usd, NOWHERE, NOWHERE
    start = first[job, best_region] + best_window
    if not has_room(case, job, case.free, best_region, start):
        # Rare, because a window without any capacity soon has a high price. So only here each window is checked.
        return cheapest_room(case, job, totals, case.free, (unserved_usd, NOWHERE), 0.0, usd)
    return best_usd, best_region, start


@compiled
def cheapest_room(
    case: StepCase,
    job: int,
    totals: FloatArray,
    free: FloatArray,
    present: tuple[float, int],
    tolerance_usd: float,
    usd: FloatArray,
) -> tuple[float, int, int]:
    """Find the cheapest window that has room for the job and is better than the present one.

    A window is better if it costs less, or if it costs the same and starts earlier.

    Args:
        totals: from `write_totals`.
        free: (resource, region, step).
        present: cost and start of the present window. With a start of NOWHERE, only a lower cost is better.
        tolerance_usd: costs that differ by no more are the same.
        usd: (region, window) working memory.
    Returns: cost, region and start; the region is NOWHERE if no window is better.
    """
    write_window_costs(case, job, totals, usd)
    best_usd, best_start = present
    best_region = NOWHERE
    for region in range(totals.shape[1]):
        first, after_full = case.first[job, region], 0
        for window in range(windows_of(case, job, region)):
            cost, start = usd[region, window], first + window
            if cost > best_usd + tolerance_usd or (cost >= best_usd - tolerance_usd and start >= best_start):
                continue
            # No window that includes a full step has room.
            if start < after_full:
                continue
            full = last_full_step(case, job, free, region, start)
            if full == NOWHERE:
                best_usd, best_region, best_start = cost, region, start
            else:
                after_full = full + 1
    return best_usd, best_region, best_start
