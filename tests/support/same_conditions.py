"""Compares conditions to the last bit."""

import numpy as np

from fleet.domain.conditions import Conditions


def assert_same_conditions(conditions: Conditions, expected: Conditions, message: str = "") -> None:
    """Fail at the first quantity that differs."""
    for name in Conditions.QUANTITIES:
        np.testing.assert_array_equal(getattr(conditions, name), getattr(expected, name), err_msg=f"{message} {name}")
