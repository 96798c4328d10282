"""A ledger in a file."""

import pytest

from fleet.ledger import Ledger, sqlite_url


@pytest.fixture
def url(tmp_path):
    return sqlite_url(tmp_path / "ledger.sqlite")


@pytest.fixture
def ledger(url):
    ledger = Ledger(url)
    yield ledger
    ledger.close()
