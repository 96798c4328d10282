"""How often a function is compiled."""

from fleet.compiled import compiled


@compiled
def _doubled(number, is_added):
    return number + number if is_added else 2 * number


@compiled
def _sum_of_calls(number, is_added):
    return _doubled(number, is_added) + _doubled(3, True) + _doubled(-1, False)


def test_constants_and_variables_share_one_compiled_function():
    assert _sum_of_calls(5, True) == 14
    assert len(_doubled.signatures) == 1
