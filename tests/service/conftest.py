"""A service on a small workspace."""

import pytest
from support.prepared_once import keep_few_states, prepare_equal_inputs_once
from support.service_homes import Clock, client_of, open_service, write_service_home

from fleet.workflows.open_workspace import DATABASE_VARIABLE


@pytest.fixture(autouse=True)
def quick_hours(monkeypatch):
    prepare_equal_inputs_once(monkeypatch)
    keep_few_states(monkeypatch)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def home(tmp_path):
    return write_service_home(tmp_path / "home")


@pytest.fixture
def service(home, clock, ledger_url, monkeypatch):
    monkeypatch.setenv(DATABASE_VARIABLE, ledger_url)
    service = open_service(home, clock)
    yield service
    # A connection that is only collected as garbage warns, and fails whatever test runs then.
    service.ledger.close()


@pytest.fixture
def client(service):
    with client_of(service) as client:
        service.loop.tick()
        yield client
