"""Running jobs that should be migrated, on conditions made by hand: 2024-05-20T00 is the origin, 01 the first hour."""

from dataclasses import replace

import numpy as np
import pytest
from support.controllers import controller_of, some
from support.sites import hour, job, prepared_of

from fleet.conformal.controller import Controller
from fleet.decisions.decide import decide
from fleet.decisions.state import Placements, State
from fleet.domain.workload import Workload
from fleet.physics.limits import IT_POWER, UNKNOWN, code_of
from fleet.placement import POLICIES
from fleet.preparation.prepared import Prepared

HORIZON = 6
REGIONS = ("alpha", "beta", "gamma")
STARTED = hour("2024-05-19T23")


def with_headroom(*by_region, origins: int = 1, **changes) -> Prepared:
    """Return conditions with the headroom of each region: one number, or one for each of the six hours ahead."""
    mw = np.stack([np.broadcast_to(np.asarray(values, dtype=np.float64), (HORIZON,)) for values in by_region])
    return prepared_of(np.broadcast_to(mw, (origins, *mw.shape)), regions=REGIONS[: len(mw)], **changes)


def long_job(name: str = "long", **changes):
    """Return a job of 1 MW for eight hours, of which two hours are over."""
    defaults = {"duration_h": 8, "earliest_utc": STARTED, "deadline_utc": hour("2024-05-20T12")}
    return job(name, **(defaults | changes))


def running(prepared: Prepared, *jobs, start=STARTED, controller: Controller | None = None) -> tuple[State, Workload]:
    """Return the state and the workload in which all jobs started in alpha."""
    work = Workload.of(jobs, prepared.fleet.region_ids)
    count = len(jobs)
    state = replace(
        State.empty(prepared, longest_job_h=48),
        controller=controller,
        fixed=Placements(
            job=np.arange(count),
            region=np.zeros(count, dtype=np.int64),
            start_h=np.full(count, start.astype("datetime64[h]").astype(np.int64)),
            approval=np.arange(count),
        ),
    )
    state.fixed.add_power(state.reserved_mw, work, int(prepared.origin_utc[0].astype(np.int64)) + 1)
    return state, work


def next_hour(prepared: Prepared, state: State, work: Workload, policy: str = "greedy"):
    """Return the advice of the hour and the state after it."""
    result, after = decide(prepared, state, work, np.arange(0), POLICIES[policy]())
    return result.advice, after


def advised(prepared: Prepared, *jobs, policy: str = "greedy", **state_changes):
    """Return the advice of the hour for jobs that run in alpha."""
    return next_hour(prepared, *running(prepared, *jobs, **state_changes), policy)[0]


def job_ids(advice) -> list[str]:
    return [one.job_id for one in advice]


def test_nothing_is_advised_while_the_bound_covers_all_jobs():
    assert advised(with_headroom(4.0, 4.0), long_job(power_mw=4.0)) == ()


def test_advice_names_the_limit_and_the_destination():
    (advice,) = advised(with_headroom(2.0, 4.0), long_job(power_mw=3.0))
    assert (advice.job_id, advice.region, advice.to_region) == ("long", "alpha", "beta")
    assert advice.origin_utc == hour("2024-05-20T00")
    # The load bound is 10 MW less 2 MW of headroom; with the job's 3 MW it is 11 MW.
    assert (advice.binding.limit, advice.binding.bound, advice.binding.limit_value) == (IT_POWER, 11.0, 10.0)
    assert advice.reason == (
        "Should be migrated: the bound exceeds the installed IT power in alpha at 2024-05-20T01:00Z "
        "(11.0 at the bound, limit 10.0 MW); beta is the cheapest region that is safe for the rest of the job."
    )


def test_advice_says_where_no_other_region_is_safe_for_the_rest_of_the_job():
    (without_headroom,) = advised(with_headroom(2.0, 2.0), long_job(power_mw=3.0))
    (not_allowed,) = advised(with_headroom(2.0, 4.0), long_job(power_mw=3.0, regions=("alpha",)))
    assert without_headroom.to_region is not_allowed.to_region is None
    assert without_headroom.reason.endswith("no other allowed region is known to be safe for the rest of the job.")


def test_the_rest_of_the_job_must_fit_from_the_first_hour_to_its_end():
    # Five of the six remaining hours would fit in beta, all of them in gamma.
    (advice,) = advised(with_headroom(2.0, [4.0] * 5 + [2.0], 4.0), long_job(power_mw=3.0))
    assert advice.to_region == "gamma"


def test_the_destination_is_the_cheapest_safe_region():
    cost = np.broadcast_to(np.array([1.0, 9.0, 5.0])[None, :, None], (1, 3, HORIZON))
    (advice,) = advised(with_headroom(2.0, 4.0, 4.0, cost_usd_per_mwh=cost), long_job(power_mw=3.0))
    assert advice.to_region == "gamma"


def test_two_jobs_are_not_sent_to_the_same_headroom():
    advice = advised(with_headroom(0.0, 3.0, 2.0), long_job("a", power_mw=2.0), long_job("b", power_mw=2.0))
    assert [one.to_region for one in advice] == ["beta", "gamma"]


def test_a_region_that_the_controller_has_closed_is_no_destination():
    prepared = with_headroom(2.0, 4.0, 4.0)
    initial = controller_of(3)
    full = initial.with_approvals(some([0, initial.rules.max_unresolved, 0]))
    (advice,) = advised(prepared, long_job(power_mw=3.0), controller=full)
    assert advice.to_region == "gamma"


def test_jobs_of_the_lowest_priority_leave_first_and_among_them_the_largest():
    jobs = [long_job("high", power_mw=2.0, priority=1), long_job("small"), long_job("large", power_mw=1.5)]
    assert job_ids(advised(with_headroom(4.5), *jobs)) == []
    assert job_ids(advised(with_headroom(4.0), *jobs)) == ["large"]
    assert job_ids(advised(with_headroom(2.5), *jobs)) == ["small", "large"]
    assert job_ids(advised(with_headroom(1.5), *jobs)) == ["high", "large"]


def test_a_job_stays_where_another_job_that_must_leave_frees_enough_headroom():
    jobs = long_job("high", power_mw=4.0, priority=1), long_job("low")
    assert job_ids(advised(with_headroom(2.0), *jobs)) == ["high"]


def test_hours_after_the_end_of_a_job_do_not_matter_to_it():
    full_late = [4.0] * 4 + [0.0] * 2
    assert advised(with_headroom(full_late), long_job(duration_h=6)) == ()
    assert job_ids(advised(with_headroom(full_late), long_job(duration_h=7))) == ["long"]


def test_hours_beyond_the_horizon_are_compared_with_the_climatological_band():
    # The band leaves 2 MW; six of the remaining hours are within the horizon.
    longer = long_job(power_mw=3.0, duration_h=9, deadline_utc=hour("2024-05-21T12"))
    assert advised(with_headroom(4.0), long_job(power_mw=3.0, duration_h=8)) == ()
    assert job_ids(advised(with_headroom(4.0), longer)) == ["long"]


def test_without_a_bound_every_job_should_be_migrated_because_data_is_missing():
    unknown = np.array([np.inf, 6.0])[None, :, None]
    prepared = with_headroom(4.0, 4.0, load_bound_mw=np.broadcast_to(unknown, (1, 2, HORIZON)))
    advice = advised(prepared, long_job("a"), long_job("b"))
    assert job_ids(advice) == ["a", "b"]
    assert all(one.binding.limit == UNKNOWN for one in advice)
    assert advice[0].reason == (
        "Should be migrated: no bound can be given in alpha at 2024-05-20T01:00Z, because data is missing or the "
        "calibration is too short; beta is the cheapest region that is safe for the rest of the job."
    )


def test_a_job_under_a_weather_bound_beyond_the_table_should_be_migrated_because_of_the_weather():
    shape = (1, 2, HORIZON)
    is_unknown = np.broadcast_to(np.array([True, False])[None, :, None], shape)
    prepared = with_headroom(
        0.0, 4.0, binding=np.where(is_unknown, code_of(UNKNOWN), code_of(IT_POWER)), safe_load_mw=10.0 * ~is_unknown
    )
    levels = replace(prepared.levels, dew_point_c=np.where(is_unknown, 35.5, 12.0))
    (advice,) = advised(replace(prepared, levels=levels), long_job())
    assert advice.reason == (
        "Should be migrated: the limit is unknown in alpha at 2024-05-20T01:00Z, because the bound of the dew point "
        "(humidity) is 35.5 degC, and safe loads are known only up to 35.0 degC; beta is the cheapest region that is "
        "safe for the rest of the job."
    )


def test_a_job_that_has_not_begun_gets_no_advice():
    assert advised(with_headroom(0.0, 4.0), long_job(), start=hour("2024-05-20T01")) == ()


@pytest.mark.parametrize("policy", [name for name, rule in POLICIES.items() if not rule.uses_bound()])
def test_a_policy_that_does_not_use_the_bound_gives_no_advice(policy):
    assert advised(with_headroom(0.0, 4.0), long_job(), policy=policy) == ()


def test_a_job_is_advised_once_while_the_bound_stays_exceeded_and_again_after_it_recovered():
    by_hour = np.array([4.0, 0.0, 0.0, 4.0, 0.0])
    prepared = prepared_of(np.broadcast_to(by_hour[:, None, None], (5, 1, HORIZON)))
    state, work = running(prepared, long_job())
    advices = []
    for _ in by_hour:
        advice, state = next_hour(prepared, state, work)
        advices.append(len(advice))
    assert advices == [0, 1, 0, 0, 1]


def test_a_job_that_was_advised_makes_room_before_another_is_advised():
    prepared = with_headroom(1.0)
    state, work = running(prepared, long_job("advised", priority=1), long_job("other"))
    advice, after = next_hour(prepared, replace(state, advised=frozenset({0})), work)
    assert advice == ()
    assert after.advised == {0}
    assert job_ids(next_hour(prepared, state, work)[0]) == ["other"]


def test_an_overloaded_region_does_not_affect_jobs_in_other_regions():
    prepared = with_headroom(0.0, 2.0)
    state, work = running(prepared, long_job("in_alpha"), long_job("in_beta"))
    fixed = replace(state.fixed, region=np.array([0, 1]))
    advice, _ = next_hour(prepared, replace(state, fixed=fixed, reserved_mw=np.ones_like(state.reserved_mw)), work)
    assert job_ids(advice) == ["in_alpha"]


def test_a_short_job_leaves_because_of_a_long_job_at_a_higher_level():
    prepared = with_headroom(9.0, 4.0)
    # Windows of up to two hours require the first level, with 9 MW in alpha; longer ones the second, with 2 MW.
    load_mw = np.concatenate([prepared.levels.load_mw, np.maximum(prepared.levels.load_mw, 8.0)])
    two_levels = replace(
        prepared.levels,
        levels=np.array([0.0, 1.0]),
        load_mw=load_mw,
        safe_load_mw=np.full(load_mw.shape, 10.0),
        binding=np.repeat(prepared.levels.binding, 2, axis=0),
        weather_required=np.zeros((1, 2, HORIZON, 2)),
        load_required=np.broadcast_to(np.array([0.0, 1.0]), (1, 2, HORIZON, 2)),
        bucket_h=np.array([2, HORIZON]),
    )
    jobs = long_job("long", priority=1), long_job("short", power_mw=2.0, duration_h=4)
    (advice,) = advised(replace(prepared, levels=two_levels), *jobs)
    # At its own level the short job would fit in alpha, beside the long one.
    assert (advice.job_id, advice.to_region) == ("short", "beta")
    # The load bound of the second level is 10 MW less 2 MW, and both jobs take 3 MW.
    assert advice.binding.bound == 11.0


def test_a_job_no_longer_counts_as_advised_when_the_bound_covers_its_region_again():
    prepared = with_headroom(1.0, 0.0)
    state, work = running(prepared, long_job("in_alpha"), long_job("in_beta"))
    both_advised = replace(
        state,
        fixed=replace(state.fixed, region=np.array([0, 1])),
        reserved_mw=np.ones_like(state.reserved_mw),
        advised=frozenset({0, 1}),
    )
    assert next_hour(prepared, both_advised, work)[1].advised == {1}
