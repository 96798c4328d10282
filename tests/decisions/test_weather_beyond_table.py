"""Which weather bound lies beyond the table: at the level of the window, or at that of the grid."""

import numpy as np
import pytest

from fleet.decisions.weather_beyond_table import beyond_table
from fleet.decisions.window_headroom import Window
from fleet.physics.limits import UNKNOWN, code_of


def window(temperature_c, dew_point_c, *, margin_k=0.0, level=1.0) -> Window:
    """Return a window of one hour in which nothing is safe."""
    return Window(
        weather_required=level,
        load_required=level,
        spare_mw=np.array([-5.0]),
        safe_load_mw=np.zeros(1),
        binding=np.array([code_of(UNKNOWN)], dtype=np.int8),
        temperature_bound_c=np.array([temperature_c + level * margin_k]),
        weather_level=level,
        forecast_c=np.array([[temperature_c], [dew_point_c]]),
        margin_k=np.full((2, 1), margin_k),
    )


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (window(61.0, 10.0), (61.0, 60.0, "degC")),
        (window(40.0, 36.5), (36.5, 35.0, "degC dew point")),
        (window(61.0, 36.5), (61.0, 60.0, "degC")),
        (window(50.0, 20.0, margin_k=11.0), (61.0, 60.0, "degC")),
        # At one margin both are in the table. The grid is held at 2.5: 30 + 2.5 * 3 is 37.5 degC.
        (window(40.0, 30.0, margin_k=3.0), (37.5, 35.0, "degC dew point")),
        # Above 2.5 margins the grid is held at the level of the window.
        (window(50.0, 20.0, margin_k=3.0, level=4.0), (62.0, 60.0, "degC")),
        (window(60.0, 35.0), None),
        (window(np.nan, np.nan), None),
        (window(40.0, 20.0, margin_k=np.inf), None),
    ],
)
def test_the_bound_that_leaves_the_table_is_named_with_the_edge(hour, expected):
    assert beyond_table(hour, 0) == expected
