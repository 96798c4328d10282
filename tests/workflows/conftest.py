"""What the tests of workflows share."""

import pytest
from support.prepared_once import prepare_equal_inputs_once


@pytest.fixture(autouse=True)
def quick_hours(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)
