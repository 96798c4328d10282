import numpy as np
from support.sites import prepared_of

from fleet.physics.limits import IT_POWER, UNKNOWN, code_of
from fleet.replay.unbounded import unbounded


def test_hours_without_a_bound_are_counted_on_both_sides_of_the_horizon():
    binding = np.full((3, 2, 24), code_of(IT_POWER))
    binding[1, 0, :5] = code_of(UNKNOWN)
    found = unbounded(prepared_of(np.full((3, 2, 24), 4.0), regions=("alpha", "beta"), binding=binding))
    assert (found.within_horizon, found.past_horizon) == (5, 0)
    # Three origins, two regions, 24 hours.
    assert found.region_hours == 144
