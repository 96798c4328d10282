"""What all tests share: the profile of Hypothesis, and a PostgreSQL server for those that need one."""

import pytest
from hypothesis import settings
from support.postgres import running_postgres

from fleet.ledger import sqlite_url

# Reproducible, without a data base on disk, and without a stopwatch.
settings.register_profile("fleet", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("fleet")


@pytest.fixture(scope="session")
def postgres():
    """A server that all tests of one process share. Each test makes a database of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def ledger_url(request, tmp_path):
    """An empty database of each kind that can hold a ledger."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "ledger.sqlite")
    return request.getfixturevalue("postgres").empty_database()
