import numpy as np
from hypothesis import given
from offers import assert_feasible, some_offers

from fleet.placement.priced import Priced


@given(made=some_offers())
def test_a_plan_stays_within_the_offer(made):
    offer, batch = made
    assert_feasible(offer, batch, Priced().plan(offer, batch))


@given(made=some_offers())
def test_no_plan_undercuts_the_bound(made):
    plan = Priced().plan(*made)
    assert np.isfinite(plan.objective_usd)
    assert plan.bound_usd <= plan.objective_usd
