import numpy as np
from support.sites import prepared_of

from fleet.physics.limits import IT_POWER, UNKNOWN, code_of
from fleet.replay.unbounded import unbounded


def test_hours_without_a_bound_are_counted_within_and_beyond_the_horizon():
    binding = np.full((3, 2, 24), code_of(IT_POWER))
    binding[1, 0, :5] = code_of(UNKNOWN)
    counts = unbounded(prepared_of(np.full((3, 2, 24), 4.0), regions=("alpha", "beta"), binding=binding))
    assert (counts.within_horizon, counts.past_horizon) == (5, 0)
    # Three origins, two regions, 24 hours.
    assert counts.region_hours == 144
