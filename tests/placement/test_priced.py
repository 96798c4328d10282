from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.offers import SCARCE, assert_feasible, offer_and_batch, some_offers, window

from fleet.errors import DataError
from fleet.placement.fill import fill
from fleet.placement.job_order import urgent_first
from fleet.placement.objective import objective_usd
from fleet.placement.offer import NOWHERE, Plan
from fleet.placement.priced import Priced
from fleet.units import ROUNDING_MW

fast_and_exact = pytest.mark.parametrize("exact", [False, True])
ROUNDING_USD = 1e-6


def objective_with_changes(offer, batch, plan):
    """The quantity that `priced` minimises: cost, plus the weights of jobs that leave the window they hold."""
    is_moved = (plan.region != batch.kept_region) | (plan.start != batch.kept_start)
    is_changed = is_moved & (batch.kept_region != NOWHERE) & (plan.region != NOWHERE)
    return objective_usd(offer, batch, plan) + offer.change_usd_per_mwh * batch.energy_mwh[is_changed].sum()


@fast_and_exact
@given(case=some_offers(most_jobs=30))
def test_a_plan_stays_within_the_offer(exact, case):
    assert_feasible(*case, Priced(exact=exact).plan(*case))


def test_a_job_that_displaces_a_task_of_an_array_counts_as_a_whole_job():
    """Power is scarce and the number of jobs too, so that jobs displace each other."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        offer, batch = offer_and_batch(rng, 2, 2, 2, 25, SCARCE)
        offer = replace(offer, most_jobs=np.array([4, 5]))
        batch = replace(batch, share=rng.choice([1.0, 0.5, 1 / 3], len(batch)))
        assert_feasible(offer, batch, Priced().plan(offer, batch))


@fast_and_exact
@given(case=some_offers(most_jobs=30), seed=st.integers(0, 1_000))
def test_no_plan_costs_less_than_the_bound(exact, case, seed):
    offer, batch = case
    plan = Priced(exact=exact).plan(offer, batch)
    assert plan.objective_usd == objective_usd(offer, batch, plan)
    random_order = np.random.default_rng(seed).permutation(len(batch))
    for other in (plan, fill(offer, batch, random_order)):
        assert plan.bound_usd <= objective_usd(offer, batch, other) + ROUNDING_USD


@pytest.mark.slow
@fast_and_exact
@given(case=some_offers(most_jobs=30))
def test_no_unserved_job_would_fit_without_the_jobs_of_lower_priority(exact, case):
    offer, batch = case
    plan = Priced(exact=exact).plan(offer, batch)
    for job in np.flatnonzero(plan.region == NOWHERE):
        reserved, count = offer.reserved_mw.copy(), np.zeros(len(offer.most_jobs))
        for other in np.flatnonzero((plan.region != NOWHERE) & (batch.priority >= batch.priority[job])):
            region, start, end = window(batch, plan, other)
            reserved[region, start:end] += batch.power_mw[other]
            count[region] += batch.share[other]
        for region in np.flatnonzero(batch.sets[batch.region_set[job]] & (count + batch.share[job] <= offer.most_jobs)):
            for start in range(batch.first[job], min(batch.last[job] + 1, offer.starts)):
                end = start + batch.duration_h[job]
                level = offer.level_index[offer.bucket[batch.duration_h[job], start], region, start]
                left = offer.spare_mw[level, region, start:end] - reserved[region, start:end]
                is_unknown = np.isnan(offer.cost_usd_per_mwh[region, start:end]).any()
                assert is_unknown or (left < batch.power_mw[job] + 2 * ROUNDING_MW).any()


@given(case=some_offers(most_jobs=30))
def test_a_plan_costs_no_more_than_placing_jobs_one_by_one(case):
    one_by_one = objective_with_changes(*case, fill(*case, urgent_first(case[1])))
    plan = Priced().plan(*case)
    assert objective_with_changes(*case, plan) <= one_by_one + ROUNDING_USD


@given(case=some_offers(most_jobs=30))
def test_the_exact_plan_never_costs_more_and_its_bound_is_never_lower(case):
    plan, exact = Priced().plan(*case), Priced(exact=True).plan(*case)
    assert objective_with_changes(*case, exact) <= objective_with_changes(*case, plan) + ROUNDING_USD
    assert exact.bound_usd >= plan.bound_usd - ROUNDING_USD


@pytest.mark.slow
def test_the_order_of_the_jobs_in_the_batch_changes_few_plans():
    # A known weakness: where room is scarce, the order of the batch changes some plans, 14 of these 200.
    batches, same = 200, 0
    for seed in range(batches):
        random = np.random.default_rng(seed)
        offer, batch = offer_and_batch(random, 3, 12, 6, 30, SCARCE)
        order = random.permutation(len(batch))
        per_job = {
            name: getattr(batch, name)[order]
            for name in vars(batch)
            if name not in ("sets", "energy_mwh") and len(batch) == len(getattr(batch, name))
        }
        plan, other = Priced().plan(offer, batch), Priced().plan(offer, replace(batch, **per_job))
        same += np.array_equal(plan.region[order], other.region) and np.array_equal(plan.start[order], other.start)
    assert same >= 0.9 * batches


@pytest.mark.slow
def test_many_small_jobs_typically_come_within_one_percent_of_the_bound():
    gaps, unserved = [], []
    for seed in range(10):
        offer, batch = offer_and_batch(np.random.default_rng(seed), 3, 12, 6, 5_000, SCARCE)
        plan = Priced().plan(offer, replace(batch, priority=np.zeros_like(batch.priority)))
        unserved.append((plan.region == NOWHERE).sum())
        gaps.append(plan.objective_usd / plan.bound_usd - 1)
    # A few of the random offers leave more: the largest gap among the seeds up to 1,000 is 13 %.
    assert np.median(gaps) <= 0.01
    assert np.median(unserved) > 0, "most offers had capacity for all jobs"


def test_the_bound_equals_the_cost_if_every_job_gets_its_first_choice():
    offer, batch = offer_and_batch(np.random.default_rng(1), 3, 12, 6, 40, 50.0)
    plan = Priced().plan(offer, batch)
    assert plan.bound_usd == pytest.approx(plan.objective_usd, rel=1e-12)
    assert (plan.region != NOWHERE).all()


def test_a_job_with_a_choice_leaves_the_cheap_region_to_a_job_without_a_choice():
    """One by one, the job that may run anywhere takes the only window of the other job."""
    offer, batch = offer_and_batch(np.random.default_rng(1), 2, 1, 1, 2, 1.0)
    offer = replace(offer, spare_mw=np.ones((1, 2, 1)), cost_usd_per_mwh=np.array([[10.0], [11.0]]))
    batch = replace(
        batch,
        power_mw=np.array([1.0, 0.9]),
        duration_h=np.ones(2, dtype=np.int64),
        first=np.zeros(2, dtype=np.int64),
        last=np.zeros(2, dtype=np.int64),
        sets=np.array([[True, True], [True, False]]),
        region_set=np.array([0, 1]),
        priority=np.zeros(2, dtype=np.int64),
    )
    assert fill(offer, batch, np.arange(2)).region.tolist() == [0, NOWHERE]
    assert Priced().plan(offer, batch).region.tolist() == [1, 0]


def test_region_sets_that_do_not_match_the_offer_are_refused():
    offer, batch = offer_and_batch(np.random.default_rng(1), 2, 3, 3, 4, SCARCE)
    with pytest.raises(DataError, match="3 regions, expected the offer's 2"):
        Priced().plan(offer, replace(batch, sets=np.ones((3, 3), dtype=np.bool_)))


def test_a_fleet_of_300_regions_gets_a_feasible_plan_for_any_number_of_jobs():
    for jobs in (0, 1, 400):
        offer, batch = offer_and_batch(np.random.default_rng(2), 300, 24, 24, jobs, SCARCE)
        plan = Priced().plan(offer, batch)
        assert isinstance(plan, Plan)
        assert_feasible(offer, batch, plan)
