"""Decisions under a controller: closed regions, extra level, and updates with outcomes."""

from dataclasses import replace

import numpy as np
from support.controllers import at_level, controller_of, counted, ended
from support.sites import decided, hour, job, prepared_of

from fleet.conformal.controller_rules import FAR, JOBS, NEAR
from fleet.decisions.state import State
from fleet.domain.decision import Verdict
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
    return replace(state, controller=at_level(controller_of(len(level), **rules), level))


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
    assert counted(after.controller.unresolved) == [2]
    assert counted(after.controller.peak_unresolved) == [2]
    assert decisions[2].binding.unit == "jobs"
    assert "2 approved jobs have no known outcome yet (at most 2)" in decisions[2].reason


def test_the_controller_is_updated_with_outcomes_before_the_hour_is_decided():
    prepared = steady(9.0, origins=2)
    state = controlled(prepared, 0.0, max_unresolved=1)
    _, state = decided(prepared, [job("a")], state)
    decisions, state = decided(prepared, [job("b")], state, ended=[ended("alpha", False)], earlier=[job("a")])
    assert decisions[0].start_utc is not None
    assert (counted(state.controller.resolved), counted(state.controller.unresolved)) == ([1], [1])
    breach = [ended("alpha", True)]
    later, state = decided(prepared, [], replace(state, step=1), ended=breach, earlier=[job("a"), job("b")])
    # One job without a breach and one with, at a gain of 0.05: 0.05 x (1 - 2 x 0.05).
    np.testing.assert_allclose(state.controller.level[JOBS, NEAR], 0.045)
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


def on_probation(state: State) -> State:
    """Return the state with a controller that has waited since its regions closed."""
    controller = state.controller
    for _ in range(controller.rules.reopen_after_h):
        controller = controller.next_hour()
    assert controller.on_probation[NEAR].all()
    return replace(state, controller=replace(controller, level=np.zeros_like(controller.level)))


def test_on_probation_a_region_takes_a_few_small_jobs():
    state = on_probation(controlled(steady(9.0), 4.0))
    # 5 % of 10 MW for all jobs together.
    jobs = [job(f"j{mw}", power_mw=mw, deadline_utc=hour("2024-05-20T03")) for mw in (0.3, 0.15, 0.1)]
    decisions, _ = decided(steady(9.0), jobs, state)
    assert [decision.start_utc is not None for decision in decisions] == [True, True, False]
    assert decisions[2].reason.endswith(
        "alpha is on probation after breaches, and all jobs together would use 0.55 MW there (at most 0.50)."
    )
    tiny = [job(f"t{index}", power_mw=0.01 + index / 1_000, deadline_utc=hour("2024-05-20T03")) for index in range(7)]
    decisions, after = decided(steady(9.0), tiny, state)
    assert sum(decision.start_utc is not None for decision in decisions) == 5
    assert counted(after.controller.unresolved) == [5]
    assert "5 approved jobs have no known outcome yet (at most 5)" in decisions[-1].reason


def with_closed_far_track(state: State) -> State:
    level = state.controller.level.copy()
    level[JOBS, FAR] = 4.0
    rules = replace(state.controller.rules, horizon_h=HORIZON)
    return replace(state, controller=replace(state.controller, level=level, rules=rules))


def test_a_closed_far_track_refuses_long_jobs_only():
    state = with_closed_far_track(controlled(steady(9.0), 0.0))
    jobs = [job("long", duration_h=7, deadline_utc=hour("2024-05-20T08")), job("short", duration_h=6)]
    decisions, _ = decided(steady(9.0), jobs, state)
    assert {decision.job_id: decision.start_utc is not None for decision in decisions} == {"long": False, "short": True}
    (long,) = (decision for decision in decisions if decision.job_id == "long")
    assert (long.binding.limit, long.binding.bound) == (CONTROLLER, 4.0)


def test_on_probation_the_far_track_has_fewer_places_than_the_region():
    state = with_closed_far_track(controlled(steady(9.0), 0.0))
    controller = state.controller
    for _ in range(controller.rules.reopen_after_h):
        controller = controller.next_hour()
    controller = replace(controller, level=np.zeros_like(controller.level))
    jobs = [
        job(f"{hours}-{index}", power_mw=0.01 + index / 1_000, duration_h=hours, deadline_utc=hour("2024-05-20T09"))
        for index in range(7)
        for hours in (3, 8)
    ]
    decisions, after = decided(steady(9.0), jobs, replace(state, controller=controller))
    placed = [decision.job_id[0] for decision in decisions if decision.start_utc is not None]
    assert (placed.count("3"), placed.count("8")) == (7, 5)
    assert after.controller.unresolved[JOBS].tolist() == [[7], [5]]
    assert (after.controller.out_of_turn == 0).all()
