"""One hour of decisions, on conditions made by hand: 2024-05-20T00 is the origin, 01 is the first hour ahead."""

import numpy as np
import pytest
from support.sites import decided, hour, job, prepared_of
from support.steady_hours import HORIZON, decision_on, steady

from fleet.domain.decision import Verdict


def test_a_job_with_headroom_at_home_runs_now_and_saves_nothing():
    decision = decision_on(steady(4.0))
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


def test_a_cheaper_region_is_chosen_and_the_difference_is_saved():
    decision = decision_on(steady(4.0, 4.0, cost_usd_per_mwh=[10.0, 7.0], carbon_kg_per_mwh=[5.0, 9.0]))
    assert decision.region == "beta"
    # 2 MWh at 7 instead of 10 USD, and at 9 instead of 5 kg.
    assert decision.saved.cost_usd == pytest.approx(6)
    assert decision.saved.carbon_kg == pytest.approx(-8)


def test_a_job_is_deferred_to_a_cheaper_hour():
    decision = decision_on(steady(4.0, cost_usd_per_mwh=[[9.0, 9.0, 1.0, 1.0, 9.0, 9.0]]))
    assert decision.verdict is Verdict.DEFER
    assert decision.start_utc == hour("2024-05-20T03")
    assert decision.saved.cost_usd == pytest.approx(16)
    assert decision.reason.startswith("Deferred to 2024-05-20T03:00Z: 16.00 USD cheaper than now at home; ")


def test_a_job_that_is_deferred_for_safety_or_by_its_earliest_start_says_so():
    # No headroom in the first two hours, at the same cost.
    for_safety = decision_on(prepared_of(np.array([[[0.0, 0.0, 4.0, 4.0, 4.0, 4.0]]]), regions=("alpha",)))
    assert for_safety.reason.startswith(
        "Deferred to 2024-05-20T03:00Z: now at home is not safe beside the other jobs; "
    )
    by_its_start = decision_on(steady(4.0), earliest_utc=hour("2024-05-20T03"))
    assert by_its_start.reason.startswith("Deferred to 2024-05-20T03:00Z: its earliest start; ")


def test_a_saving_below_a_cent_is_said_to_be_one():
    decision = decision_on(steady(4.0, cost_usd_per_mwh=[[9.0, 9.0, 8.999, 8.999, 9.0, 9.0]]))
    assert decision.reason.startswith("Deferred to 2024-05-20T03:00Z: less than 0.01 USD cheaper than now at home; ")


def test_a_place_that_costs_more_says_why_the_job_is_not_at_home_now():
    # Home has room for one of the two jobs in the first two hours, and costs less there.
    cost = [[1.0, 1.0, 2.0, 2.0, 9.0, 9.0]]
    jobs = [job("first", power_mw=3.0), job("second", power_mw=3.0)]
    decisions = {one.job_id: one for one in decided(steady(4.0, cost_usd_per_mwh=cost), jobs)[0]}
    assert decisions["first"].reason.startswith("Runs now; ")
    assert decisions["second"].reason.startswith(
        "Deferred to 2024-05-20T03:00Z: now at home is not safe beside the other jobs; "
    )


def test_a_job_is_not_deferred_for_a_rounding_error_of_cost():
    cost = np.full((1, HORIZON), 0.1) * 3
    cost[0, 3:] -= 1e-12
    assert decision_on(steady(4.0, cost_usd_per_mwh=cost)).verdict is Verdict.APPROVE


def test_an_hour_of_unknown_cost_is_avoided_and_the_later_hours_stay_known():
    decision = decision_on(steady(4.0, cost_usd_per_mwh=[[np.nan, 5.0, 5.0, 5.0, 2.0, 2.0]]))
    # The costs of all starts but the first are known, and the last two hours are the cheapest.
    assert decision.start_utc == hour("2024-05-20T05")
    assert decision.expected.cost_usd == pytest.approx(4)


def test_a_job_ends_by_its_deadline():
    cheap_late = [[9.0, 9.0, 9.0, 9.0, 1.0, 1.0]]
    assert decision_on(steady(4.0, cost_usd_per_mwh=cheap_late)).start_utc == hour("2024-05-20T05")
    # With one hour less the last start is 04, and that window costs 9 + 1.
    tighter = decision_on(steady(4.0, cost_usd_per_mwh=cheap_late), deadline_utc=hour("2024-05-20T06"))
    assert tighter.start_utc == hour("2024-05-20T04")


def test_a_job_that_fits_in_no_region_waits_and_gets_the_closest_limit_as_reason():
    decision = decision_on(steady(0.5, 0.75))
    assert decision.verdict is Verdict.DEFER
    assert decision.region is decision.start_utc is None
    assert decision.reason.startswith("Waits: no allowed region is safe yet; the closest limit is ")
    assert decision.binding.region == "beta"
    # Beta lacks the least: 10 - 0.75 MW of load bound plus 1 MW of the job, against 10 MW.
    assert decision.binding.bound == pytest.approx(10.25)
    assert decision.binding.limit_value == 10
    assert (decision.saved.cost_usd, decision.saved.carbon_kg) == (0, 0)


def test_a_job_that_fits_nowhere_is_denied_when_its_window_closes():
    decision = decision_on(steady(0.5), deadline_utc=hour("2024-05-20T03"))
    assert decision.verdict is Verdict.DENY
    assert decision.reason.startswith("Denied: its window closes and no allowed region is safe; the closest limit is ")
    assert "(10.5 at the bound, limit 10.0 MW)" in decision.reason


def test_a_job_that_arrives_after_its_last_start_is_denied_without_alternatives():
    decision = decision_on(steady(4.0), earliest_utc=hour("2024-05-19T20"), deadline_utc=hour("2024-05-20T02"))
    assert decision.verdict is Verdict.DENY
    assert decision.alternatives == ()
    assert decision.reason == "Denied: to end by its deadline the job had to start by 2024-05-20T00:00Z."


@pytest.mark.parametrize("night", ["2024-03-31T00", "2024-10-27T00"])
def test_hours_are_in_utc_on_nights_when_clocks_change(night):
    prepared = prepared_of(np.full((1, 1, HORIZON), 4.0), first=night)
    first = hour(night) + 1
    night_job = job(duration_h=3, earliest_utc=first, deadline_utc=first + 3)
    (decision,), state = decided(prepared, [night_job])
    assert decision.start_utc == first
    np.testing.assert_array_equal(state.reserved_mw[0, :4], [1, 1, 0, 0])


def test_a_region_that_is_not_allowed_is_never_chosen():
    prepared = steady(4.0, 4.0, 4.0, cost_usd_per_mwh=[5.0, 1.0, 3.0])
    assert decision_on(prepared).region == "beta"
    decision = decision_on(prepared, regions=("alpha", "gamma"))
    assert decision.region == "gamma"
    assert [alternative.region for alternative in decision.alternatives] == ["alpha"]


def test_headroom_of_exactly_the_job_is_enough():
    assert decision_on(steady(1.0)).verdict is Verdict.APPROVE
    # A rounding error does not matter; a watt does.
    assert decision_on(steady(np.nextafter(1.0, 0.0))).verdict is Verdict.APPROVE
    assert decision_on(steady(1.0 - 1e-6)).verdict is Verdict.DEFER


def test_jobs_of_one_hour_share_the_headroom_and_never_exceed_it():
    jobs = [job(f"j{index}", duration_h=6, deadline_utc=hour("2024-05-20T07")) for index in range(7)]
    decisions, state = decided(steady(3.5, 2.0), jobs)
    regions = [decision.region for decision in decisions if decision.start_utc is not None]
    # Three jobs of 1 MW fit in 3.5 MW, two in 2.0 MW.
    assert sorted(regions) == ["alpha"] * 3 + ["beta"] * 2
    assert [decision.verdict for decision in decisions if decision.start_utc is None] == [Verdict.DENY] * 2
    # One of the six hours has passed.
    np.testing.assert_array_equal(state.reserved_mw[0, :6], [3, 3, 3, 3, 3, 0])


def test_jobs_are_ordered_by_priority_then_by_window_then_by_id():
    jobs = [
        job("b"),
        job("a"),
        job("urgent", priority=1),
        job("tight", deadline_utc=hour("2024-05-20T05")),
    ]
    decisions, _ = decided(steady(4.0), jobs)
    assert [decision.job_id for decision in decisions] == ["urgent", "tight", "a", "b"]


def test_the_order_of_the_submitted_list_does_not_matter():
    jobs = [job(f"j{index}", power_mw=0.5 + index / 3) for index in range(6)]
    forward, backward = (decided(steady(3.0, 2.0), order)[0] for order in (jobs, jobs[::-1]))
    assert forward == backward


def test_a_reservation_counts_once_and_ends_with_its_job():
    prepared = steady(1.0, origins=4)
    jobs = [job("first"), job("second", deadline_utc=hour("2024-05-20T10"))]
    decisions, state = decided(prepared, jobs)
    # The first job fills 01 and 02, so the second starts at 03.
    assert [decision.start_utc for decision in decisions] == [hour("2024-05-20T01"), hour("2024-05-20T03")]
    np.testing.assert_array_equal(state.reserved_mw[0, :5], [1, 1, 1, 0, 0])
    _, state = decided(prepared, [], state, earlier=jobs)
    _, state = decided(prepared, [], state, earlier=jobs)
    np.testing.assert_array_equal(state.reserved_mw[0, :5], [1, 0, 0, 0, 0])
    third = job("third", earliest_utc=hour("2024-05-20T04"), deadline_utc=hour("2024-05-20T10"))
    decisions, _ = decided(prepared, [third], state, earlier=jobs)
    assert decisions[0].start_utc == hour("2024-05-20T05")


def test_a_waiting_job_is_decided_when_it_arrives_and_when_it_gets_a_place():
    headroom_mw = np.zeros((6, 1, HORIZON))
    headroom_mw[3:, :, :] = 2.0
    prepared = prepared_of(headroom_mw)
    waiting_job, state = job(deadline_utc=hour("2024-05-20T09")), None
    history = []
    for step in range(6):
        arrived, earlier = ([], [waiting_job]) if step else ([waiting_job], [])
        decisions, state = decided(prepared, arrived, state, earlier=earlier)
        history.extend((step, decision.verdict, decision.start_utc) for decision in decisions)
    assert history == [(0, Verdict.DEFER, None), (3, Verdict.APPROVE, hour("2024-05-20T04"))]
    assert state.waiting.size == 0


def test_a_waiting_job_is_denied_an_hour_before_its_last_start():
    prepared, state = steady(0.0, origins=8), None
    history = []
    for step in range(8):
        decisions, state = decided(prepared, [] if step else [job()], state, earlier=[job()] if step else [])
        history.extend((decision.origin_utc, decision.verdict) for decision in decisions)
    # The deadline is 07 and the job needs two hours, so its last start is 05. At the origin of 03 the next hour is 04.
    assert history == [(hour("2024-05-20T00"), Verdict.DEFER), (hour("2024-05-20T03"), Verdict.DENY)]


def test_a_job_longer_than_the_horizon_must_fit_under_the_climatological_band():
    long = {"duration_h": 20, "deadline_utc": hour("2024-05-22T00")}
    # From the seventh hour on 2 MW are left, whatever the headroom within the horizon.
    assert decision_on(steady(4.0), power_mw=2.0, **long).verdict is Verdict.APPROVE
    refused = decision_on(steady(4.0), power_mw=2.5, **long)
    assert refused.start_utc is None
    assert refused.binding.hour_utc >= hour("2024-05-20T07")
    # Six hours at 1 USD and fourteen at 3 USD, for 2 MW.
    assert decision_on(steady(4.0), power_mw=2.0, **long).expected.cost_usd == pytest.approx(2 * (6 + 14 * 3))


def test_no_start_is_chosen_beyond_the_horizon():
    expensive = prepared_of(np.full((1, 1, HORIZON), 4.0), cost_usd_per_mwh=np.full((1, 1, HORIZON), 9.0))
    decision = decided(expensive, [job(deadline_utc=hour("2024-05-23T00"))])[0][0]
    # Beyond the horizon energy costs 3: the last start within the horizon has one hour there.
    assert decision.start_utc == hour("2024-05-20T06")
