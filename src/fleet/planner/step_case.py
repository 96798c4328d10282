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


class OneJob(NamedTuple):
    """One job of a case. Compiled loops read it faster than the whole case.

    uses: (resource,); factors, firsts, transfer_usd: (region,). All fields are as in `StepCase`.
    """

    uses: FloatArray
    factors: FloatArray
    firsts: IntArray
    transfer_usd: FloatArray
    energy: int
    steps: int
    last: int
    unserved_usd: float


@compiled
def one_job(case: StepCase, job: int) -> OneJob:
    """Return one job of a case."""
    return OneJob(
        case.use[job],
        case.factor[job],
        case.first[job],
        case.transfer_usd[job],
        case.energy,
        case.steps[job],
        case.last[job],
        case.unserved_usd[job],
    )


@compiled
def use_of(job: OneJob, region: int, resource: int) -> float:
    """Return the use of a resource by a job that runs in a region."""
    use: float = job.uses[resource]
    return use * float(job.factors[region]) if resource == job.energy else use


@compiled
def last_full_step(job: OneJob, free: FloatArray, region: int, start: int) -> int:
    """Return the last step of the window in which some resource has no room for the job; NOWHERE if all have room.

    Args:
        free: (resource, region, step).
    """
    full = NOWHERE
    for resource in range(len(job.uses)):
        use = use_of(job, region, resource)
        if use > 0:
            least, step, left = use - ROUNDING_SHARE * use, start + job.steps - 1, free[resource, region]
            while step >= start and step > full and left[step] >= least:
                step -= 1
            if step >= start:
                full = max(full, step)
    return full


@compiled
def has_room(job: OneJob, free: FloatArray, region: int, start: int) -> bool:
    """Return True if every resource has room for the job in every step of the window."""
    return last_full_step(job, free, region, start) == NOWHERE


@compiled
def skip_full_starts(case: StepCase) -> None:
    """Move the first start of each job in each region to the first one at which the job fits alone.

    In a region without such a start, the first start becomes later than the last one. Without this step, a job that
    fits in few windows or in none would be compared with each of them in each round.

    Args:
        case: `first` is written.
    """
    free, steps_of, last_of = case.free, case.steps, case.last
    for index in range(len(steps_of)):
        job, steps, last = one_job(case, index), steps_of[index], last_of[index]
        for region in range(len(job.firsts)):
            start = job.firsts[region]
            step = start
            while start <= last and step < start + steps:
                for resource in range(len(job.uses)):
                    use = use_of(job, region, resource)
                    if use > 0 and free[resource, region, step] < use - ROUNDING_SHARE * use:
                        start = step + 1
                step += 1
            case.first[index, region] = start


@compiled
def take(job: OneJob, free: FloatArray, region: int, start: int, sign: float) -> None:
    """Subtract the use of a window from the free capacity. With a sign of -1, give the use back."""
    for resource in range(len(job.uses)):
        use = sign * use_of(job, region, resource)
        if use != 0:
            free[resource, region, start : start + job.steps] -= use


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
def write_window_costs(job: OneJob, totals: FloatArray, region: int, usd: FloatArray) -> int:
    """Write the cost of the windows of a job in a region, from its first start on. Return their number.

    Args:
        totals: from `write_totals`.
        usd: (window,), written.
    """
    first, steps = job.firsts[region], job.steps
    count = int(max(job.last + 1 - first, 0))
    usd[:count] = job.transfer_usd[region]
    for resource in range(len(job.uses)):
        use = use_of(job, region, resource)
        # Most resources cost nothing in most regions, because they are not scarce.
        if use > 0 and count > 0 and totals[resource, region, -1] != 0:
            # Slices of equal length, because the compiler then computes several windows at once.
            begin = totals[resource, region, first : first + count]
            end = totals[resource, region, first + steps : first + steps + count]
            for window in range(count):
                usd[window] += use * (end[window] - begin[window])
    return count


@compiled
def window_usd(job: OneJob, totals: FloatArray, region: int, start: int) -> float:
    """Return the cost of one window of a job."""
    usd = float(job.transfer_usd[region])
    for resource in range(len(job.uses)):
        total = totals[resource, region]
        usd += use_of(job, region, resource) * (total[start + job.steps] - total[start])
    return usd


@compiled
def cheapest_alone(job: OneJob, totals: FloatArray, free: FloatArray, usd: FloatArray) -> tuple[float, int, int]:
    """Find the cheapest window of a job if it ran alone, if the window costs less than the job's penalty.

    Args:
        totals: from `write_totals`.
        free: (resource, region, step) capacity if no other job ran.
        usd: (window,) working memory.
    Returns: cost, region and start; the penalty, NOWHERE and NOWHERE if there is no such window.
    """
    best_usd, best_region, best_start = job.unserved_usd, NOWHERE, NOWHERE
    for region in range(len(job.firsts)):
        for window in range(write_window_costs(job, totals, region, usd)):
            if usd[window] < best_usd:
                best_usd, best_region, best_start = usd[window], region, job.firsts[region] + window
    if best_region != NOWHERE and not has_room(job, free, best_region, best_start):
        # Rare, because a window without any capacity soon has a high price. So only here each window is checked.
        return cheapest_room(job, totals, free, (job.unserved_usd, NOWHERE), 0.0, usd)
    return best_usd, best_region, best_start


@compiled
def cheapest_room(
    job: OneJob,
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
        usd: (window,) working memory.
    Returns: cost, region and start; the region is NOWHERE if no window is better.
    """
    best_usd, best_start = present
    best_region = NOWHERE
    for region in range(len(job.firsts)):
        first, after_full = job.firsts[region], 0
        for window in range(write_window_costs(job, totals, region, usd)):
            cost, start = usd[window], first + window
            if cost > best_usd + tolerance_usd or (cost >= best_usd - tolerance_usd and start >= best_start):
                continue
            # No window that includes a full step has room.
            if start < after_full:
                continue
            full = last_full_step(job, free, region, start)
            if full == NOWHERE:
                best_usd, best_region, best_start = cost, region, start
            else:
                after_full = full + 1
    return best_usd, best_region, best_start
