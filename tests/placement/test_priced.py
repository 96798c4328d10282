from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.offers import SCARCE, assert_feasible, offer_and_batch, some_offers, window

from fleet.errors import DataError
from fleet.placement.fill import fill, urgent_first
from fleet.placement.objective import objective_usd
from fleet.placement.offer import NOWHERE, Plan
from fleet.placement.priced import Priced
from fleet.units import DUST_MW

both = pytest.mark.parametrize("exact", [False, True])
DUST_USD = 1e-6


def with_changes(offer, batch, plan):
    """What planning minimises: money, and the weight of jobs that leave a place for another."""
    moved = (plan.region != batch.kept_region) | (plan.start != batch.kept_start)
    changes = moved & (batch.kept_region != NOWHERE) & (plan.region != NOWHERE)
    return objective_usd(offer, batch, plan) + offer.change_usd_per_mwh * batch.energy_mwh[changes].sum()


@both
@given(made=some_offers(most_jobs=30))
def test_a_plan_stays_within_the_offer(exact, made):
    assert_feasible(*made, Priced(exact=exact).plan(*made))


@both
@given(made=some_offers(most_jobs=30), seed=st.integers(0, 1_000))
def test_no_plan_undercuts_the_bound(exact, made, seed):
    offer, batch = made
    plan = Priced(exact=exact).plan(offer, batch)
    assert plan.objective_usd == objective_usd(offer, batch, plan)
    some_order = np.random.default_rng(seed).permutation(len(batch))
    for other in (plan, fill(offer, batch, some_order)):
        assert plan.bound_usd <= objective_usd(offer, batch, other) + DUST_USD


@both
@given(made=some_offers(most_jobs=30))
def test_no_unserved_job_would_fit_if_all_of_lower_priority_were_taken_away(exact, made):
    offer, batch = made
    plan = Priced(exact=exact).plan(offer, batch)
    for job in np.flatnonzero(plan.region == NOWHERE):
        reserved, count = offer.reserved_mw.copy(), np.zeros(len(offer.most_jobs), dtype=np.int64)
        for other in np.flatnonzero((plan.region != NOWHERE) & (batch.priority >= batch.priority[job])):
            region, start, end = window(batch, plan, other)
            reserved[region, start:end] += batch.power_mw[other]
            count[region] += 1
        for region in np.flatnonzero(batch.sets[batch.region_set[job]] & (count < offer.most_jobs)):
            for start in range(batch.first[job], min(batch.last[job] + 1, offer.starts)):
                end = start + batch.duration_h[job]
                rung = offer.rung[offer.bucket[batch.duration_h[job], start], region, start]
                room = offer.spare_mw[rung, region, start:end] - reserved[region, start:end]
                unknown = np.isnan(offer.cost_usd_per_mwh[region, start:end]).any()
                assert unknown or (room < batch.power_mw[job] + 2 * DUST_MW).any()


@given(made=some_offers(most_jobs=30))
def test_it_is_no_dearer_than_jobs_one_by_one(made):
    one_by_one = with_changes(*made, fill(*made, urgent_first(made[1])))
    plan = Priced().plan(*made)
    assert with_changes(*made, plan) <= one_by_one + DUST_USD


@given(made=some_offers(most_jobs=30))
def test_exact_is_never_dearer_and_its_bound_never_lower(made):
    plan, exact = Priced().plan(*made), Priced(exact=True).plan(*made)
    assert with_changes(*made, exact) <= with_changes(*made, plan) + DUST_USD
    assert exact.bound_usd >= plan.bound_usd - DUST_USD


@given(made=some_offers(most_jobs=30), seed=st.integers(0, 1_000))
def test_the_order_of_the_jobs_in_the_batch_does_not_matter(made, seed):
    offer, batch = made
    order = np.random.default_rng(seed).permutation(len(batch))
    per_job = {
        name: getattr(batch, name)[order]
        for name in vars(batch)
        if name not in ("sets", "energy_mwh") and len(batch) == len(getattr(batch, name))
    }
    plan, other = Priced().plan(offer, batch), Priced().plan(offer, replace(batch, **per_job))
    np.testing.assert_array_equal(plan.region[order], other.region)
    np.testing.assert_array_equal(plan.start[order], other.start)


@given(seed=st.integers(0, 1_000))
@settings(max_examples=5)
def test_many_small_jobs_come_within_two_percent_of_the_bound(seed):
    offer, batch = offer_and_batch(np.random.default_rng(seed), 3, 12, 6, 5_000, SCARCE)
    plan = Priced().plan(offer, replace(batch, priority=np.zeros_like(batch.priority)))
    assert plan.objective_usd <= 1.02 * plan.bound_usd
    assert (plan.region == NOWHERE).any(), "nothing was scarce"


def test_where_every_job_gets_its_first_choice_the_plan_is_proven_to_be_the_best():
    offer, batch = offer_and_batch(np.random.default_rng(1), 3, 12, 6, 40, 50.0)
    plan = Priced().plan(offer, batch)
    assert plan.bound_usd == pytest.approx(plan.objective_usd, rel=1e-12)
    assert (plan.region != NOWHERE).all()


def test_a_job_with_a_choice_leaves_the_cheap_hour_to_one_without():
    """One by one, the job that may run anywhere comes first, and takes the only place that the other has."""
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


def test_jobs_that_choose_among_other_regions_are_refused():
    offer, batch = offer_and_batch(np.random.default_rng(1), 2, 3, 3, 4, SCARCE)
    with pytest.raises(DataError, match="3 regions, expected the offer's 2"):
        Priced().plan(offer, replace(batch, sets=np.ones((3, 3), dtype=np.bool_)))


def test_a_fleet_of_300_regions_and_an_empty_batch():
    for jobs in (0, 1, 400):
        offer, batch = offer_and_batch(np.random.default_rng(2), 300, 24, 24, jobs, SCARCE)
        plan = Priced().plan(offer, batch)
        assert isinstance(plan, Plan)
        assert_feasible(offer, batch, plan)
