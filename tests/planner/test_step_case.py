import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.planner.step_case import (
    NOWHERE,
    ROUNDING_SHARE,
    StepCase,
    cheapest_alone,
    has_room,
    last_full_step,
    skip_full_starts,
    use_of,
    write_totals,
)

JOBS, REGIONS, STEPS, RESOURCES = 6, 2, 12, 2


def a_case(seed: int) -> StepCase:
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, 5, JOBS)
    return StepCase(
        use=rng.uniform(0, 1, (JOBS, RESOURCES)) * (rng.random((JOBS, RESOURCES)) < 0.8),
        factor=rng.uniform(0.8, 1.2, (JOBS, REGIONS)),
        energy=0,
        steps=steps,
        first=rng.integers(0, 4, (JOBS, REGIONS)),
        last=STEPS - steps - rng.integers(0, 3, JOBS),
        transfer_usd=rng.uniform(0, 5, (JOBS, REGIONS)),
        unserved_usd=rng.uniform(50, 200, JOBS),
        priority_end=np.array([JOBS]),
        free=rng.uniform(0, 1.5, (RESOURCES, REGIONS, STEPS)),
        usd_per_unit=rng.uniform(-10, 60, (REGIONS, STEPS)),
    )


def windows(case: StepCase, job: int) -> list[tuple[int, int]]:
    """Every window in which the job fits alone, found one by one."""
    return [
        (region, start)
        for region in range(REGIONS)
        for start in range(case.first[job, region], case.last[job] + 1)
        if has_room(case, job, case.free, region, start)
    ]


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_full_starts_are_skipped_and_no_window_with_room_is_lost(seed):
    case = a_case(seed)
    before = [windows(case, job) for job in range(JOBS)]
    skip_full_starts(case)
    assert [windows(case, job) for job in range(JOBS)] == before
    for job, found in enumerate(before):
        for region in range(REGIONS):
            starts = [start for place, start in found if place == region]
            first = case.first[job, region]
            assert first == starts[0] if starts else first > case.last[job]


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_cheapest_window_is_the_cheapest_of_all_that_have_room(seed):
    case, rng = a_case(seed), np.random.default_rng(seed)
    price = rng.uniform(0, 20, case.free.shape) * (rng.random(case.free.shape) < 0.5)
    totals = np.empty((RESOURCES, REGIONS, STEPS + 1))
    write_totals(case, price, totals)
    for job in range(JOBS):
        usd = {}
        for region, start in windows(case, job):
            window = slice(start, start + case.steps[job])
            energy = case.use[job, 0] * case.factor[job, region]
            cost = energy * (case.usd_per_unit[region, window] + price[0, region, window]).sum()
            cost += case.use[job, 1] * price[1, region, window].sum()
            usd[region, start] = cost + case.transfer_usd[job, region]
        found = cheapest_alone(case, job, totals, np.empty((REGIONS, STEPS)))
        least = min([*usd.values(), case.unserved_usd[job]])
        assert abs(found[0] - least) <= 1e-9 * max(1.0, abs(least))
        assert found[1] == -1 or usd[found[1], found[2]] <= least + 1e-9


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_last_full_step_of_a_window_is_the_last_one_in_which_some_resource_has_no_room(seed):
    case = a_case(seed)
    for job in range(JOBS):
        steps = case.steps[job]
        for region in range(REGIONS):
            need = np.array([[use_of(case, job, region, resource)] for resource in range(RESOURCES)])
            is_full = ((need > 0) & (case.free[:, region] < need - ROUNDING_SHARE * need)).any(axis=0)
            for start in range(STEPS - steps + 1):
                full = start + np.flatnonzero(is_full[start : start + steps])
                assert last_full_step(case, job, case.free, region, start) == (full[-1] if len(full) else NOWHERE)
