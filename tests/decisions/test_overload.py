"""Which running jobs the bound still holds: those that stay fit, and none that leaves would fit beside them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.decisions.overload import crowding, passed
from fleet.placement import NOWHERE

HOURS = 3


def asked(spare_mw, power_mw, *, left_h=None, rung=None, others_mw=0.0, order=None):
    """Jobs of one region with the spare power of its rungs, beside what else has a place there."""
    power = np.array(power_mw, dtype=np.float64)
    left = np.array(left_h or [HOURS] * len(power))
    rungs = np.array(rung or [0] * len(power), dtype=np.int8)
    spare = np.broadcast_to(
        np.array(spare_mw, dtype=np.float64).reshape(-1, 1, 1), (np.size(spare_mw), 1, HOURS)
    ).copy()
    taken = np.full((1, HOURS), others_mw)
    for own, hours in zip(power, left, strict=True):
        taken[0, :hours] += own
    region = np.zeros(len(power), dtype=np.int64)
    every = np.arange(len(power)) if order is None else np.array(order)
    past = passed(rungs, region, left, taken, spare)
    return past.tolist(), crowding(every, rungs, region, left, power, taken, spare).tolist()


def test_what_fits_to_the_last_watt_stays():
    assert asked(3.0, [1.0, 2.0]) == ([False, False], [NOWHERE, NOWHERE])
    assert asked(3.0, [1.0, 2.0 + 1e-6]) == ([True, True], [NOWHERE, 1])


def test_those_that_come_first_in_the_order_stay():
    # Of 4 MW, 3 MW are allowed.
    assert asked(3.0, [1.0, 3.0], order=[0, 1])[1] == [NOWHERE, 1]
    assert asked(3.0, [1.0, 3.0], order=[1, 0])[1] == [0, NOWHERE]


def test_one_that_fits_after_one_that_does_not_stays():
    assert asked(2.0, [4.0, 1.0])[1] == [0, NOWHERE]


def test_what_else_has_a_place_takes_its_room():
    assert asked(3.0, [1.0, 2.0], others_mw=0.5)[1] == [NOWHERE, 1]


def test_a_job_counts_only_in_the_hours_that_are_left_of_it():
    # Together they take 4 MW in the first hour alone; in the others the second takes 3 MW.
    assert asked(3.0, [1.0, 3.0], left_h=[1, 3])[0] == [True, True]
    assert asked(3.0, [3.0], left_h=[2])[0] == [False]


def test_a_lenient_job_leaves_for_one_whose_rung_holds_less_and_says_for_which():
    # The first is held at 2 MW, the second at 5 MW; together they take 3.
    assert asked([2.0, 5.0], [1.0, 2.0], rung=[0, 1]) == ([True, False], [NOWHERE, 0])


def test_without_a_bound_none_stays():
    assert asked(-np.inf, [1.0, 2.0]) == ([True, True], [0, 1])


@given(
    jobs=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(1, HOURS), st.integers(1, 5)),
        min_size=1,
        max_size=7,
    ),
    spare=st.lists(st.integers(-1, 12), min_size=2 * 3 * HOURS, max_size=2 * 3 * HOURS),
    others=st.integers(0, 4),
)
def test_those_that_stay_fit_and_no_other_would_fit_beside_them(jobs, spare, others):
    region, rung, left, power = (np.array(column) for column in zip(*jobs, strict=True))
    rung, power = rung.astype(np.int8), power.astype(np.float64)
    spare_mw = np.array(spare, dtype=np.float64).reshape(3, 2, HOURS)

    def taken(who):
        mw = np.full((2, HOURS), float(others))
        for job in who:
            mw[region[job], : left[job]] += power[job]
        return mw

    def fits(who):
        who = np.array(who, dtype=np.int64)
        return not passed(rung[who], region[who], left[who], taken(who), spare_mw).any()

    every = np.arange(len(jobs))
    cause = crowding(every, rung, region, left, power, taken(every), spare_mw)
    stay = every[cause == NOWHERE].tolist()
    assert fits(stay)
    assert not any(fits([*stay, job]) for job in every[cause != NOWHERE].tolist())
