"""An offer of fewer hours is the first part of a longer one."""

import dataclasses

import numpy as np
import pytest
from support.sites import prepared_of

from fleet.decisions.build_offer import offer_of
from fleet.decisions.caution import Caution
from fleet.decisions.level_rows import LevelRows
from fleet.placement import Belief

HORIZON, HOURS = 6, 20
REGIONS = ("alpha", "beta")
PREPARED = prepared_of(np.arange(12.0).reshape(1, 2, HORIZON), regions=REGIONS)
RESERVED_MW = np.arange(2.0 * HOURS).reshape(2, HOURS) / 10
CAUTION = dataclasses.replace(Caution.of(None, 2), far_mw=np.array([1.0, np.inf]))


def offer(belief: Belief, hours: int):
    rows = LevelRows.of(PREPARED, 0, hours, CAUTION) if belief is Belief.BOUND else None
    return offer_of(PREPARED, 0, belief, RESERVED_MW[:, :hours], rows=rows)


@pytest.mark.parametrize("belief", [Belief.BOUND, Belief.FORECAST])
@pytest.mark.parametrize("hours", [HORIZON, HORIZON + 3, HOURS])
def test_the_first_hours_of_an_offer_are_the_offer_of_these_hours(belief, hours):
    whole, built = offer(belief, HOURS), offer(belief, hours)
    for name in ("spare_mw", "reserved_mw", "cost_usd_per_mwh"):
        np.testing.assert_array_equal(getattr(built, name), getattr(whole, name)[..., :hours], err_msg=name)
        assert getattr(built, name).flags.c_contiguous
    np.testing.assert_array_equal(built.level_index, whole.level_index)
    np.testing.assert_array_equal(built.bucket, whole.bucket[: hours - HORIZON + 2])
