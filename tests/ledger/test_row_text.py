import json

import pytest

from fleet.ledger.row_text import SharedRowText, row_text

VALUES = {
    "reason": 'Wärme "now"\n',
    "bound": 1e-05,
    "large": 1e16,
    "nothing": None,
    "yes": True,
    "count": 3,
    "infinite": float("inf"),
    "cell": {"b": [1.5, None], "a": "é"},
    "many": [{"z": 1, "a": 2}],
}


def test_the_text_of_a_row_is_json_with_sorted_keys():
    assert row_text({"b": 1, "a": {"d": 1.0, "c": None}}) == '{"a":{"c":null,"d":1.0},"b":1}'


def test_rows_that_share_their_cells_have_the_text_that_each_has_alone():
    write, rows = SharedRowText(), [{**VALUES, "id": name, "seq": index} for index, name in enumerate("abc")]
    assert [write(row) for row in rows] == [row_text(row) for row in rows]


@pytest.mark.parametrize("rows", [[{}, {}], [{"id": "a"}, {"id": "b"}]])
def test_rows_without_cells_have_their_text(rows):
    write = SharedRowText()
    assert [write(row) for row in rows] == [row_text(row) for row in rows]


def test_rows_with_equal_and_with_other_cells_may_be_mixed():
    first, second, write = {"cell": {"a": 1}}, {"cell": {"a": 2}}, SharedRowText()
    texts = [write(row) for row in (first, second, first, second)]
    assert [json.loads(text) for text in texts] == [first, second, first, second]
