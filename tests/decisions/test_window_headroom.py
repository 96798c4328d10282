"""The headroom of a window: at its own levels within the horizon, and at the bound beyond it."""

from dataclasses import replace

import numpy as np
from support.controllers import caution_of
from support.level_tables import levels_of_loads
from support.sites import prepared_of

from fleet.decisions.level_rows import LevelRows
from fleet.decisions.window_headroom import Window, WindowHeadroom
from fleet.physics.limits import IT_POWER, code_of
from fleet.preparation.prepared import Prepared

HORIZON = 4
HOURS = 8


def prepared_at(weather: list[float], load: list[float]) -> Prepared:
    """Return conditions of one region: 10, 9 and 8 MW are safe, and the load takes 5, 6 and 7 MW, by level.

    Beyond the horizon 2 MW are left.

    Args:
        weather, load: the level that windows of 1, 2 and up to 4 hours require.
    """
    levels = levels_of_loads(
        levels=np.array([0.0, 1.0, 2.0]),
        safe_mw=np.array([10.0, 9.0, 8.0]),
        load_mw=np.array([5.0, 6.0, 7.0]),
        hours=HORIZON,
        weather_required=np.array(weather),
        load_required=np.array(load),
        bucket_h=[1, 2, HORIZON],
    )
    return replace(prepared_of(np.full((1, 1, HORIZON), 3.0)), levels=levels)


def windows(weather: list[float], load: list[float], extra: float = 0.0) -> WindowHeadroom:
    prepared = prepared_at(weather, load)
    return WindowHeadroom(prepared, 0, LevelRows.of(prepared, 0, HOURS, caution_of(1, extra)))


def spare(weather: float, load: float, duration_h: int = 2, extra: float = 0.0) -> np.ndarray:
    """Return the (start, hour of the window) spare power if every window requires the same levels."""
    return windows([weather] * 3, [load] * 3, extra).spare_mw(duration_h)[0]


def test_a_window_gets_the_levels_at_or_above_the_required_ones():
    for weather, load, spare_mw in ((0, 0, 5.0), (0.2, 0, 4.0), (1, 1, 3.0), (0, 1.01, 3.0), (2, 2, 1.0)):
        np.testing.assert_array_equal(spare(weather, load)[0], [spare_mw, spare_mw])


def test_a_window_that_requires_more_than_the_highest_level_gets_nothing():
    for weather, load in ((2.1, 0.0), (0.0, 2.1), (np.inf, np.inf)):
        assert np.isneginf(spare(weather, load)).all()


def test_the_extra_level_is_added_to_both_required_levels():
    np.testing.assert_array_equal(spare(0.5, 0.0, 1, extra=0.5)[0], [3.0])
    np.testing.assert_array_equal(spare(0.5, 0.5, 1, extra=0.51)[0], [1.0])
    assert np.isneginf(spare(0.5, 0.5, 1, extra=4.0)).all()


def test_rows_for_another_caution_are_those_made_with_it():
    prepared = prepared_at([0] * 3, [0] * 3)
    calm, careful = caution_of(1), caution_of(1, 1.0)
    rows = LevelRows.of(prepared, 0, HOURS, calm)
    assert rows.for_caution(prepared, 0, caution_of(1)) is rows
    later = WindowHeadroom(prepared, 0, rows.for_caution(prepared, 0, careful))
    np.testing.assert_array_equal(later.spare_mw(2)[0, 0], [3.0, 3.0])
    np.testing.assert_array_equal(WindowHeadroom(prepared, 0, rows).spare_mw(2)[0, 0], [5.0, 5.0])


def test_the_required_levels_are_those_of_the_hours_within_the_horizon():
    # Windows of 1, 2 and up to 4 hours require levels 0, 1 and 2. The last start has one hour within the horizon.
    spare_mw = windows([0, 1, 2], [0, 1, 2]).spare_mw(3)[0]
    np.testing.assert_array_equal(spare_mw[0], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(spare_mw[2], [3.0, 3.0, 2.0])
    np.testing.assert_array_equal(spare_mw[3], [5.0, 2.0, 2.0])


def window(weather: float, load: float, start: int, duration_h: int) -> Window:
    return windows([weather] * 3, [load] * 3).window(0, start, duration_h)


def test_a_window_shows_the_hours_within_and_beyond_the_horizon():
    last = window(1.0, 0.0, 3, 3)
    assert (last.weather_required, last.load_required, last.required) == (1.0, 0.0, 1.0)
    np.testing.assert_array_equal(last.spare_mw, [4.0, 2.0, 2.0])
    np.testing.assert_array_equal(last.safe_load_mw, [9.0, 10.0, 10.0])
    # 20 degC and one margin of 3 K; beyond the horizon the 10 degC of the climatological band.
    np.testing.assert_array_equal(last.temperature_bound_c, [23.0, 10.0, 10.0])
    assert (last.binding == code_of(IT_POWER)).all()


def test_a_window_that_requires_too_much_is_shown_at_the_highest_level():
    unsafe = window(9.0, 0.0, 0, 2)
    assert np.isneginf(unsafe.spare_mw).all()
    assert unsafe.weather_level == 2.0
    np.testing.assert_array_equal(unsafe.temperature_bound_c, 26.0)


def test_spare_power_by_level_has_weather_and_load_at_the_same_level():
    by_level = windows([0, 0, 0], [0, 0, 0]).spare_by_level_mw
    np.testing.assert_array_equal(by_level[:, 0, 0], [5.0, 3.0, 1.0])
    np.testing.assert_array_equal(by_level[:, 0, HORIZON], [2.0, 2.0, 2.0])
    assert windows([0, 0, 0], [0, 0, 0]).highest_level == 2.0
