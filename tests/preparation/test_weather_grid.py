import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.preparation.weather_grid import DEW_POINTS_C, TEMPERATURES_C, at_or_above, cell

DUST_K = 1e-9
GRIDS = pytest.mark.parametrize("grid", [TEMPERATURES_C, DEW_POINTS_C])


@GRIDS
@given(value=st.floats(-200, 200))
def test_weather_is_rounded_up_by_less_than_a_step_or_has_no_place(grid, value):
    (found,) = at_or_above(np.array([value]), grid)
    if value > grid[-1] + DUST_K:
        assert np.isnan(found)
        assert cell(np.array([value]), grid)[0] == len(grid)
    else:
        assert found in grid
        assert max(value, grid[0]) - DUST_K <= found < max(value, grid[0]) + 0.25


@GRIDS
def test_a_grid_point_is_its_own_place(grid):
    np.testing.assert_array_equal(at_or_above(grid, grid), grid)
