"""An empty ledger in each database that can hold one."""

import pytest

from fleet.ledger import Ledger


@pytest.fixture
def url(ledger_url):
    return ledger_url


@pytest.fixture
def ledger(url):
    ledger = Ledger(url)
    yield ledger
    ledger.close()
