"""Decisions under a controller: closed regions, extra level, and updates with outcomes."""

from dataclasses import replace

import numpy as np
from support.sites import decided, hour, job, prepared_of

from fleet.conformal.controller import Controller, Rules
from fleet.decisions.state import State
from fleet.domain.decision import Verdict
from fleet.domain.job_outcome import JobOutcome
from fleet.physics.limits import CONTROLLER
from fleet.placement import POLICIES
from fleet.preparation.prepared import Prepared

HORIZON = 6


def steady(*headroom_mw: float, origins: int = 1) -> Prepared:
    """Return conditions with the same headroom in each of the six hours ahead, by region alpha, beta."""
    shape = (origins, len(headroom_mw), HORIZON)
    mw = np.broadcast_to(np.array(headroom_mw)[None, :, None], shape)
    return prepared_of(mw, regions=("alpha", "beta")[: len(headroom_mw)])


def controlled(prepared: Prepared, *level: float, **rules) -> State:
    """Return an empty state whose controller has these levels by region."""
    state = State.empty(prepared, longest_job_h=48, controlled=True)
    initial = Controller.initial(Rules(miscoverage=0.05, **rules), len(level))
    return replace(state, controller=replace(initial, level=np.array(level)))


def test_a_job_goes_to_an_open_region_where_another_is_closed():
    prepared = steady(4.0, 4.0)
    decisions, _ = decided(prepared, [job()], controlled(prepared, 4.0, 0.0))
    assert decisions[0].region == "beta"


def test_where_every_region_is_closed_a_job_waits_and_the_controller_is_the_reason():
    prepared = steady(4.0)
    decisions, after = decided(prepared, [job()], controlled(prepared, 4.5))
    assert decisions[0].verdict is Verdict.DEFER
    assert decisions[0].start_utc is None
    assert decisions[0].binding.limit == CONTROLLER
    assert decisions[0].reason == (
        "Waits: no allowed region is safe yet; alpha takes such a job only after other jobs have ended without a "
        "breach: the required level is 4.50 margins, and the highest level is 4.00."
    )
    assert after.controller.unresolved.sum() == 0
    last_chance = job("late", deadline_utc=hour("2024-05-20T03"))
    assert decided(prepared, [last_chance], controlled(prepared, 4.5))[0][0].verdict is Verdict.DENY


def test_a_region_takes_no_more_than_the_allowed_number_of_unresolved_jobs():
    prepared = steady(9.0)
    # Jobs of different power: equal ones would be an array, which counts once.
    jobs = [job(f"j{mw}", power_mw=mw, deadline_utc=hour("2024-05-20T03")) for mw in (1.0, 1.1, 1.2)]
    decisions, after = decided(prepared, jobs, controlled(prepared, 0.0, max_unresolved=2))
    assert [decision.verdict for decision in decisions] == [Verdict.APPROVE, Verdict.APPROVE, Verdict.DENY]
    assert after.controller.unresolved.tolist() == [2]
    assert after.controller.peak_unresolved.tolist() == [2]
    assert decisions[2].binding.unit == "jobs"
    assert "2 approved jobs have no known outcome yet (at most 2)" in decisions[2].reason


def test_the_controller_is_updated_with_outcomes_before_the_hour_is_decided():
    prepared = steady(9.0, origins=2)
    state = controlled(prepared, 0.0, max_unresolved=1)
    _, state = decided(prepared, [job("a")], state)
    decisions, state = decided(
        prepared, [job("b")], state, ended=[JobOutcome(region="alpha", breached=False)], earlier=[job("a")]
    )
    assert decisions[0].start_utc is not None
    assert (state.controller.resolved.tolist(), state.controller.unresolved.tolist()) == ([1], [1])
    breach = [JobOutcome(region="alpha", breached=True)]
    later, state = decided(prepared, [], replace(state, step=1), ended=breach, earlier=[job("a"), job("b")])
    # One breach at a gain of 0.05: 0.05 x (1 - 0.05).
    np.testing.assert_allclose(state.controller.level, 0.0475)
    assert later == []


def test_the_level_of_the_controller_is_added_to_the_required_level():
    prepared = steady(4.0)
    # There is a single level, 0: a window that requires more gets nothing.
    assert decided(prepared, [job()], controlled(prepared, 0.0))[0][0].verdict is Verdict.APPROVE
    decision = decided(prepared, [job()], controlled(prepared, 0.1))[0][0]
    assert decision.start_utc is None
    binding = decision.binding
    assert (binding.limit, binding.bound, binding.limit_value) == (CONTROLLER, 0.1, 0.0)


def test_the_closest_limit_is_that_of_an_allowed_region():
    prepared = steady(9.0, 9.0)
    decisions, _ = decided(prepared, [job(regions=("beta",), home_region="beta")], controlled(prepared, 0.0, 4.0))
    assert decisions[0].binding.region == "beta"


def test_a_policy_that_does_not_use_the_bound_ignores_the_controller():
    prepared = steady(4.0)
    state = controlled(prepared, 9.0)
    decisions, _ = decided(prepared, [job()], state, policy="home_region")
    assert decisions[0].verdict is Verdict.APPROVE
    assert not POLICIES["home_region"].uses_bound()
    assert POLICIES["greedy"].uses_bound()
