"""Decisions under a controller: what it closes, what it adds, and what it is told."""

from dataclasses import replace

import numpy as np
from support.sites import decided, hour, job, prepared_of

from fleet.conformal.controller import Controller, Rules
from fleet.decisions.state import State
from fleet.domain.decision import Verdict
from fleet.domain.job_outcome import JobOutcome
from fleet.placement import POLICIES
from fleet.preparation.prepared import Prepared

HORIZON = 6


def steady(*mw: float, origins: int = 1) -> Prepared:
    room = np.broadcast_to(np.array(mw)[None, :, None], (origins, len(mw), HORIZON))
    return prepared_of(room, regions=("alpha", "beta")[: len(mw)])


def controlled(prepared: Prepared, *level: float, **rules) -> State:
    state = State.empty(prepared, longest_job_h=48, controlled=True)
    own = Controller.beginning(Rules(miscoverage=0.05, **rules), len(level))
    return replace(state, controller=replace(own, level=np.array(level)))


def test_a_closed_region_is_passed_over_for_an_open_one():
    prepared = steady(4.0, 4.0)
    decisions, _ = decided(prepared, [job()], controlled(prepared, 4.0, 0.0))
    assert decisions[0].region == "beta"


def test_where_every_region_is_closed_a_job_waits_and_is_told_why():
    prepared = steady(4.0)
    decisions, after = decided(prepared, [job()], controlled(prepared, 4.5))
    assert decisions[0].verdict is Verdict.DEFER
    assert decisions[0].start_utc is None
    assert decisions[0].binding.limit == "controller"
    assert "alpha takes no more jobs until some have ended well" in decisions[0].reason
    assert "it asks for 4.50 margins, of at most 4.00" in decisions[0].reason
    assert after.controller.unresolved.sum() == 0
    last_call = job("late", deadline_utc=hour("2024-05-20T03"))
    assert decided(prepared, [last_call], controlled(prepared, 4.5))[0][0].verdict is Verdict.DENY


def test_a_region_takes_no_more_than_so_many_jobs_whose_end_is_not_known():
    prepared = steady(9.0)
    jobs = [job(name, deadline_utc=hour("2024-05-20T03")) for name in "abc"]
    decisions, after = decided(prepared, jobs, controlled(prepared, 0.0, most_unresolved=2))
    assert [decision.verdict for decision in decisions] == [Verdict.APPROVE, Verdict.APPROVE, Verdict.DENY]
    assert after.controller.unresolved.tolist() == [2]
    assert after.controller.most_seen.tolist() == [2]
    assert decisions[2].binding.unit == "jobs"
    assert "of 2 approved jobs the end is not known" in decisions[2].reason


def test_an_end_is_heard_before_the_hour_is_decided():
    prepared = steady(9.0, origins=2)
    state = controlled(prepared, 0.0, most_unresolved=1)
    _, state = decided(prepared, [job("a")], state)
    decisions, state = decided(
        prepared, [job("b")], state, ended=[JobOutcome(region="alpha", breached=False)], earlier=[job("a")]
    )
    assert decisions[0].start_utc is not None
    assert (state.controller.resolved.tolist(), state.controller.unresolved.tolist()) == ([1], [1])
    told = [JobOutcome(region="alpha", breached=True)]
    again, state = decided(prepared, [], replace(state, step=1), ended=told, earlier=[job("a"), job("b")])
    # One breach at a gain of 0.05: 0.05 x (1 - 0.05).
    np.testing.assert_allclose(state.controller.level, 0.0475)
    assert again == []


def test_extra_conservatism_asks_for_a_higher_rung():
    prepared = steady(4.0)
    # One rung is all there is: any extra asks for more than it holds.
    assert decided(prepared, [job()], controlled(prepared, 0.0))[0][0].verdict is Verdict.APPROVE
    asking = decided(prepared, [job()], controlled(prepared, 0.1))[0][0]
    assert asking.start_utc is None
    assert (asking.binding.limit, asking.binding.bound, asking.binding.limit_value) == ("controller", 0.1, 0.0)


def test_the_closest_place_is_one_where_the_job_may_run():
    prepared = steady(9.0, 9.0)
    decisions, _ = decided(prepared, [job(regions=("beta",), home_region="beta")], controlled(prepared, 0.0, 4.0))
    assert decisions[0].binding.region == "beta"


def test_a_policy_that_does_not_ask_the_bound_is_not_governed():
    prepared = steady(4.0)
    state = controlled(prepared, 9.0)
    decisions, _ = decided(prepared, [job()], state, policy="home_region")
    assert decisions[0].verdict is Verdict.APPROVE
    assert not POLICIES["home_region"].asks_bound()
    assert POLICIES["greedy"].asks_bound()
