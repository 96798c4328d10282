import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, at_or_above, cell

ROUNDING_K = 1e-9
GRIDS = pytest.mark.parametrize("grid", [TEMPERATURES_C, DEW_POINTS_C])


@GRIDS
@given(value=st.floats(-200, 200))
def test_weather_is_rounded_up_by_less_than_a_step_and_is_nan_above_the_grid(grid, value):
    (rounded,) = at_or_above(np.array([value]), grid)
    if value > grid[-1] + ROUNDING_K:
        assert np.isnan(rounded)
        assert cell(np.array([value]), grid)[0] == len(grid)
    else:
        assert rounded in grid
        assert max(value, grid[0]) - ROUNDING_K <= rounded < max(value, grid[0]) + 0.25


@GRIDS
def test_a_grid_point_is_not_rounded(grid):
    np.testing.assert_array_equal(at_or_above(grid, grid), grid)
