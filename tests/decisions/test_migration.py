"""Running jobs that had better leave, on conditions made by hand: 2024-05-20T00 is the origin, 01 the first hour."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import hour, job, prepared_of

from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide
from fleet.decisions.state import Placements, State, rules_of
from fleet.domain.workload import Workload
from fleet.placement import POLICIES
from fleet.preparation.prepared import Prepared

HORIZON = 6
NAMES = ("alpha", "beta", "gamma")
BEGAN = hour("2024-05-19T23")


def room(*by_region, origins: int = 1, **changes) -> Prepared:
    """Headroom of each region: one number, or one for each of the six hours ahead."""
    mw = np.stack([np.broadcast_to(np.asarray(each, dtype=np.float64), (HORIZON,)) for each in by_region])
    return prepared_of(np.broadcast_to(mw, (origins, *mw.shape)), regions=NAMES[: len(mw)], **changes)


def ran(name: str = "ran", **changes):
    """One MW for eight hours in alpha; two hours of it are over."""
    usual = {"duration_h": 8, "earliest_utc": BEGAN, "deadline_utc": hour("2024-05-20T12")}
    return job(name, **(usual | changes))


def running(prepared: Prepared, *jobs, start=BEGAN, controller: Controller | None = None) -> tuple[State, Workload]:
    """All of them have begun in alpha."""
    work = Workload.of(jobs, prepared.fleet.region_ids)
    count = len(jobs)
    state = replace(
        State.empty(prepared, longest_job_h=48),
        controller=controller,
        fixed=Placements(
            job=np.arange(count),
            region=np.zeros(count, dtype=np.int64),
            start_h=np.full(count, start.astype("datetime64[h]").astype(np.int64)),
        ),
    )
    state.fixed.add_power(state.reserved_mw, work, int(prepared.origin_utc[0].astype(np.int64)) + 1)
    return state, work


def next_hour(prepared: Prepared, state: State, work: Workload, policy: str = "greedy"):
    decided, after = decide(prepared, state, work, np.arange(0), POLICIES[policy](), policy)
    return decided.advice, after


def advised(prepared: Prepared, *jobs, policy: str = "greedy", **kwargs):
    return next_hour(prepared, *running(prepared, *jobs, **kwargs), policy)[0]


def names(advice) -> list[str]:
    return [each.job_id for each in advice]


def test_while_the_bound_holds_nothing_is_advised():
    assert advised(room(4.0, 4.0), ran(power_mw=4.0)) == ()


def test_a_job_past_the_bound_is_told_the_limit_and_where_to():
    (advice,) = advised(room(2.0, 4.0), ran(power_mw=3.0))
    assert (advice.job_id, advice.region, advice.to_region) == ("ran", "alpha", "beta")
    assert advice.origin_utc == hour("2024-05-20T00")
    # 10 MW less 2 MW of headroom is the load bound, and the job's 3 MW.
    assert (advice.binding.limit, advice.binding.bound, advice.binding.limit_value) == ("it", 11.0, 10.0)
    assert advice.reason == (
        "Had better leave, as the installed IT power in alpha at 2024-05-20T01:00Z is passed: 11.0 against 10.0 MW at "
        "the bound; beta holds the rest of it at the least cost."
    )


def test_where_no_other_region_holds_the_rest_it_says_so():
    (full,) = advised(room(2.0, 2.0), ran(power_mw=3.0))
    (bound,) = advised(room(2.0, 4.0), ran(power_mw=3.0, regions=("alpha",)))
    assert full.to_region is bound.to_region is None
    assert full.reason.endswith("no other allowed region is known to hold the rest of it.")


def test_the_rest_must_fit_from_the_first_hour_on_to_its_end():
    # Five of the six hours that are left would fit in beta, all of them in gamma.
    (advice,) = advised(room(2.0, [4.0] * 5 + [2.0], 4.0), ran(power_mw=3.0))
    assert advice.to_region == "gamma"


def test_the_cheapest_of_the_other_regions_is_named():
    cost = np.broadcast_to(np.array([1.0, 9.0, 5.0])[None, :, None], (1, 3, HORIZON))
    (advice,) = advised(room(2.0, 4.0, 4.0, cost_usd_per_mwh=cost), ran(power_mw=3.0))
    assert advice.to_region == "gamma"


def test_two_that_leave_are_not_sent_into_the_same_room():
    advice = advised(room(0.0, 3.0, 2.0), ran("a", power_mw=2.0), ran("b", power_mw=2.0))
    assert [each.to_region for each in advice] == ["beta", "gamma"]


def test_a_region_that_takes_no_more_jobs_is_not_named():
    prepared = room(2.0, 4.0, 4.0)
    fresh = Controller.beginning(rules_of(prepared.settings), 3)
    open_to = [0, fresh.rules.most_unresolved, 0]
    (advice,) = advised(prepared, ran(power_mw=3.0), controller=replace(fresh, unresolved=np.array(open_to)))
    assert advice.to_region == "gamma"


def test_the_lowest_priority_leaves_first_then_the_largest():
    jobs = [ran("high", power_mw=2.0, priority=1), ran("small"), ran("large", power_mw=1.5)]
    assert names(advised(room(4.5), *jobs)) == []
    assert names(advised(room(4.0), *jobs)) == ["large"]
    assert names(advised(room(2.5), *jobs)) == ["small", "large"]
    assert names(advised(room(1.5), *jobs)) == ["high", "large"]


def test_no_job_is_told_to_leave_beside_one_that_must_and_makes_room_enough():
    assert names(advised(room(2.0), ran("high", power_mw=4.0, priority=1), ran("low"))) == ["high"]


def test_hours_after_its_end_are_no_matter_of_a_job():
    late = [4.0] * 4 + [0.0] * 2
    assert advised(room(late), ran(duration_h=6)) == ()
    assert names(advised(room(late), ran(duration_h=7))) == ["ran"]


def test_hours_past_the_horizon_are_held_against_the_season():
    # The season offers 2 MW; six of the hours that are left lie within the horizon.
    assert advised(room(4.0), ran(power_mw=3.0, duration_h=8)) == ()
    assert names(advised(room(4.0), ran(power_mw=3.0, duration_h=9, deadline_utc=hour("2024-05-21T12")))) == ["ran"]


def test_without_a_bound_every_job_had_better_leave_and_hears_that_data_is_missing():
    unknown = np.array([np.inf, 6.0])[None, :, None]
    prepared = room(4.0, 4.0, load_bound_mw=np.broadcast_to(unknown, (1, 2, HORIZON)))
    advice = advised(prepared, ran("a"), ran("b"))
    assert names(advice) == ["a", "b"]
    assert {each.binding.limit for each in advice} == {"unknown"}
    assert advice[0].reason == (
        "Had better leave, as no bound can be given in alpha at 2024-05-20T01:00Z: data is missing or calibration too "
        "short; beta holds the rest of it at the least cost."
    )


def test_a_job_that_has_not_begun_is_not_advised():
    assert advised(room(0.0, 4.0), ran(), start=hour("2024-05-20T01")) == ()


@pytest.mark.parametrize("policy", [name for name, rule in POLICIES.items() if not rule.asks_bound()])
def test_a_policy_that_does_not_ask_the_bound_advises_nothing(policy):
    assert advised(room(0.0, 4.0), ran(), policy=policy) == ()


def test_a_job_is_told_once_while_the_bound_stays_bad_and_again_when_it_turns_bad_anew():
    by_hour = np.array([4.0, 0.0, 0.0, 4.0, 0.0])
    prepared = prepared_of(np.broadcast_to(by_hour[:, None, None], (5, 1, HORIZON)))
    state, work = running(prepared, ran())
    told = []
    for _ in by_hour:
        advice, state = next_hour(prepared, state, work)
        told.append(len(advice))
    assert told == [0, 1, 0, 0, 1]


def test_one_that_was_told_makes_room_before_another_is():
    prepared = room(1.0)
    state, work = running(prepared, ran("told", priority=1), ran("other"))
    advice, after = next_hour(prepared, replace(state, advised=frozenset({0})), work)
    assert advice == ()
    assert after.advised == {0}
    assert names(next_hour(prepared, state, work)[0]) == ["other"]


def test_running_jobs_leave_for_no_other_regions_sake():
    prepared = room(0.0, 2.0)
    state, work = running(prepared, ran("here"), ran("there"))
    there = replace(state.fixed, region=np.array([0, 1]))
    assert names(
        next_hour(prepared, replace(state, fixed=there, reserved_mw=np.ones_like(state.reserved_mw)), work)[0]
    ) == ["here"]


def test_a_short_job_leaves_for_a_long_one_that_is_held_higher_and_is_told_its_limit():
    prepared = room(9.0, 4.0)
    # Up to two hours are held at the first rung, with 9 MW in alpha; more of them at the second, with 2 MW.
    spare = np.concatenate([prepared.ladder.spare_mw, np.minimum(prepared.ladder.spare_mw, 2.0)])
    two = replace(
        prepared.ladder,
        rungs=np.array([0.0, 1.0]),
        spare_mw=spare,
        safe_load_mw=np.full(spare.shape, 10.0),
        binding=np.repeat(prepared.ladder.binding, 2, axis=0),
        level=np.broadcast_to(np.array([0.0, 1.0]), (1, 2, HORIZON, 2)),
        longest=np.array([2, HORIZON]),
    )
    jobs = ran("long", priority=1), ran("short", power_mw=2.0, duration_h=4)
    (advice,) = advised(replace(prepared, ladder=two), *jobs)
    # Alpha would hold the short one at its own rung, and more than once.
    assert (advice.job_id, advice.to_region) == ("short", "beta")
    # 10 MW less the 2 MW of the second rung are the load bound, and both jobs take 3 MW.
    assert advice.binding.bound == 11.0


def test_a_job_whose_region_is_good_again_stands_advised_no_more_while_another_region_is_bad():
    prepared = room(1.0, 0.0)
    state, work = running(prepared, ran("here"), ran("there"))
    both = replace(
        state,
        fixed=replace(state.fixed, region=np.array([0, 1])),
        reserved_mw=np.ones_like(state.reserved_mw),
        advised=frozenset({0, 1}),
    )
    assert next_hour(prepared, both, work)[1].advised == {1}
