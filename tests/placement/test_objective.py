from dataclasses import replace

import numpy as np
import pytest
from support.offers import offer_and_batch

from fleet.placement.objective import objective_usd, penalty_usd_per_mwh
from fleet.placement.offer import NOWHERE, Plan


@pytest.fixture
def made():
    """Two jobs at home in region 0: 2 MW for 3 h and 1 MW for 2 h."""
    offer, batch = offer_and_batch(np.random.default_rng(0), 2, 3, 3, 2, 1.0)
    cost = np.array([[10.0, 20, 30, 40, 50], [1, 2, 3, 4, 100]])
    two = replace(
        batch,
        power_mw=np.array([2.0, 1.0]),
        duration_h=np.array([3, 2]),
        home=np.zeros(2, dtype=np.int64),
        data_gb=np.array([5.0, 7.0]),
    )
    return replace(offer, cost_usd_per_mwh=cost), two


def plan_of(*places):
    region, start = np.array(places).T
    return Plan(region=region, start=start)


def test_energy_costs_what_its_hours_cost(made):
    # 2 MW x (20 + 30 + 40) + 1 MW x (4 + 3).
    assert objective_usd(*made, plan_of((0, 1), (1, 2))) == pytest.approx(180 + 7)


def test_what_is_not_served_costs_three_times_the_dearest_hour(made):
    assert penalty_usd_per_mwh(made[0]) == 300
    # 6 MWh and 2 MWh.
    assert objective_usd(*made, plan_of((NOWHERE, NOWHERE), (NOWHERE, NOWHERE))) == pytest.approx(8 * 300)


def test_data_cost_away_from_home_and_hours_waited_cost_everywhere(made):
    offer = replace(made[0], transfer_usd_per_gb=2.0, waiting_usd_per_mwh_per_h=0.5)
    # 7 GB leave home; 6 MWh wait for an hour and 2 MWh for two.
    extra = 2 * 7 + 0.5 * (6 * 1 + 2 * 2)
    assert objective_usd(offer, made[1], plan_of((0, 1), (1, 2))) == pytest.approx(187 + extra)


def test_a_change_is_no_money(made):
    offer = replace(made[0], change_usd_per_mwh=5.0)
    batch = replace(made[1], kept_region=np.array([1, 1]), kept_start=np.array([0, 0]))
    assert objective_usd(offer, batch, plan_of((0, 1), (1, 2))) == pytest.approx(187)


def test_no_penalty_is_due_where_power_costs_less_than_nothing(made):
    assert penalty_usd_per_mwh(replace(made[0], cost_usd_per_mwh=-made[0].cost_usd_per_mwh)) == 0
    assert penalty_usd_per_mwh(replace(made[0], cost_usd_per_mwh=np.full((2, 5), np.nan))) == 0
