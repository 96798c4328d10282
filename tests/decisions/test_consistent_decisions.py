"""Decisions on random and on twin hours: they are pure, reserve what they promise and agree with their bounds."""

import copy
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import decided, hour, job, prepared_of, summer_jobs, summer_prepared
from support.steady_hours import HORIZON

from fleet.decisions.state import State
from fleet.domain.conditions import Conditions
from fleet.domain.decision import Decision, Verdict
from fleet.placement import POLICIES

FIXED_AT_ONCE = [name for name, policy in POLICIES.items() if not policy.replans]


@given(seed=st.integers(0, 2**32 - 1), policy=st.sampled_from(FIXED_AT_ONCE))
def test_decisions_are_pure_and_greedy_never_exceeds_the_bound(seed, policy):
    rng = np.random.default_rng(seed)
    regions = ("alpha", "beta", "gamma")
    headroom_mw = rng.uniform(0, 6, (2, 3, HORIZON)) * (rng.random((2, 3, HORIZON)) < 0.8)
    prepared = prepared_of(headroom_mw, regions=regions, cost_usd_per_mwh=rng.uniform(-1, 9, headroom_mw.shape))
    jobs = [
        job(
            f"j{index}",
            power_mw=float(rng.uniform(0.1, 4)),
            duration_h=int(rng.integers(1, 9)),
            deadline_utc=hour("2024-05-20T01") + int(rng.integers(9, 20)),
            home_region=str(rng.choice(regions)),
            priority=int(rng.integers(3)),
        )
        for index in range(10)
    ]
    state = State.empty(prepared, longest_job_h=10)
    state.reserved_mw[0, :3] = 0.5
    state_before, near_before = copy.deepcopy(state), copy.deepcopy(prepared.near)
    decisions, after = decided(prepared, jobs, state, policy=policy)
    assert decided(prepared, jobs, state, policy=policy)[0] == decisions
    np.testing.assert_array_equal(state.reserved_mw, state_before.reserved_mw)
    assert (state.step, state.waiting.tolist()) == (state_before.step, state_before.waiting.tolist())
    for field in fields(Conditions):
        np.testing.assert_array_equal(getattr(prepared.near, field.name), getattr(near_before, field.name))
    by_id = {submitted.id: submitted for submitted in jobs}
    assert sorted(decision.job_id for decision in decisions) == sorted(by_id)
    reserved_mw = state.reserved_mw.copy()
    for decision in decisions:
        placed = by_id[decision.job_id]
        if decision.start_utc is None:
            continue
        assert placed.earliest_utc <= decision.start_utc <= placed.latest_start_utc
        start = int((decision.start_utc - hour("2024-05-20T01")) / np.timedelta64(1, "h"))
        reserved_mw[regions.index(decision.region), start : start + placed.duration_h] += placed.power_mw
    np.testing.assert_allclose(after.reserved_mw[:, :-1], reserved_mw[:, 1:])
    if policy == "greedy":
        bound_mw = prepared.ahead(0, reserved_mw.shape[1]).headroom_mw
        is_used = reserved_mw - state.reserved_mw > 0
        assert (reserved_mw[is_used] <= bound_mw[is_used] + 1e-9).all()


@pytest.mark.slow
def test_a_summer_of_greedy_decisions_is_consistent_with_its_bounds():
    prepared = summer_prepared()
    state = State.empty(prepared, longest_job_h=168)
    jobs = sorted(summer_jobs(), key=lambda summer_job: summer_job.earliest_utc)
    by_id = {summer_job.id: summer_job for summer_job in jobs}
    total, exceeded, earlier = 0, 0, []
    for step, origin in enumerate(prepared.origin_utc[: 24 * 7]):
        first = origin + np.timedelta64(1, "h")
        arrived = [summer_job for summer_job in jobs if summer_job.earliest_utc == first]
        before_mw = state.reserved_mw
        ahead = prepared.ahead(step, before_mw.shape[1])
        decisions, state = decided(prepared, arrived, state, earlier=earlier)
        earlier += arrived
        total += len(decisions)
        for decision in decisions:
            exceeded += assert_consistent(decision, by_id[decision.job_id], first)
        after_mw = np.concatenate([before_mw[:, :1] * 0, state.reserved_mw[:, :-1]], axis=1)
        is_new = after_mw > before_mw
        is_new[:, 0] = False
        # No window requires less than the lowest level.
        promised_mw = np.concatenate(
            [prepared.levels.spare_mw((step, slice(None), slice(None)), 0, 0), ahead.headroom_mw[:, 24:]], axis=1
        )
        assert (after_mw[is_new] <= promised_mw[is_new] + 1e-9).all()
    assert total > 200
    assert exceeded < total / 50


def assert_consistent(decision: Decision, submitted, first) -> bool:
    """Check one decision against its job; return whether the bound of its window exceeds the limit."""
    binding = decision.binding
    assert decision.reason.endswith(".")
    assert 0 <= len(decision.alternatives) <= 3
    if decision.start_utc == first and decision.region == submitted.home_region:
        assert (decision.saved.carbon_kg, decision.saved.water_l, decision.saved.cost_usd) == (0, 0, 0)
    if decision.start_utc is None:
        if binding.is_stated and (decision.verdict is Verdict.DEFER or decision.alternatives):
            assert binding.bound > binding.limit_value
        return False
    assert binding.region == decision.region
    assert decision.start_utc <= binding.hour_utc < decision.start_utc + submitted.duration_h
    assert submitted.earliest_utc <= decision.start_utc <= submitted.latest_start_utc
    # A job that was placed later may require a lower level. Then the bound of the earlier job may be exceeded.
    is_exceeded = binding.bound > binding.limit_value + 1e-9
    assert ("jobs that need a smaller margin used it" in decision.reason) == is_exceeded
    return is_exceeded
