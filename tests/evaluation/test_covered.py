import numpy as np

from fleet.evaluation.covered import covered, path_covered

GAP = np.nan
ACTUAL, LOWER, UPPER = np.array([[1.0, GAP], [1.0, 2.0], [1.0, 3.0]]), np.zeros((3, 2)), np.full((3, 2), 2.0)


def test_an_hour_is_covered_inside_and_on_the_bounds_and_unknown_in_a_gap():
    np.testing.assert_array_equal(covered(ACTUAL, LOWER, UPPER), [[1, GAP], [1, 1], [1, 0]])


def test_a_path_is_covered_if_all_hours_are_and_unknown_with_a_gap():
    np.testing.assert_array_equal(path_covered(ACTUAL, LOWER, UPPER), [GAP, 1, 0])
