import numpy as np
import pytest

from fleet.domain.bands import Bands
from fleet.errors import DataError


def test_bounds_of_different_shapes_are_refused():
    good = np.zeros((2, 3, 4))
    with pytest.raises(DataError, match="path_upper has shape"):
        Bands(lower=good, upper=good, path_lower=good, path_upper=np.zeros((2, 3, 5)))


def test_of_region_takes_the_middle_axis():
    grid = np.arange(24.0).reshape(2, 3, 4)
    one = Bands(lower=grid, upper=grid + 100, path_lower=grid, path_upper=grid + 200).of_region(1)
    np.testing.assert_array_equal(one.lower, grid[:, 1])
    np.testing.assert_array_equal(one.path_upper, grid[:, 1] + 200)
