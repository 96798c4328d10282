"""A policy that replans decides jobs again each hour until they begin."""

from dataclasses import replace

import numpy as np
from support.controllers import controller_of, counted, ended
from support.sites import decided, hour, job, prepared_of

from fleet.decisions.state import State
from fleet.domain.decision import Verdict
from fleet.preparation.prepared import Prepared

HORIZON = 6
# Cost of the hours ahead of the first origin.
LATE_CHEAP = np.array([9.0, 9.0, 9.0, 1.0, 1.0, 9.0])


def two_origins(headroom_mw, cost_usd_per_mwh, later_headroom_mw=None, later_cost=None) -> Prepared:
    """Return (region, lead) headroom and cost at one origin, and at the next origin with the given changes."""
    headroom, cost = np.asarray(headroom_mw, dtype=float), np.asarray(cost_usd_per_mwh, dtype=float)
    later_headroom = headroom if later_headroom_mw is None else np.asarray(later_headroom_mw, dtype=float)
    if later_cost is None:
        later_cost = np.roll(cost, -1, axis=1)
    regions = ("alpha", "beta")[: headroom.shape[0]]
    return prepared_of(
        np.stack([headroom, later_headroom]),
        regions=regions,
        cost_usd_per_mwh=np.stack([cost, np.asarray(later_cost)]),
    )


def flat(*headroom_mw: float) -> np.ndarray:
    """Return the same headroom in every hour, by region."""
    return np.repeat(np.array(headroom_mw)[:, None], HORIZON, axis=1)


def decide_twice(prepared: Prepared, submitted=None, state: State | None = None, ended=()):
    """Return the decisions of two hours on one job, and the state after them."""
    submitted = submitted or job()
    first, state = decided(prepared, [submitted], state, policy="priced")
    second, state = decided(prepared, [], state, policy="priced", earlier=[submitted], ended=ended)
    return first, second, state


def test_a_plan_that_stays_the_best_is_kept_without_a_new_decision():
    first, second, state = decide_twice(two_origins(flat(4.0), LATE_CHEAP[None]))
    assert (first[0].verdict, first[0].start_utc) == (Verdict.DEFER, hour("2024-05-20T04"))
    assert second == []
    assert state.queued.start_h.tolist() == [hour("2024-05-20T04").astype(np.int64)]
    # The place of a queued job may still change, so no power is reserved.
    assert not state.reserved_mw.any()


def test_a_move_must_save_more_than_the_cost_of_a_change():
    # The job uses 2 MWh, and a change costs 1 USD/MWh. The hours ahead of the second origin begin at 02.
    slightly_cheaper = np.array([[9.0, 9.0, 1.0, 1.0, 0.2, 9.0]])
    _, second, _ = decide_twice(two_origins(flat(4.0), LATE_CHEAP[None], later_cost=slightly_cheaper))
    assert second == []
    much_cheaper = np.array([[0.1, 0.1, 9.0, 9.0, 9.0, 9.0]])
    _, second, state = decide_twice(two_origins(flat(4.0), LATE_CHEAP[None], later_cost=much_cheaper))
    assert (second[0].verdict, second[0].start_utc) == (Verdict.APPROVE, hour("2024-05-20T02"))
    # Two hours at 9 USD, against two at 0.1.
    assert second[0].reason.startswith(
        "Moved to alpha at 2024-05-20T02:00Z from alpha at 2024-05-20T04:00Z: 17.80 USD cheaper than before; "
    )
    assert len(state.queued) == 0
    # Hour 0 is 03 by now.
    assert state.reserved_mw[0, :2].tolist() == [1.0, 0.0]


def test_a_job_moves_to_another_region_when_its_place_is_no_longer_safe():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]), later_headroom_mw=flat(0.0, 4.0))
    first, second, _ = decide_twice(prepared)
    assert first[0].region == "alpha"
    assert second[0].region == "beta"
    assert second[0].reason.startswith(
        "Moved to beta at 2024-05-20T04:00Z from alpha at 2024-05-20T04:00Z: "
        "the place before is not safe beside the other jobs; "
    )


def test_a_place_is_withdrawn_where_no_other_is_safe_and_the_job_waits():
    first, second, state = decide_twice(two_origins(flat(4.0), LATE_CHEAP[None], later_headroom_mw=flat(0.0)))
    assert first[0].start_utc == hour("2024-05-20T04")
    assert (second[0].verdict, second[0].start_utc) == (Verdict.DEFER, None)
    assert second[0].reason.startswith("Waits: its reserved slot in alpha at 2024-05-20T04:00Z is no longer safe, and ")
    assert (len(state.queued), state.waiting.tolist()) == (0, [0])


def test_a_place_that_other_jobs_got_is_not_called_unsafe():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None])
    small = job(id="small", power_mw=3.0)
    first, state = decided(prepared, [small], policy="priced")
    assert first[0].start_utc == hour("2024-05-20T04")
    urgent = job(id="urgent", power_mw=3.0, priority=3, duration_h=6, deadline_utc=hour("2024-05-20T08"))
    second, _ = decided(prepared, [urgent], state, policy="priced", earlier=[small])
    lost = next(decision for decision in second if decision.job_id == "small")
    assert lost.region is None
    assert lost.reason.startswith("Waits: its reserved slot in alpha at 2024-05-20T04:00Z went to other jobs, and ")


def test_a_withdrawn_job_is_denied_an_hour_before_its_last_start():
    # The last start is 03, and at the second origin the next hour is 02.
    submitted = job(deadline_utc=hour("2024-05-20T05"))
    cheap_late = np.array([[9.0, 9.0, 1.0, 1.0, 9.0, 9.0]])
    first, second, _ = decide_twice(two_origins(flat(4.0), cheap_late, later_headroom_mw=flat(0.0)), submitted)
    assert first[0].start_utc == hour("2024-05-20T03")
    assert second[0].verdict is Verdict.DENY


def test_a_policy_that_does_not_replan_keeps_every_place():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None], later_cost=np.array([[0.1, 0.1, 9.0, 9.0, 9.0, 9.0]]))
    _, state = decided(prepared, [job()])
    assert decided(prepared, [], state, earlier=[job()])[0] == []
    assert len(state.queued) == 0


def controlled(prepared: Prepared, **rules) -> State:
    """Return an empty state with an initial controller."""
    state = State.empty(prepared, longest_job_h=48)
    regions = len(prepared.fleet.regions)
    return replace(state, controller=controller_of(regions, **rules))


def test_a_job_that_moves_counts_as_an_approval_of_its_new_region():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]), later_headroom_mw=flat(0.0, 4.0))
    *_, state = decide_twice(prepared, state=controlled(prepared))
    assert counted(state.controller.unresolved) == [0, 1]
    # The job never ran in alpha, so its approval there has no outcome.
    assert counted(state.controller.resolved) == [0, 0]


def test_queued_jobs_leave_a_region_that_closes():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]))
    # A breach raises the level by 0.0475.
    breach = [ended("alpha", True)]
    _, second, _ = decide_twice(prepared, state=controlled(prepared, closing_level=0.04), ended=breach)
    assert second[0].region == "beta"


def test_a_place_in_a_suspended_region_is_not_said_to_be_given_away():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None])
    _, state = decided(prepared, [job()], controlled(prepared), policy="priced")
    suspended = np.ones_like(state.controller.is_suspended)
    state = replace(state, controller=replace(state.controller, is_suspended=suspended))
    second, _ = decided(prepared, [], state, policy="priced", earlier=[job()])
    assert second[0].region is None
    assert second[0].reason.startswith("Waits: its reserved slot in alpha at 2024-05-20T04:00Z is no longer safe, and ")


def test_a_queued_job_counts_once_among_the_unresolved_jobs():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None])
    *_, state = decide_twice(prepared, state=controlled(prepared, max_unresolved=1))
    assert len(state.queued) == 1
    assert counted(state.controller.unresolved) == [1]


def test_power_of_a_queued_job_is_reserved_once_the_job_begins():
    steps = 5
    headroom_mw = np.full((steps, 1, HORIZON), 4.0)
    cost = np.stack([np.roll(LATE_CHEAP, -step)[None] for step in range(steps)])
    prepared, state, reserved = prepared_of(headroom_mw, cost_usd_per_mwh=cost), None, []
    for step in range(steps):
        _, state = decided(prepared, [] if step else [job()], state, policy="priced", earlier=[job()] if step else [])
        reserved.append(float(state.reserved_mw[0, 0]))
    # The job starts at 04, decided at the origin of 03. One hour later its second hour is the first hour ahead.
    assert reserved == [0, 0, 0, 1, 0]
    assert len(state.fixed) == 0
