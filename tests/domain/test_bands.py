import numpy as np
import pytest

from fleet.domain.bands import Bands
from fleet.errors import DataError


def test_bounds_of_different_shapes_are_refused():
    array = np.zeros((2, 3, 4))
    with pytest.raises(DataError, match="path_upper has shape"):
        Bands(lower=array, upper=array, path_lower=array, path_upper=np.zeros((2, 3, 5)))


def test_of_region_selects_from_the_region_axis():
    grid = np.arange(24.0).reshape(2, 3, 4)
    region = Bands(lower=grid, upper=grid + 100, path_lower=grid, path_upper=grid + 200).of_region(1)
    np.testing.assert_array_equal(region.lower, grid[:, 1])
    np.testing.assert_array_equal(region.path_upper, grid[:, 1] + 200)
