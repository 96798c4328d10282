"""The totals of an hour: each sum is of the jobs for which the quantity is known."""

import numpy as np
import pytest
from support.entries import decision, denied, entry, job

from fleet.domain.decision import Footprint
from fleet.live.hour_totals import HourTotals

PRICELESS = Footprint(carbon_kg=10.0, water_l=20.0, cost_usd=np.nan)


def test_a_job_without_a_known_cost_counts_in_carbon_and_water_and_not_in_the_cost():
    # Each job runs for two hours: 2 MWh at 3 USD, and 8 MWh at a cost that is not known.
    totals = HourTotals.of([entry(decision("a")), entry(decision("b", expected=PRICELESS), job=job("b", power_mw=4.0))])
    assert (totals.placed_mwh, totals.carbon_kg, totals.carbon_known_mwh) == (10, 11, 10)
    assert (totals.water_l, totals.water_known_mwh) == (22, 10)
    assert (totals.cost_usd, totals.cost_known_mwh) == (3, 2)
    assert totals.sentence() == (
        "placed 10.0 MWh of IT energy, expected: 3 USD (not known for 8.0 MWh), 11 kg of carbon, 22 L of water"
    )


@pytest.mark.parametrize("entries", [[], [entry(denied("c"))]])
def test_a_job_without_a_place_is_in_no_total(entries):
    totals = HourTotals.of(entries)
    assert (totals.placed_mwh, totals.cost_usd, totals.cost_known_mwh) == (0, 0, 0)
