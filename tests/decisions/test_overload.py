"""Which running jobs the bound still covers: the jobs that stay fit, and no other job would fit beside them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.decisions.overload import RunningJobs, cause_of_overload, is_overloaded
from fleet.placement import NOWHERE

HOURS = 3


def overload_of(spare_mw, power_mw, *, left_h=None, level_index=None, others_mw=0.0, order=None):
    """Return which jobs of one region are overloaded, and the cause for each job that must leave.

    Args:
        spare_mw: of each level, the same in all hours.
        others_mw: power of other jobs that have a place in the region.
        order: in which the jobs may stay; by default as given.
    """
    power = np.array(power_mw, dtype=np.float64)
    left = np.array(left_h or [HOURS] * len(power))
    spare = np.broadcast_to(
        np.array(spare_mw, dtype=np.float64).reshape(-1, 1, 1), (np.size(spare_mw), 1, HOURS)
    ).copy()
    taken = np.full((1, HOURS), others_mw)
    for job_mw, hours in zip(power, left, strict=True):
        taken[0, :hours] += job_mw
    jobs = RunningJobs(
        level_index=np.array(level_index or [0] * len(power), dtype=np.int8),
        region=np.zeros(len(power), dtype=np.int64),
        left_h=left,
        power_mw=power,
    )
    turn = np.arange(len(power)) if order is None else np.array(order)
    return is_overloaded(jobs, taken, spare).tolist(), cause_of_overload(turn, jobs, taken, spare).tolist()


def test_jobs_that_fit_exactly_stay():
    assert overload_of(3.0, [1.0, 2.0]) == ([False, False], [NOWHERE, NOWHERE])
    assert overload_of(3.0, [1.0, 2.0 + 1e-6]) == ([True, True], [NOWHERE, 1])


def test_jobs_that_are_first_in_the_order_stay():
    # The jobs take 4 MW, and 3 MW are allowed.
    assert overload_of(3.0, [1.0, 3.0], order=[0, 1])[1] == [NOWHERE, 1]
    assert overload_of(3.0, [1.0, 3.0], order=[1, 0])[1] == [0, NOWHERE]


def test_a_job_that_fits_stays_although_an_earlier_one_does_not_fit():
    assert overload_of(2.0, [4.0, 1.0])[1] == [0, NOWHERE]


def test_power_of_other_placed_jobs_is_taken_into_account():
    assert overload_of(3.0, [1.0, 2.0], others_mw=0.5)[1] == [NOWHERE, 1]


def test_a_job_counts_only_in_its_remaining_hours():
    # Together the jobs take 4 MW in the first hour; in the others the second job alone takes 3 MW.
    assert overload_of(3.0, [1.0, 3.0], left_h=[1, 3])[0] == [True, True]
    assert overload_of(3.0, [3.0], left_h=[2])[0] == [False]


def test_a_job_leaves_because_of_another_job_whose_level_allows_less():
    # Level 0 allows 2 MW and level 1 allows 5 MW; together the jobs take 3 MW.
    assert overload_of([2.0, 5.0], [1.0, 2.0], level_index=[0, 1]) == ([True, False], [NOWHERE, 0])


def test_without_a_bound_no_job_stays():
    assert overload_of(-np.inf, [1.0, 2.0]) == ([True, True], [0, 1])


@given(
    jobs=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(1, HOURS), st.integers(1, 5)),
        min_size=1,
        max_size=7,
    ),
    spare=st.lists(st.integers(-1, 12), min_size=2 * 3 * HOURS, max_size=2 * 3 * HOURS),
    others=st.integers(0, 4),
)
def test_the_jobs_that_stay_fit_and_no_other_job_would_fit_beside_them(jobs, spare, others):
    region, level_index, left_h, power_mw = (np.array(column) for column in zip(*jobs, strict=True))
    running = RunningJobs(level_index.astype(np.int8), region, left_h, power_mw.astype(np.float64))
    spare_mw = np.array(spare, dtype=np.float64).reshape(3, 2, HOURS)

    def taken_by(chosen):
        taken_mw = np.full((2, HOURS), float(others))
        for job in chosen:
            taken_mw[region[job], : left_h[job]] += running.power_mw[job]
        return taken_mw

    def fit_together(chosen):
        is_chosen = np.isin(np.arange(len(jobs)), chosen)
        return not is_overloaded(running.where(is_chosen), taken_by(chosen), spare_mw).any()

    positions = np.arange(len(jobs))
    cause = cause_of_overload(positions, running, taken_by(positions), spare_mw)
    staying = positions[cause == NOWHERE].tolist()
    assert fit_together(staying)
    assert not any(fit_together([*staying, job]) for job in positions[cause != NOWHERE].tolist())
