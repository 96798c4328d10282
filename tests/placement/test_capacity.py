import numpy as np
import pytest

from fleet import units
from fleet.placement.capacity import Capacity, exceeds, fits, reserve


@pytest.mark.parametrize("above_limit_mw", [-1.0, 0.0, 0.5e-9, 2e-9, 1.0])
def test_the_compiled_rule_is_the_rule_of_the_package(above_limit_mw):
    load_mw = 3.0 + above_limit_mw
    assert exceeds(load_mw, 3.0) == units.exceeds(load_mw, 3.0) == (above_limit_mw > units.ROUNDING_MW)


def test_any_load_exceeds_a_limit_of_minus_infinity():
    assert exceeds(0.0, -np.inf)


def test_a_job_fits_if_its_power_fits_in_every_hour_of_its_window():
    spare_mw, reserved_mw = np.array([3.0, 3.0, 3.0]), np.array([0.0, 1.0, 2.0])
    # 2 MW are left in hour 1, and 1 MW in hour 2.
    assert fits(spare_mw, reserved_mw, 0, 2, 2.0)
    assert not fits(spare_mw, reserved_mw, 0, 3, 2.0)
    assert not fits(spare_mw, reserved_mw, 0, 2, 2.1)


def test_a_released_window_restores_the_capacity():
    capacity = Capacity(np.ones((1, 2, 4)), np.zeros((2, 4)), np.array([5, 5]))
    reserve(capacity, 1, 1, 2, 0.5, 1.0)
    np.testing.assert_array_equal(capacity.reserved_mw, [[0, 0, 0, 0], [0, 0.5, 0.5, 0]])
    assert capacity.most_jobs.tolist() == [5, 4]
    reserve(capacity, 1, 1, 2, -0.5, 1.0)
    assert not capacity.reserved_mw.any()
    assert capacity.most_jobs.tolist() == [5, 5]
