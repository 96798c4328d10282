"""The headroom of a window: at its own level within the horizon, at the climatological band beyond it."""

import numpy as np
from support.sites import conditions

from fleet.decisions.window_headroom import Window, WindowHeadroom
from fleet.domain.levels import HeadroomLevels
from fleet.physics.limits import IT_POWER, code_of

LEVELS = np.array([0.0, 1.0, 2.0])
HORIZON = 4
HOURS = 8


def levels_of(required: np.ndarray) -> HeadroomLevels:
    """Return levels of one origin and region: 10 MW are safe, and 5, 3 and 1 MW are left on the three levels."""
    shape = (3, 1, 1, HORIZON)
    spare = np.broadcast_to(np.array([5.0, 3.0, 1.0])[:, None, None, None], shape)
    return HeadroomLevels(
        levels=LEVELS,
        safe_load_mw=np.full(shape, 10.0),
        spare_mw=spare,
        binding=np.full(shape, code_of(IT_POWER), dtype=np.int8),
        temperature_c=np.full((1, 1, HORIZON), 20.0),
        margin_k=np.full((1, 1, HORIZON), 3.0),
        dew_point_c=np.full((1, 1, HORIZON), 12.0),
        dew_point_margin_k=np.full((1, 1, HORIZON), 2.0),
        required=required,
        bucket_h=np.array([1, 2, HORIZON]),
    )


def requiring(*by_bucket: float) -> np.ndarray:
    """Return the (origin, region, start, bucket) required level; the same at every start."""
    return np.broadcast_to(np.array(by_bucket), (1, 1, HORIZON, len(by_bucket)))


def windows(required: np.ndarray, extra: float = 0.0) -> WindowHeadroom:
    """Return the windows of one region. Beyond the horizon 2 MW are left."""
    levels = levels_of(required)
    spare_ahead_mw = levels.spare_ahead_mw(0, np.full((1, HOURS - HORIZON), 2.0))
    ahead = conditions(np.full((1, HOURS), 2.0))
    return WindowHeadroom(levels, 0, ahead, spare_ahead_mw, np.array([extra]))


def spare(required: np.ndarray, duration_h: int, extra: float = 0.0) -> np.ndarray:
    """Return the (start, hour of the window) spare power."""
    return windows(required, extra).spare_mw(duration_h)[0]


def window(required: np.ndarray, start: int, duration_h: int) -> Window:
    """Return one window of the region."""
    return windows(required).window(0, start, duration_h)


def test_a_window_gets_the_level_at_or_above_the_required_one():
    for required, spare_mw in ((0.0, 5.0), (0.2, 3.0), (1.0, 3.0), (1.01, 1.0), (2.0, 1.0)):
        np.testing.assert_array_equal(spare(requiring(required, required, required), 2)[0], [spare_mw, spare_mw])


def test_a_window_that_requires_more_than_the_highest_level_gets_nothing():
    assert np.isneginf(spare(requiring(2.1, 2.1, 2.1), 2)).all()
    assert np.isneginf(spare(requiring(np.inf, np.inf, np.inf), 2)).all()


def test_the_extra_level_is_added_to_the_required_level():
    np.testing.assert_array_equal(spare(requiring(0.5, 0.5, 0.5), 1, extra=0.5)[0], [3.0])
    np.testing.assert_array_equal(spare(requiring(0.5, 0.5, 0.5), 1, extra=0.51)[0], [1.0])
    assert np.isneginf(spare(requiring(0.5, 0.5, 0.5), 1, extra=4.0)).all()


def test_the_required_level_is_that_of_the_hours_within_the_horizon():
    # Windows of 1, 2 and up to 4 hours require levels 0, 1 and 2. The last start has one hour within the horizon.
    spare_mw = spare(requiring(0.0, 1.0, 2.0), 3)
    np.testing.assert_array_equal(spare_mw[0], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(spare_mw[2], [3.0, 3.0, 2.0])
    np.testing.assert_array_equal(spare_mw[3], [5.0, 2.0, 2.0])


def test_a_window_shows_the_hours_within_and_beyond_the_horizon():
    last = window(requiring(1.0, 1.0, 1.0), 3, 3)
    assert last.required == 1.0
    np.testing.assert_array_equal(last.spare_mw, [3.0, 2.0, 2.0])
    np.testing.assert_array_equal(last.safe_load_mw, 10.0)
    # 20 degC and one margin of 3 K; beyond the horizon the 10 degC of the climatological band.
    np.testing.assert_array_equal(last.temperature_bound_c, [23.0, 10.0, 10.0])
    assert (last.binding == code_of(IT_POWER)).all()


def test_a_window_that_requires_too_much_is_shown_at_the_highest_level():
    unsafe = window(requiring(9.0, 9.0, 9.0), 0, 2)
    assert np.isneginf(unsafe.spare_mw).all()
    np.testing.assert_array_equal(unsafe.temperature_bound_c, 26.0)


def test_spare_power_by_level_leaves_out_the_level_that_gets_nothing():
    by_level = windows(requiring(0.0, 0.0, 0.0)).spare_by_level_mw
    np.testing.assert_array_equal(by_level[:, 0, 0], [5.0, 3.0, 1.0])
    assert windows(requiring(0.0, 0.0, 0.0)).highest_level == 2.0
