"""A row with a wrong year costs no memory."""

import tracemalloc

import numpy as np
import pytest
from support.builders import hours_from

from fleet.domain.time_hole import refuse_hole
from fleet.errors import DataError


@pytest.mark.parametrize("lone", ["1970-01-01T00", "2026-01-01T00", "2099-12-31T23", "9999-12-31T23"])
def test_a_row_years_from_the_others_is_named(lone):
    hours = np.insert(hours_from("2024-01-01T00", 5_000), 70, np.datetime64(lone, "h"))
    tracemalloc.start()
    with pytest.raises(DataError, match=f"t: row 70 is at {lone}"):
        refuse_hole(hours, where="t")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_the_smaller_side_of_the_hole_is_named():
    early, late = hours_from("2010-01-01T00", 3), hours_from("2024-01-01T00", 500)
    with pytest.raises(DataError, match="row 502 is at 2010-01-01T02:00Z, and its neighbour in time is at 2024-01-01"):
        refuse_hole(np.concatenate([late, early]), where="t")


def test_a_hole_of_a_year_and_two_long_periods_are_accepted():
    refuse_hole(np.concatenate([hours_from("2022-12-31T00", 24), hours_from("2024-01-01T00", 9)]), where="t")
    refuse_hole(np.concatenate([hours_from("2019-01-01T00", 4_000), hours_from("2024-01-01T00", 4_000)]), where="t")


def test_two_periods_decades_apart_are_refused_because_the_hole_costs_too_much():
    with pytest.raises(DataError, match="no hole of more than a year"):
        refuse_hole(np.concatenate([hours_from("1970-01-01T00", 4_000), hours_from("2024-01-01T00", 4_000)]), where="t")
