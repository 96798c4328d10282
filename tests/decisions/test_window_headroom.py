"""What a job may count on: at its own rung within the horizon, and what the season holds past it."""

import numpy as np
from support.sites import conditions

from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.conditions import Conditions, Limit
from fleet.domain.levels import HeadroomLevels

RUNGS = np.array([0.0, 1.0, 2.0])
HORIZON = 4


def ladder_of(level: np.ndarray) -> HeadroomLevels:
    """One origin, one region; 10 MW safe, of which 5, 3 and 1 MW are left on the three rungs."""
    shape = (3, 1, 1, HORIZON)
    spare = np.broadcast_to(np.array([5.0, 3.0, 1.0])[:, None, None, None], shape)
    return HeadroomLevels(
        rungs=RUNGS,
        safe_load_mw=np.full(shape, 10.0),
        spare_mw=spare,
        binding=np.full(shape, Limit.IT, dtype=np.int8),
        temperature_c=np.full((1, 1, HORIZON), 20.0),
        margin_k=np.full((1, 1, HORIZON), 3.0),
        level=level,
        longest=np.array([1, 2, HORIZON]),
    )


def levels(*by_bucket: float) -> np.ndarray:
    return np.broadcast_to(np.array(by_bucket), (1, 1, HORIZON, len(by_bucket)))


def ahead(hours: int = 8) -> Conditions:
    """Past the horizon there are 2 MW."""
    return conditions(np.full((1, hours), 2.0))


def spare(level: np.ndarray, duration: int, extra: float = 0.0) -> np.ndarray:
    return WindowHeadroom(ladder_of(level), 0, ahead(), np.array([extra])).spare_mw(duration)[0]


def test_a_window_stands_on_the_rung_at_or_above_its_level():
    for level, left in ((0.0, 5.0), (0.2, 3.0), (1.0, 3.0), (1.01, 1.0), (2.0, 1.0)):
        np.testing.assert_array_equal(spare(levels(level, level, level), 2)[0], [left, left])


def test_past_the_last_rung_nothing_is_promised():
    assert np.isneginf(spare(levels(2.1, 2.1, 2.1), 2)).all()
    assert np.isneginf(spare(levels(np.inf, np.inf, np.inf), 2)).all()


def test_extra_conservatism_adds_to_the_level():
    np.testing.assert_array_equal(spare(levels(0.5, 0.5, 0.5), 1, extra=0.5)[0], [3.0])
    np.testing.assert_array_equal(spare(levels(0.5, 0.5, 0.5), 1, extra=0.51)[0], [1.0])
    assert np.isneginf(spare(levels(0.5, 0.5, 0.5), 1, extra=4.0)).all()


def test_the_level_is_that_of_the_windows_length_within_the_horizon():
    # Hours 1, 2 and up to 4 ask for rungs 0, 1 and 2. Of three hours from lead 4 on, one lies within the horizon.
    found = spare(levels(0.0, 1.0, 2.0), 3)
    np.testing.assert_array_equal(found[0], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(found[2], [3.0, 3.0, 2.0])
    np.testing.assert_array_equal(found[3], [5.0, 2.0, 2.0])


def test_hours_past_the_horizon_are_shown_with_those_before_it():
    promises = WindowHeadroom(ladder_of(levels(1.0, 1.0, 1.0)), 0, ahead(), np.zeros(1))
    held = promises.held(0, 3, 3)
    np.testing.assert_array_equal(held.spare_mw, [3.0, 2.0, 2.0])
    np.testing.assert_array_equal(held.safe_load_mw, 10.0)
    # 20 degC and one margin of 3 K; past the horizon the season's 10 degC.
    np.testing.assert_array_equal(held.temperature_bound_c, [23.0, 10.0, 10.0])
    assert (held.binding == Limit.IT).all()


def test_what_no_rung_holds_is_shown_at_the_last():
    held = WindowHeadroom(ladder_of(levels(9.0, 9.0, 9.0)), 0, ahead(), np.zeros(1)).held(0, 0, 2)
    assert np.isneginf(held.spare_mw).all()
    np.testing.assert_array_equal(held.temperature_bound_c, 26.0)
