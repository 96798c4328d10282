"""One hour of decisions, on conditions made by hand: 2024-05-20T00 is the origin, 01 the first hour ahead."""

import copy
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import decided, fleet_of, hour, job, prepared_of, region, summer_jobs, summer_prepared

from fleet.decisions.state import State
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.decision import Verdict
from fleet.placement import POLICIES
from fleet.preparation.prepared import Prepared

HORIZON = 6
FIXED_AT_ONCE = [name for name, policy in POLICIES.items() if not policy.replans]


def steady(*mw: float, origins: int = 1, **changes) -> Prepared:
    """The same headroom in each of the six hours ahead, by region alpha, beta, gamma."""
    names = ("alpha", "beta", "gamma")[: len(mw)]
    room = np.broadcast_to(np.array(mw)[None, :, None], (origins, len(mw), HORIZON))
    shaped = {
        name: np.broadcast_to(np.reshape(value, (1, len(mw), -1)), room.shape).copy() for name, value in changes.items()
    }
    return prepared_of(room, regions=names, **shaped)


def one(prepared: Prepared, policy: str = "greedy", **changes):
    return decided(prepared, [job(**changes)], policy=policy)[0][0]


def test_a_job_with_room_at_home_runs_now_and_saves_nothing():
    decision = one(steady(4.0))
    assert decision.verdict is Verdict.APPROVE
    assert (decision.region, decision.start_utc) == ("alpha", hour("2024-05-20T01"))
    # 1 MW for 2 h, at 0.1 kg, 2 L and 1 USD per MWh.
    assert decision.expected.carbon_kg == pytest.approx(0.2)
    assert decision.expected.water_l == pytest.approx(4.0)
    assert decision.expected.cost_usd == pytest.approx(2.0)
    assert (decision.saved.carbon_kg, decision.saved.water_l, decision.saved.cost_usd) == (0, 0, 0)
    assert decision.origin_utc == hour("2024-05-20T00")
    assert decision.policy == "greedy"
    assert decision.confidence == 0.95


def test_a_cheaper_region_is_taken_and_the_difference_is_saved():
    decision = one(steady(4.0, 4.0, cost_usd_per_mwh=[10.0, 7.0], carbon_kg_per_mwh=[5.0, 9.0]))
    assert decision.region == "beta"
    # 2 MWh at 7 instead of 10 USD, and 9 instead of 5 kg.
    assert decision.saved.cost_usd == pytest.approx(6)
    assert decision.saved.carbon_kg == pytest.approx(-8)


def test_a_cheaper_hour_is_waited_for_and_is_a_deferral():
    decision = one(steady(4.0, cost_usd_per_mwh=[[9.0, 9.0, 1.0, 1.0, 9.0, 9.0]]))
    assert decision.verdict is Verdict.DEFER
    assert decision.start_utc == hour("2024-05-20T03")
    assert decision.saved.cost_usd == pytest.approx(16)
    assert "Starts later" in decision.reason


def test_a_start_that_costs_less_by_dust_alone_is_not_waited_for():
    cost = np.full((1, HORIZON), 0.1) * 3
    cost[0, 3:] -= 1e-12
    assert one(steady(4.0, cost_usd_per_mwh=cost)).verdict is Verdict.APPROVE


def test_an_hour_of_unknown_cost_is_avoided_and_leaves_later_hours_known():
    decision = one(steady(4.0, cost_usd_per_mwh=[[np.nan, 5.0, 5.0, 5.0, 2.0, 2.0]]))
    # Starts at 1 and later are known; the last two hours are the cheapest.
    assert decision.start_utc == hour("2024-05-20T05")
    assert decision.expected.cost_usd == pytest.approx(4)


def test_the_deadline_is_kept():
    cheap_late = [[9.0, 9.0, 9.0, 9.0, 1.0, 1.0]]
    assert one(steady(4.0, cost_usd_per_mwh=cheap_late)).start_utc == hour("2024-05-20T05")
    # One hour less: it must start by 04, and the last window costs 9 + 1.
    tighter = one(steady(4.0, cost_usd_per_mwh=cheap_late), deadline_utc=hour("2024-05-20T06"))
    assert tighter.start_utc == hour("2024-05-20T04")


def test_a_job_no_region_can_hold_waits_and_says_why():
    decision = one(steady(0.5, 0.75))
    assert decision.verdict is Verdict.DEFER
    assert decision.region is decision.start_utc is None
    assert decision.reason.startswith("Waits: no allowed region is safe yet")
    assert decision.binding.region == "beta"
    # Beta is nearest: 10 - 0.75 MW of load at the bound and the job's 1 MW, against 10.
    assert decision.binding.bound == pytest.approx(10.25)
    assert decision.binding.limit_value == 10
    assert (decision.saved.cost_usd, decision.saved.carbon_kg) == (0, 0)


def test_a_job_whose_last_start_is_now_is_denied_with_a_reason():
    decision = one(steady(0.5), deadline_utc=hour("2024-05-20T03"))
    assert decision.verdict is Verdict.DENY
    assert decision.reason.startswith("Denied: its window closes")
    assert "10.5 against 10.0 MW" in decision.reason


def test_a_job_that_comes_after_its_last_start_is_denied_without_alternatives():
    decision = one(steady(4.0), earliest_utc=hour("2024-05-19T20"), deadline_utc=hour("2024-05-20T02"))
    assert decision.verdict is Verdict.DENY
    assert decision.alternatives == ()
    assert decision.reason == "Denied: it should have started by 2024-05-20T00:00Z to end by its deadline."


@pytest.mark.parametrize("night", ["2024-03-31T00", "2024-10-27T00"])
def test_the_nights_on_which_clocks_change_have_hours_like_any_other(night):
    prepared = prepared_of(np.full((1, 1, HORIZON), 4.0), first=night)
    first = hour(night) + 1
    own = job(duration_h=3, earliest_utc=first, deadline_utc=first + 3)
    (decision,), state = decided(prepared, [own])
    assert decision.start_utc == first
    np.testing.assert_array_equal(state.reserved_mw[0, :4], [1, 1, 0, 0])


def test_a_region_that_is_not_allowed_is_never_taken():
    prepared = steady(4.0, 4.0, 4.0, cost_usd_per_mwh=[5.0, 1.0, 3.0])
    assert one(prepared).region == "beta"
    decision = one(prepared, regions=("alpha", "gamma"))
    assert decision.region == "gamma"
    assert [each.region for each in decision.alternatives] == ["alpha"]


def test_room_for_exactly_the_job_is_enough():
    assert one(steady(1.0)).verdict is Verdict.APPROVE
    # The dust of a sum is no shortage; a watt is.
    assert one(steady(np.nextafter(1.0, 0.0))).verdict is Verdict.APPROVE
    assert one(steady(1.0 - 1e-6)).verdict is Verdict.DEFER


def test_jobs_of_one_hour_share_the_room_and_never_overbook_it():
    jobs = [job(f"j{index}", duration_h=6, deadline_utc=hour("2024-05-20T07")) for index in range(7)]
    decisions, state = decided(steady(3.5, 2.0), jobs)
    placed = [decision.region for decision in decisions if decision.start_utc is not None]
    # 3 of 1 MW fit in 3.5, 2 in 2.0.
    assert sorted(placed) == ["alpha"] * 3 + ["beta"] * 2
    assert [decision.verdict for decision in decisions if decision.start_utc is None] == [Verdict.DENY] * 2
    # One of the six hours has passed.
    np.testing.assert_array_equal(state.reserved_mw[0, :6], [3, 3, 3, 3, 3, 0])


def test_priority_goes_first_then_the_tighter_window_then_the_id():
    jobs = [
        job("b"),
        job("a"),
        job("urgent", priority=1),
        job("tight", deadline_utc=hour("2024-05-20T05")),
    ]
    decisions, _ = decided(steady(4.0), jobs)
    assert [decision.job_id for decision in decisions] == ["urgent", "tight", "a", "b"]


def test_the_order_of_arrival_in_the_list_does_not_matter():
    jobs = [job(f"j{index}", power_mw=0.5 + index / 3) for index in range(6)]
    forward, backward = (decided(steady(3.0, 2.0), order)[0] for order in (jobs, jobs[::-1]))
    assert forward == backward


def test_a_reservation_is_taken_off_once_and_given_back_when_the_job_has_ended():
    prepared = steady(1.0, origins=4)
    jobs = [job("first"), job("second", deadline_utc=hour("2024-05-20T10"))]
    decisions, state = decided(prepared, jobs)
    # The first fills 01 and 02, so the second starts at 03.
    assert [d.start_utc for d in decisions] == [hour("2024-05-20T01"), hour("2024-05-20T03")]
    np.testing.assert_array_equal(state.reserved_mw[0, :5], [1, 1, 1, 0, 0])
    _, state = decided(prepared, [], state, earlier=jobs)
    _, state = decided(prepared, [], state, earlier=jobs)
    np.testing.assert_array_equal(state.reserved_mw[0, :5], [1, 0, 0, 0, 0])
    last = job("third", earliest_utc=hour("2024-05-20T04"), deadline_utc=hour("2024-05-20T10"))
    third = decided(prepared, [last], state, earlier=jobs)
    assert third[0][0].start_utc == hour("2024-05-20T05")


def test_a_waiting_job_is_told_once_and_again_when_its_wait_ends():
    room = np.zeros((6, 1, HORIZON))
    room[3:, :, :] = 2.0
    prepared = prepared_of(room)
    own, state = job(deadline_utc=hour("2024-05-20T09")), None
    told = []
    for step in range(6):
        decisions, state = decided(prepared, [] if step else [own], state, earlier=[own] if step else [])
        told.extend((step, decision.verdict, decision.start_utc) for decision in decisions)
    assert told == [(0, Verdict.DEFER, None), (3, Verdict.APPROVE, hour("2024-05-20T04"))]
    assert state.waiting.size == 0


def test_a_waiting_job_is_denied_an_hour_before_its_last_start_while_its_owner_can_still_act():
    prepared, state = steady(0.0, origins=8), None
    told = []
    for step in range(8):
        decisions, state = decided(prepared, [] if step else [job()], state, earlier=[job()] if step else [])
        told.extend((decision.origin_utc, decision.verdict) for decision in decisions)
    # Two hours before 07 is 05: at the origin of 03 the next hour is 04.
    assert told == [(hour("2024-05-20T00"), Verdict.DEFER), (hour("2024-05-20T03"), Verdict.DENY)]


def test_a_job_longer_than_the_horizon_is_held_to_the_season():
    long = {"duration_h": 20, "deadline_utc": hour("2024-05-22T00")}
    # The season offers 2 MW past the sixth hour, however much the horizon has.
    assert one(steady(4.0), power_mw=2.0, **long).verdict is Verdict.APPROVE
    refused = one(steady(4.0), power_mw=2.5, **long)
    assert refused.start_utc is None
    assert refused.binding.hour_utc >= hour("2024-05-20T07")
    # Six hours at 1 USD and fourteen at the season's 3, for 2 MW.
    assert one(steady(4.0), power_mw=2.0, **long).expected.cost_usd == pytest.approx(2 * (6 + 14 * 3))


def test_no_start_is_chosen_past_the_horizon():
    cheap_season = prepared_of(np.full((1, 1, HORIZON), 4.0), cost_usd_per_mwh=np.full((1, 1, HORIZON), 9.0))
    decision = decided(cheap_season, [job(deadline_utc=hour("2024-05-23T00"))])[0][0]
    # The season costs 3: the latest start within the horizon reaches one hour into it.
    assert decision.start_utc == hour("2024-05-20T06")


def test_alternatives_are_the_best_start_of_every_other_region_safe_ones_by_cost():
    prepared = steady(4.0, 3.0, 0.25, cost_usd_per_mwh=[2.0, 3.0, 1.0])
    decision = one(prepared)
    assert decision.region == "alpha"
    safe, unsafe = decision.alternatives
    assert (safe.region, safe.cost_usd, safe.headroom_left_mw) == ("beta", pytest.approx(6.0), pytest.approx(2.0))
    assert (unsafe.region, unsafe.headroom_left_mw) == ("gamma", pytest.approx(-0.75))


def test_alternatives_of_a_job_without_a_place_begin_with_the_least_unsafe():
    decision = one(steady(0.25, 0.75, 0.5))
    assert [each.region for each in decision.alternatives] == ["beta", "gamma", "alpha"]
    assert decision.alternatives[0].headroom_left_mw == pytest.approx(-0.25)


def test_the_outdoor_throttle_is_told_in_degrees():
    prepared = steady(
        0.0,
        binding=[Limit.OUTDOOR],
        safe_load_mw=[0.0],
        temperature_bound_c=[41.5],
    )
    decision = one(replace(prepared, fleet=fleet_of(region(outdoor_limit_c=40.0))))
    binding = decision.binding
    assert (binding.limit, binding.unit, binding.bound, binding.limit_value) == ("outdoor", "degC", 41.5, 40.0)
    assert "the outdoor throttle in alpha at 2024-05-20T01:00Z, 41.5 against 40.0 degC at the bound" in decision.reason


def test_a_load_beyond_its_limit_is_told_as_it_is():
    # The bound of the load is 12 MW where cooling allows 9: with the job's 1 MW that is 13, not 9 + 1.
    decision = one(steady(0.0, binding=[Limit.COOLING], safe_load_mw=[9.0], load_bound_mw=[12.0]))
    assert (decision.binding.limit, decision.binding.bound, decision.binding.limit_value) == ("cooling", 13.0, 9.0)


def test_an_unknown_bound_is_told_as_unknown():
    decision = one(steady(0.0, binding=[Limit.UNKNOWN], safe_load_mw=[0.0], load_bound_mw=[np.inf]))
    assert decision.reason == (
        "Waits: no allowed region is safe yet; closest: no bound can be given in alpha at 2024-05-20T01:00Z, "
        "data is missing or calibration too short."
    )
    assert np.isfinite(decision.binding.bound)


def test_a_policy_that_does_not_ask_the_bound_does_not_claim_that_it_holds():
    over = one(steady(0.25), policy="home_region")
    assert over.verdict is Verdict.APPROVE
    assert over.reason == (
        "Runs now, although the installed IT power in alpha at 2024-05-20T01:00Z is passed: "
        "10.8 against 10.0 MW at the bound."
    )
    assert "leaves room" in one(steady(2.0), policy="home_region").reason


def test_a_job_is_contested_where_the_bound_is_full_or_the_forecast_close():
    assert not one(steady(4.0)).contested
    assert one(steady(4.0, near_limit=[True])).contested
    # Half a megawatt short of the forecast's room is close: 1 + 3 MW of 4.
    assert one(steady(4.0), power_mw=4.0).contested


@given(
    seed=st.integers(0, 2**32 - 1), policy=st.sampled_from([name for name in POLICIES if not POLICIES[name].replans])
)
def test_decisions_are_pure_and_greedy_never_passes_the_bound(seed, policy):
    rng = np.random.default_rng(seed)
    room = rng.uniform(0, 6, (2, 3, HORIZON)) * (rng.random((2, 3, HORIZON)) < 0.8)
    prepared = prepared_of(room, regions=("alpha", "beta", "gamma"), cost_usd_per_mwh=rng.uniform(-1, 9, room.shape))
    jobs = [
        job(
            f"j{index}",
            power_mw=float(rng.uniform(0.1, 4)),
            duration_h=int(rng.integers(1, 9)),
            deadline_utc=hour("2024-05-20T01") + int(rng.integers(9, 20)),
            home_region=str(rng.choice(["alpha", "beta", "gamma"])),
            priority=int(rng.integers(3)),
        )
        for index in range(10)
    ]
    state = State.empty(prepared, longest_job_h=10)
    state.reserved_mw[0, :3] = 0.5
    kept, before = copy.deepcopy(state), copy.deepcopy(prepared.near)
    decisions, after = decided(prepared, jobs, state, policy=policy)
    assert decided(prepared, jobs, state, policy=policy)[0] == decisions
    np.testing.assert_array_equal(state.reserved_mw, kept.reserved_mw)
    assert (state.step, state.waiting.tolist()) == (kept.step, kept.waiting.tolist())
    for item in fields(Conditions):
        np.testing.assert_array_equal(getattr(prepared.near, item.name), getattr(before, item.name))
    assert sorted(d.job_id for d in decisions) == sorted(each.id for each in jobs)
    by_id = {each.id: each for each in jobs}
    expected = state.reserved_mw.copy()
    for decision in decisions:
        own = by_id[decision.job_id]
        if decision.start_utc is None:
            continue
        assert own.earliest_utc <= decision.start_utc <= own.latest_start_utc
        start = int((decision.start_utc - hour("2024-05-20T01")) / np.timedelta64(1, "h"))
        expected[("alpha", "beta", "gamma").index(decision.region), start : start + own.duration_h] += own.power_mw
    np.testing.assert_allclose(after.reserved_mw[:, :-1], expected[:, 1:])
    if policy == "greedy":
        ahead = prepared.ahead(0, expected.shape[1]).headroom_mw
        taken = expected - state.reserved_mw > 0
        assert (expected[taken] <= ahead[taken] + 1e-9).all()


def test_a_summer_of_greedy_decisions_is_consistent_with_its_bounds():
    prepared = summer_prepared()
    regions = prepared.fleet.region_ids
    state = State.empty(prepared, longest_job_h=168)
    jobs = sorted(summer_jobs(), key=lambda each: each.earliest_utc)
    by_id = {each.id: each for each in jobs}
    total, crowded, seen = 0, 0, []
    for step, origin in enumerate(prepared.origin_utc[: 24 * 7]):
        first = origin + np.timedelta64(1, "h")
        arrived = [each for each in jobs if each.earliest_utc == first]
        before = state.reserved_mw
        ahead = prepared.ahead(step, before.shape[1])
        decisions, state = decided(prepared, arrived, state, earlier=seen)
        seen += arrived
        total += len(decisions)
        after = np.concatenate([before[:, :1] * 0, state.reserved_mw[:, :-1]], axis=1)
        for decision in decisions:
            binding, own = decision.binding, by_id[decision.job_id]
            assert decision.reason.endswith(".")
            assert 0 <= len(decision.alternatives) <= 3
            if decision.start_utc is not None:
                assert binding.region == decision.region
                assert decision.start_utc <= binding.hour_utc < decision.start_utc + own.duration_h
                assert own.earliest_utc <= decision.start_utc <= own.latest_start_utc
                # What was placed after it may be held at less conservatism, and then it says so.
                kept = binding.bound <= binding.limit_value + 1e-9
                crowded += not kept
                assert ("leaves room" if kept else "left room until") in decision.reason
            elif decision.verdict is Verdict.DEFER or decision.alternatives:
                assert binding.bound > binding.limit_value
            if decision.start_utc == first and decision.region == own.home_region:
                assert (decision.saved.carbon_kg, decision.saved.water_l, decision.saved.cost_usd) == (0, 0, 0)
        fresh = after > before
        fresh[:, 0] = False
        # No window asks for less than the lowest rung.
        promised = np.concatenate([prepared.ladder.spare_mw[0, step], ahead.headroom_mw[:, 24:]], axis=1)
        assert (after[fresh] <= promised[fresh] + 1e-9).all()
    assert total > 200
    assert crowded < total / 50
    assert set(regions) == {"arizona", "ireland", "wyoming"}


def test_among_places_without_headroom_the_one_that_lacks_least_comes_first():
    # Loads at the bound of 30, 10.1 and 12 MW against 10 safe ones: none has headroom, beta lacks least.
    lacking = np.array([30.0, 10.1, 12.0])[:, None] * np.ones(HORIZON)
    prepared = steady(0.0, 0.0, 0.0, load_bound_mw=lacking[None])
    decision = one(prepared)
    assert decision.start_utc is None
    assert [each.region for each in decision.alternatives] == ["beta", "gamma", "alpha"]
    assert [each.headroom_left_mw for each in decision.alternatives] == pytest.approx([-1.1, -3.0, -21.0])
    assert decision.binding.region == "beta"
