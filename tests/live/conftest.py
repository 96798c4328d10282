"""The ledger of a live fleet."""

import pytest

from fleet.ledger import Ledger, sqlite_url


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    yield ledger
    ledger.close()
