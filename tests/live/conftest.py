"""The ledger of a live fleet."""

import pytest
from support.prepared_once import prepare_equal_inputs_once

from fleet.ledger import Ledger, sqlite_url


@pytest.fixture(autouse=True)
def quick_hours(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield ledger
    ledger.close()
