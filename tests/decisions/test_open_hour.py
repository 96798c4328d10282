"""Jobs decided at once: the same answers as the plan of an hour gives, and never more than there is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.controllers import controller_of, counted
from support.sites import decided, job, prepared_of
from support.steady_hours import HORIZON, steady

from fleet.decisions.open_hour import OpenHour, hours_ahead
from fleet.domain.decision import Verdict


def open_hour(prepared, controller=None):
    reserved = np.zeros((len(prepared.fleet.regions), hours_ahead(prepared.settings.horizon)))
    return OpenHour(prepared, controller, reserved)


jobs_of = st.builds(
    lambda power, hours, window, home: job(
        power_mw=power, duration_h=hours, deadline_utc=job().earliest_utc + hours + window, home_region=home
    ),
    st.floats(0.1, 6.0),
    st.integers(1, 4),
    st.integers(0, 8),
    st.sampled_from(["alpha", "beta"]),
)


@pytest.mark.slow
@given(
    st.lists(st.floats(0.0, 5.0), min_size=2 * HORIZON, max_size=2 * HORIZON),
    st.lists(st.floats(1.0, 9.0), min_size=2 * HORIZON, max_size=2 * HORIZON),
    jobs_of,
)
def test_one_job_gets_the_decision_of_the_plan_of_the_hour(headroom, cost, one):
    shape = (1, 2, HORIZON)
    prepared = prepared_of(
        np.reshape(headroom, shape), regions=("alpha", "beta"), cost_usd_per_mwh=np.reshape(cost, shape)
    )
    (at_once,) = open_hour(prepared).decide([one])
    (planned,), _ = decided(prepared, [one], policy="priced")
    assert at_once == planned


@pytest.mark.slow
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.data())
def test_no_order_of_single_jobs_and_batches_promises_more_than_there_is(sizes, data):
    hour = open_hour(steady(3.0, 2.0))
    for number, size in enumerate(sizes):
        jobs = [data.draw(jobs_of) for _ in range(size)]
        named = [type(one)(**{**one.__dict__, "id": f"{number}-{index}"}) for index, one in enumerate(jobs)]
        if named:
            hour.decide(named)
    held = hour.reserved_mw[:, :HORIZON]
    assert (held <= np.array([[3.0], [2.0]]) + 1e-9).all()


def test_what_others_hold_is_not_given_away():
    hour = open_hour(steady(3.0))
    hour.hold("alpha", hour.origin_utc + 1, HORIZON, 2.5)
    (decision,) = hour.decide([job(power_mw=1.0)])
    assert decision.region is None
    assert hour.decide([job("small", power_mw=0.5)])[0].region == "alpha"


def test_a_job_that_others_began_earlier_holds_its_last_hours():
    hour = open_hour(steady(3.0))
    hour.hold("alpha", hour.origin_utc - 1, 3, 3.0)
    (decision,) = hour.decide([job(power_mw=3.0, duration_h=1)])
    assert decision.start_utc == hour.origin_utc + 2


@pytest.mark.parametrize("together", [False, True])
def test_a_region_with_too_many_unresolved_approvals_gets_no_more(together):
    controller = controller_of(1, max_unresolved=2)
    hour = open_hour(steady(100.0), controller)
    jobs = [job(f"j{index}", power_mw=1.0 + index / 10) for index in range(4)]
    decisions = hour.decide(jobs) if together else [hour.decide([one])[0] for one in jobs]
    assert sum(one.region is not None for one in decisions) == 2
    assert counted(hour.controller.unresolved) == [2]


def test_a_copy_reserves_nothing_in_the_hour():
    hour = open_hour(steady(3.0))
    hour.copy().decide([job(power_mw=3.0)])
    assert hour.reserved_mw.max() == 0.0
    assert hour.decide([job(power_mw=3.0)])[0].verdict is Verdict.APPROVE
