import numpy as np
import pytest

from fleet.errors import DataError
from fleet.placement.array_check import require_array, require_number, require_range, require_whole


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 2.0], "power has the type list, expected a NumPy array of float64"),
        (np.ma.masked_invalid([1.0, np.nan]), "power has the type MaskedArray"),
        (np.ones(2, dtype=np.float32), "power holds float32, expected float64; convert it with astype"),
        (np.ones(2, dtype=">f8"), "power holds >f8, expected float64"),
        (np.ones((1, 2)), r"power has shape \(1, 2\), expected shape \(2,\)"),
    ],
)
def test_an_array_of_another_type_or_shape_is_refused(values, message):
    with pytest.raises(DataError, match=message):
        require_array("power", values, np.float64, (2,))


def test_the_number_of_dimensions_may_stand_for_the_shape():
    require_array("power", np.ones((2, 3)), np.float64, 2)
    with pytest.raises(DataError, match="expected 2 dimensions"):
        require_array("power", np.ones(2), np.float64, 2)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, np.inf, -np.inf])
def test_the_first_value_outside_the_range_is_named_with_its_place(wrong):
    with pytest.raises(DataError, match=f"share is {wrong:g} at 2, expected 0 to 1"):
        require_range("share", np.array([0.0, 1.0, wrong, wrong]), 0.0, 1.0, "0 to 1")
    with pytest.raises(DataError, match=r"share is .* at \(1, 0\)"):
        require_range("share", np.array([[0.0, 1.0], [wrong, 0.0]]), 0.0, 1.0, "0 to 1")


def test_the_ends_of_the_range_pass_and_so_does_an_array_without_values():
    require_range("share", np.array([0.0, 1.0]), 0.0, 1.0, "0 to 1")
    require_range("share", np.empty(0), 0.0, 1.0, "0 to 1")


HUGE = 10**400


@pytest.mark.parametrize("wrong", [None, "1", True, np.nan, -1, HUGE, np.ones(1)])
def test_a_number_of_another_type_or_outside_the_range_is_refused_in_one_short_line(wrong):
    with pytest.raises(DataError) as whole:
        require_whole("start", wrong, 0, 9, "0 to 9")
    with pytest.raises(DataError) as number:
        require_number("power", wrong, 0.0, 9.0, "0 to 9")
    for error in (whole, number):
        assert "expected 0 to 9" in str(error.value)
        assert len(str(error.value)) < 100


def test_numbers_of_python_and_of_numpy_pass():
    for value in (3, np.int64(3), np.int8(3)):
        require_whole("start", value, 0, 9, "0 to 9")
        require_number("power", value, 0.0, 9.0, "0 to 9")
    require_number("power", np.float32(0.5), 0.0, 9.0, "0 to 9")
