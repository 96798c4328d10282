import numpy as np
import pytest

from fleet.errors import DataError
from fleet.planner.transfers import Transfers


@pytest.mark.parametrize(
    ("array", "words"),
    [
        ([[0, 1]], r"shape \(1, 2\), expected \(home, region\)"),
        ([[0, -1], [1, 0]], "expected zero or more"),
        ([[0, np.nan], [1, 0]], "expected zero or more"),
        ([["a", "b"], ["c", "d"]], "holds no numbers"),
    ],
)
def test_a_wrong_array_is_refused(array, words):
    for name in ("usd_per_gb", "h_per_gb"):
        with pytest.raises(DataError, match=words):
            Transfers(**{name: array})


def test_an_infinite_cost_is_refused_and_an_infinite_time_is_not():
    pairs = [[0, np.inf], [1, 0]]
    with pytest.raises(DataError, match="expected zero or more"):
        Transfers(usd_per_gb=pairs)
    assert np.isinf(Transfers(h_per_gb=pairs).between(2)[1][0, 1])


def test_data_at_home_do_not_move_and_the_array_is_copied():
    pairs = np.ones((2, 2))
    usd, hours = Transfers(usd_per_gb=pairs).between(2)
    assert usd.tolist() == [[0, 1], [1, 0]]
    assert not hours.any()
    assert pairs.all()
