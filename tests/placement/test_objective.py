from dataclasses import replace

import numpy as np
import pytest
from support.offers import offer_and_batch

from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Plan


@pytest.fixture
def two_jobs():
    """Two jobs at home in region 0: 2 MW for 3 h and 1 MW for 2 h."""
    offer, batch = offer_and_batch(np.random.default_rng(0), 2, 3, 3, 2, 1.0)
    cost = np.array([[10.0, 20, 30, 40, 50], [1, 2, 3, 4, 100]])
    batch = replace(
        batch,
        power_mw=np.array([2.0, 1.0]),
        duration_h=np.array([3, 2]),
        home=np.zeros(2, dtype=np.int64),
        data_gb=np.array([5.0, 7.0]),
    )
    return replace(offer, cost_usd_per_mwh=cost), batch


def plan_of(*region_and_start):
    region, start = np.array(region_and_start).T
    return Plan(region=region, start=start)


def test_energy_costs_the_sum_of_its_hours(two_jobs):
    # 2 MW x (20 + 30 + 40) + 1 MW x (4 + 3).
    assert objective_usd(*two_jobs, plan_of((0, 1), (1, 2))) == pytest.approx(180 + 7)


def test_unserved_energy_costs_three_times_the_most_expensive_hour(two_jobs):
    assert penalty_usd_per_mwh(two_jobs[0]) == 300
    # 6 MWh and 2 MWh.
    assert objective_usd(*two_jobs, plan_of((NOWHERE, NOWHERE), (NOWHERE, NOWHERE))) == pytest.approx(8 * 300)


def test_data_costs_money_away_from_home_and_waiting_costs_money_everywhere(two_jobs):
    offer = replace(two_jobs[0], transfer_usd_per_gb=2.0, waiting_usd_per_mwh_per_h=0.5)
    # 7 GB leave home; 6 MWh wait for one hour and 2 MWh for two hours.
    extra = 2 * 7 + 0.5 * (6 * 1 + 2 * 2)
    assert objective_usd(offer, two_jobs[1], plan_of((0, 1), (1, 2))) == pytest.approx(187 + extra)


def test_a_change_costs_no_money(two_jobs):
    offer = replace(two_jobs[0], change_usd_per_mwh=5.0)
    batch = replace(two_jobs[1], kept_region=np.array([1, 1]), kept_start=np.array([0, 0]))
    assert objective_usd(offer, batch, plan_of((0, 1), (1, 2))) == pytest.approx(187)


def test_the_penalty_is_zero_if_all_costs_are_negative_or_unknown(two_jobs):
    offer = two_jobs[0]
    assert penalty_usd_per_mwh(replace(offer, cost_usd_per_mwh=-offer.cost_usd_per_mwh)) == 0
    assert penalty_usd_per_mwh(replace(offer, cost_usd_per_mwh=np.full((2, 5), np.nan))) == 0
