"""Whole jobs within the quotas of the linear programme."""

import numpy as np
import pytest
from support.offers import SCARCE, offer_and_batch

from fleet.placement import NOWHERE
from fleet.placement.capacity import Capacity
from fleet.placement.exact import fill_quotas
from fleet.placement.quotas import solve
from fleet.placement.relaxation import programme_of
from fleet.placement.search import Jobs, Search
from fleet.placement.windows import Windows


@pytest.mark.parametrize("seed", range(10))
def test_a_class_without_a_quota_takes_no_quota_of_another_class(seed):
    """The solver rounds a very small power to zero, and leaves its class without a quota."""
    offer, batch = offer_and_batch(np.random.default_rng(seed), 3, 6, 4, 8, SCARCE)
    windows, length = Windows.of(offer, batch.duration_h)
    jobs = Jobs.of(offer, batch, length)
    programme, position = programme_of(offer, batch, windows, jobs)
    quotas, prices = solve(programme, jobs)
    last = len(quotas.begin) - 2
    # All quotas are given to the last class, and then to the first.
    for has_quotas in (last, 0):
        begin = np.where(np.arange(last + 2) > has_quotas, len(quotas.region), 0)
        search = Search(jobs, windows, Capacity.of(offer))
        plan = fill_quotas(programme, position, quotas._replace(begin=begin), batch, search, prices.usd_per_mwh)
        is_other = quotas.class_of[position.group, position.first, position.last] != has_quotas
        is_placed = (plan.region != NOWHERE) & is_other
        assert batch.sets[batch.region_set, plan.region][is_placed].all()
        assert ((plan.start >= batch.first) & (plan.start <= batch.last))[is_placed].all()
