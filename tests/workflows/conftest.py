"""What the tests of workflows share."""

import pytest
from support.prepared_once import keep_few_states, prepare_equal_inputs_once

from fleet.storage.workspace import Workspace


@pytest.fixture(autouse=True)
def quick_hours(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)
    keep_few_states(monkeypatch)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """A key for the source whose answers the tests of feeds imitate."""
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", "k")


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace."""
    return Workspace(tmp_path / "home")
