import numpy as np

from fleet.decisions.contested import contested_hours


def test_an_hour_is_contested_near_a_limit_or_without_headroom() -> None:
    near_limit = np.array([False, True, False, False, False])
    near_limit_mw = np.array([9.0, 9.0, 4.0, 9.0, np.nan])
    headroom_mw = np.array([8.0, 8.0, 8.0, 5.0, 8.0])
    taken_mw = np.full(5, 5.0)
    contested = contested_hours(near_limit, near_limit_mw, headroom_mw, taken_mw)
    assert contested.tolist() == [False, True, True, True, False]
