"""The rule for a breach: the actual load is above the load that every limit allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.actuals.breach import can_judge, is_breach
from fleet.units import ROUNDING_MW

# NaN stands for a missing value; infinite safe loads do not exist, because the IT power always limits the load.
loads = st.one_of(st.floats(0, 1e4), st.just(float("nan")))


def test_a_load_above_the_safe_load_is_a_breach():
    load_mw, safe_load_mw = np.array([9.0, 10.0, 10.1]), np.full(3, 10.0)
    np.testing.assert_array_equal(is_breach(load_mw, safe_load_mw), [False, False, True])


def test_a_rounding_error_above_the_safe_load_is_no_breach():
    load_mw = 10.0 + np.array([0.5, 2.0]) * ROUNDING_MW
    np.testing.assert_array_equal(is_breach(load_mw, np.full(2, 10.0)), [False, True])


@pytest.mark.parametrize(("load_mw", "safe_load_mw"), [(np.nan, 10.0), (11.0, np.nan), (np.nan, np.nan)])
def test_an_hour_with_a_missing_value_cannot_be_judged_and_is_no_breach(load_mw, safe_load_mw):
    assert not is_breach(np.array([load_mw]), np.array([safe_load_mw]))[0]
    assert not can_judge(np.array([load_mw]), np.array([safe_load_mw]))[0]


def test_the_answer_has_the_shape_of_the_hours():
    load_mw, safe_load_mw = np.full((2, 3), 11.0), np.full((2, 3), 10.0)
    safe_load_mw[1, 2] = np.nan
    np.testing.assert_array_equal(is_breach(load_mw, safe_load_mw), [[True, True, True], [True, True, False]])
    np.testing.assert_array_equal(can_judge(load_mw, safe_load_mw), [[True, True, True], [True, True, False]])


@given(loads, loads, st.floats(0, 100))
def test_every_breach_can_be_judged_and_more_load_never_ends_a_breach(load_mw, safe_load_mw, more_mw):
    load, safe_load = np.array([load_mw]), np.array([safe_load_mw])
    if is_breach(load, safe_load)[0]:
        assert can_judge(load, safe_load)[0]
        assert is_breach(load + more_mw, safe_load)[0]
