"""What running jobs takes, as money."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import region

from fleet.domain.costs import Bill, bill_of, change_usd, transfer_usd, waiting_usd
from fleet.domain.region import Costs

ONE = np.ones(1)


def bill(costs: Costs, **changes: float) -> Bill:
    """Of 2 MWh from the grid at 300 g/kWh and 50 USD/MWh, and 1,000 L on site."""
    return bill_of(
        region(**changes),
        costs,
        facility_mwh=2 * ONE,
        site_water_l=1_000 * ONE,
        carbon_g_per_kwh=300 * ONE,
        price_usd_per_mwh=50 * ONE,
    )


def test_energy_carbon_and_scarce_water_are_paid_for():
    found = bill(Costs(carbon_usd_per_t=100, water_usd_per_m3=4), water_scarcity=10)
    assert found.carbon_kg[0] == pytest.approx(2 * 300)
    assert found.water_l[0] == pytest.approx(1_000)
    # 2 MWh of 50 USD, 0.6 t of 100 USD, and 1 m3 of 4 USD ten times.
    assert found.cost_usd[0] == pytest.approx(100 + 60 + 40)


def test_water_of_the_electricity_counts_where_it_is_asked_for_and_without_scarcity():
    weights = {"carbon_usd_per_t": 0.0, "water_usd_per_m3": 4.0}
    without = bill(Costs(**weights), water_scarcity=10, grid_water_l_per_kwh=1.5)
    counted = bill(Costs(**weights, count_grid_water=True), water_scarcity=10, grid_water_l_per_kwh=1.5)
    assert without.water_l[0] == pytest.approx(1_000)
    assert without.cost_usd[0] == pytest.approx(100 + 40)
    # 2 MWh at 1.5 L/kWh are 3,000 L more, and 3 m3 cost 4 USD each.
    assert counted.water_l[0] == pytest.approx(1_000 + 3_000)
    assert counted.cost_usd[0] == pytest.approx(100 + 40 + 12)
    assert bill(Costs(**weights, count_grid_water=True)).water_l[0] == pytest.approx(1_000)


@pytest.mark.parametrize("name", ["facility_mwh", "site_water_l", "carbon_g_per_kwh", "price_usd_per_mwh"])
def test_a_bill_with_something_unknown_in_it_has_no_cost(name):
    known = dict.fromkeys(("facility_mwh", "site_water_l", "carbon_g_per_kwh", "price_usd_per_mwh"), ONE)
    found = bill_of(region(), Costs(), **(known | {name: np.array([np.nan])}))
    assert np.isnan(found.cost_usd[0])


def test_data_is_paid_for_where_it_leaves_its_home():
    costs = Costs(transfer_usd_per_gb=0.02)
    # 500 GB at 0.02 USD.
    np.testing.assert_allclose(transfer_usd(costs, 500.0, np.array([False, True])), [0, 10])
    assert (transfer_usd(Costs(), 500.0, np.array([False, True])) == 0).all()


def test_waiting_is_paid_for_by_energy_and_hour():
    costs = Costs(waiting_usd_per_mwh_per_h=0.5)
    # 8 MWh at half a dollar an hour.
    np.testing.assert_allclose(waiting_usd(costs, 8.0, np.array([0.0, 1.0, 6.0])), [0, 4, 24])
    assert (waiting_usd(Costs(), 8.0, np.array([0.0, 6.0])) == 0).all()


def test_a_change_must_save_a_dollar_per_mwh_unless_the_fleet_says_otherwise():
    np.testing.assert_allclose(change_usd(Costs(), np.array([0.0, 8.0])), [0, 8])
    np.testing.assert_allclose(change_usd(Costs(change_usd_per_mwh=3), np.array([0.0, 8.0])), [0, 24])


@given(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 48))
def test_nothing_is_ever_earned_by_moving_waiting_or_changing(data_gb, energy_mwh, waited_h):
    costs = Costs(transfer_usd_per_gb=0.02, waiting_usd_per_mwh_per_h=0.5)
    assert transfer_usd(costs, data_gb, True) >= 0
    assert waiting_usd(costs, energy_mwh, waited_h + 1) >= waiting_usd(costs, energy_mwh, waited_h) >= 0
    assert change_usd(costs, energy_mwh) >= 0
