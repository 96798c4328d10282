"""Jobs that have a place and have not begun are decided anew each hour."""

from dataclasses import replace

import numpy as np
from support.sites import decided, hour, job, prepared_of

from fleet.conformal.controller import Controller, Rules
from fleet.decisions.state import State
from fleet.domain.decision import Verdict
from fleet.domain.job_outcome import JobOutcome
from fleet.preparation.prepared import Prepared

HORIZON = 6
# From the first hour ahead on, at the first origin.
LATE_CHEAP = np.array([9.0, 9.0, 9.0, 1.0, 1.0, 9.0])


def two_origins(room_mw, cost_usd_per_mwh, later_room_mw=None, later_cost=None) -> Prepared:
    """(region, lead) room and cost at one origin, and an hour later what has changed."""
    room, cost = np.asarray(room_mw, dtype=float), np.asarray(cost_usd_per_mwh, dtype=float)
    both_rooms = np.stack([room, room if later_room_mw is None else np.asarray(later_room_mw, dtype=float)])
    both_costs = np.stack([cost, np.roll(cost, -1, axis=1) if later_cost is None else np.asarray(later_cost)])
    names = ("alpha", "beta")[: room.shape[0]]
    return prepared_of(both_rooms, regions=names, cost_usd_per_mwh=both_costs)


def flat(*level: float) -> np.ndarray:
    return np.repeat(np.array(level)[:, None], HORIZON, axis=1)


def played(prepared: Prepared, own=None, state: State | None = None, ended=()):
    """The decisions of two hours on one job."""
    own = own or job()
    first, state = decided(prepared, [own], state, policy="priced")
    second, state = decided(prepared, [], state, policy="priced", earlier=[own], ended=ended)
    return first, second, state


def test_a_plan_that_stays_the_best_is_kept_without_a_word():
    first, second, state = played(two_origins(flat(4.0), LATE_CHEAP[None]))
    assert (first[0].verdict, first[0].start_utc) == (Verdict.DEFER, hour("2024-05-20T04"))
    assert second == []
    assert state.queued.start_h.tolist() == [hour("2024-05-20T04").astype(np.int64)]
    # Nothing is fixed yet.
    assert not state.reserved_mw.any()


def test_a_move_must_save_more_than_the_weight_of_a_change():
    # 2 MWh: a change weighs 1 USD/MWh. At the second origin the hours from 02 on are ahead.
    slightly = np.array([[9.0, 9.0, 1.0, 1.0, 0.2, 9.0]])
    _, second, _ = played(two_origins(flat(4.0), LATE_CHEAP[None], later_cost=slightly))
    assert second == []
    clearly = np.array([[0.1, 0.1, 9.0, 9.0, 9.0, 9.0]])
    _, second, state = played(two_origins(flat(4.0), LATE_CHEAP[None], later_cost=clearly))
    assert (second[0].verdict, second[0].start_utc) == (Verdict.APPROVE, hour("2024-05-20T02"))
    assert second[0].reason.startswith("Moved here from alpha at 2024-05-20T04:00Z, where it costs less or is safe")
    assert len(state.queued) == 0
    # Hour 0 is 03 by now.
    assert state.reserved_mw[0, :2].tolist() == [1.0, 0.0]


def test_a_place_that_the_bound_holds_no_longer_is_left_for_another_region():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]), later_room_mw=flat(0.0, 4.0))
    first, second, _ = played(prepared)
    assert first[0].region == "alpha"
    assert second[0].region == "beta"
    assert "Moved here from alpha" in second[0].reason


def test_a_place_is_withdrawn_where_no_other_is_safe_and_the_job_waits():
    first, second, state = played(two_origins(flat(4.0), LATE_CHEAP[None], later_room_mw=flat(0.0)))
    assert first[0].start_utc == hour("2024-05-20T04")
    assert (second[0].verdict, second[0].start_utc) == (Verdict.DEFER, None)
    assert "and its place in alpha at 2024-05-20T04:00Z holds no longer" in second[0].reason
    assert (len(state.queued), state.waiting.tolist()) == (0, [0])


def test_a_withdrawn_job_whose_window_closes_is_denied_while_its_owner_can_act():
    # It must start by 03: at the second origin the next hour is 02.
    own = job(deadline_utc=hour("2024-05-20T05"))
    cheap_late = np.array([[9.0, 9.0, 1.0, 1.0, 9.0, 9.0]])
    first, second, _ = played(two_origins(flat(4.0), cheap_late, later_room_mw=flat(0.0)), own)
    assert first[0].start_utc == hour("2024-05-20T03")
    assert second[0].verdict is Verdict.DENY


def test_a_policy_that_fixes_a_place_at_once_does_not_move():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None], later_cost=np.array([[0.1, 0.1, 9.0, 9.0, 9.0, 9.0]]))
    _, state = decided(prepared, [job()])
    assert decided(prepared, [], state, earlier=[job()])[0] == []
    assert len(state.queued) == 0


def controlled(prepared: Prepared, **rules) -> State:
    state = State.empty(prepared, longest_job_h=48)
    regions = len(prepared.fleet.regions)
    return replace(state, controller=Controller.beginning(Rules(miscoverage=0.05, **rules), regions))


def test_a_job_that_moves_is_an_approval_of_the_region_that_it_moves_to():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]), later_room_mw=flat(0.0, 4.0))
    *_, state = played(prepared, state=controlled(prepared))
    assert state.controller.unresolved.tolist() == [0, 1]
    # What never ran there breached nothing and resolved nothing.
    assert state.controller.resolved.tolist() == [0, 0]


def test_a_region_that_closes_gives_its_queue_away():
    prepared = two_origins(flat(4.0, 4.0), np.stack([LATE_CHEAP, LATE_CHEAP + 2]))
    # A breach raises the level by 0.0475.
    breach = [JobOutcome(region="alpha", breached=True)]
    _, second, _ = played(prepared, state=controlled(prepared, closes_at=0.04), ended=breach)
    assert second[0].region == "beta"


def test_a_queued_job_needs_no_second_place_among_the_unresolved():
    prepared = two_origins(flat(4.0), LATE_CHEAP[None])
    *_, state = played(prepared, state=controlled(prepared, most_unresolved=1))
    assert len(state.queued) == 1
    assert state.controller.unresolved.tolist() == [1]


def test_a_queued_job_begins_in_its_hour_and_ends_after_it():
    steps = 5
    room = np.full((steps, 1, HORIZON), 4.0)
    cost = np.stack([np.roll(LATE_CHEAP, -step)[None] for step in range(steps)])
    prepared, state, reserved = prepared_of(room, cost_usd_per_mwh=cost), None, []
    for step in range(steps):
        _, state = decided(prepared, [] if step else [job()], state, policy="priced", earlier=[job()] if step else [])
        reserved.append(float(state.reserved_mw[0, 0]))
    # It starts at 04, which the origin of 03 decides; an hour later its second hour is the first ahead.
    assert reserved == [0, 0, 0, 1, 0]
    assert len(state.fixed) == 0
