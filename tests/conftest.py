"""What all tests share: the profile of Hypothesis, the process of each test, and a PostgreSQL server where needed."""

import pytest
from hypothesis import Phase, settings
from support.postgres import running_postgres

from fleet.ledger import sqlite_url

# Reproducible, without a data base on disk, and without a stopwatch. The phase that explains a failure traces each
# line, which takes minutes in the planner and has crashed Python 3.11.
settings.register_profile(
    "fleet",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
settings.load_profile("fleet")


@pytest.fixture(autouse=True)
def no_terminal_width(monkeypatch):
    """Tables have all columns, whatever the width of the terminal that runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


# On a fresh machine these tests compile the planner. In one process they compile it once.
_PLANNERS = (
    "tests/replay/",
    "tests/placement/",
    "tests/planner/",
    "tests/docs/test_library.py",
    "tests/contracts/test_policies.py",
    "tests/cli/test_replay_command.py",
    "tests/cli/test_decide_command.py",
)


def pytest_collection_modifyitems(items):
    """Keep the tests of the planner in one process, for `--dist loadgroup`."""
    for item in items:
        if item.nodeid.startswith(_PLANNERS):
            item.add_marker(pytest.mark.xdist_group("planner"))


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
