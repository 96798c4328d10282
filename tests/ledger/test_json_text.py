"""JSON of the ledger's cells: what is written is read back as the same value, and as the standard library reads it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from fleet.ledger.json_text import from_json_text, to_json_text

PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(PLAIN | TEXTS, lambda some: st.lists(some) | st.dictionaries(TEXTS, some), max_leaves=10)


@given(VALUES)
def test_a_value_is_read_back_as_it_was_written(value):
    text = to_json_text(value)
    assert repr(from_json_text(text)) == repr(value) == repr(json.loads(text))


@given(VALUES)
def test_texts_of_the_standard_library_are_read_alike(value):
    assert repr(from_json_text(json.dumps(value))) == repr(value)
