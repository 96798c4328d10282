"""The numbers in the sentence on a decision."""

import pytest
from support.sites import hour

from fleet.decisions.reasons import advice_of
from fleet.domain.decision import Binding
from fleet.physics.limits import GRID


@pytest.mark.parametrize(
    ("bound", "limit", "told"),
    [
        (40.04, 40.0, "40.04 at the bound, limit 40.00"),
        (40.0004, 40.0, "40.0 at the bound, limit 40.0"),
        (39.96, 40.0, "39.96 at the bound, limit 40.00"),
        (41.23, 40.0, "41.2 at the bound, limit 40.0"),
    ],
)
def test_a_bound_beside_its_limit_shows_which_is_larger(bound, limit, told):
    at = hour("2024-05-20T02")
    binding = Binding(limit=GRID, region="alpha", hour_utc=at, bound=bound, limit_value=limit, unit="MW")
    assert told in advice_of(binding, to_region=None)
