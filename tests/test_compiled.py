"""How often a function is compiled."""

from numba import types

from fleet.compiled import compiled


@compiled
def _doubled(number, is_added):
    return number + number if is_added else 2 * number


def test_constants_and_variables_share_one_compiled_function():
    for number, is_added in ((types.int64, types.boolean), (types.literal(3), types.literal(True))):
        _doubled.get_call_template([number, is_added], {})
    assert len(_doubled.signatures) == 1
