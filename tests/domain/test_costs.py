"""The cost of running jobs in money."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import region

from fleet.domain.costs import Bill, bill_of, change_usd, transfer_usd, waiting_usd
from fleet.domain.region import Costs

ONE = np.ones(1)


def bill(costs: Costs, **changes: float) -> Bill:
    """Return the bill of 2 MWh from the grid at 300 g/kWh and 50 USD/MWh, and of 1,000 L on site."""
    return bill_of(
        region(**changes),
        costs,
        facility_mwh=2 * ONE,
        site_water_l=1_000 * ONE,
        carbon_g_per_kwh=300 * ONE,
        price_usd_per_mwh=50 * ONE,
    )


def test_a_bill_has_energy_carbon_and_scarce_water():
    total = bill(Costs(carbon_usd_per_t=100, water_usd_per_m3=4), water_scarcity=10)
    assert total.carbon_kg[0] == pytest.approx(2 * 300)
    assert total.water_l[0] == pytest.approx(1_000)
    # 2 MWh at 50 USD, 0.6 t at 100 USD, and 1 m3 at 4 USD times the scarcity of 10.
    assert total.cost_usd[0] == pytest.approx(100 + 60 + 40)


def test_water_of_the_electricity_counts_if_the_fleet_asks_and_has_no_scarcity_factor():
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
def test_a_bill_with_an_unknown_input_has_no_cost(name):
    inputs = dict.fromkeys(("facility_mwh", "site_water_l", "carbon_g_per_kwh", "price_usd_per_mwh"), ONE)
    total = bill_of(region(), Costs(), **(inputs | {name: np.array([np.nan])}))
    assert np.isnan(total.cost_usd[0])


def test_moving_data_out_of_the_home_region_costs_money():
    costs = Costs(transfer_usd_per_gb=0.02)
    # 500 GB at 0.02 USD.
    np.testing.assert_allclose(transfer_usd(costs, 500.0, np.array([False, True])), [0, 10])
    assert (transfer_usd(Costs(), 500.0, np.array([False, True])) == 0).all()


def test_waiting_costs_money_per_energy_and_hour():
    costs = Costs(waiting_usd_per_mwh_per_h=0.5)
    # 8 MWh at 0.5 USD per MWh and hour.
    np.testing.assert_allclose(waiting_usd(costs, 8.0, np.array([0.0, 1.0, 6.0])), [0, 4, 24])
    assert (waiting_usd(Costs(), 8.0, np.array([0.0, 6.0])) == 0).all()


def test_a_change_must_save_a_dollar_per_mwh_unless_the_fleet_says_otherwise():
    np.testing.assert_allclose(change_usd(Costs(), np.array([0.0, 8.0])), [0, 8])
    np.testing.assert_allclose(change_usd(Costs(change_usd_per_mwh=3), np.array([0.0, 8.0])), [0, 24])


@given(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 48))
def test_transfer_waiting_and_change_never_have_negative_costs(data_gb, energy_mwh, waited_h):
    costs = Costs(transfer_usd_per_gb=0.02, waiting_usd_per_mwh_per_h=0.5)
    assert transfer_usd(costs, data_gb, True) >= 0
    assert waiting_usd(costs, energy_mwh, waited_h + 1) >= waiting_usd(costs, energy_mwh, waited_h) >= 0
    assert change_usd(costs, energy_mwh) >= 0
