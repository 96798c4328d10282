"""`fleet serve`: which parts run, and what is refused before anything runs."""

import pytest
from support.commands import assert_refused, runner
from support.service_homes import write_service_home

from fleet.cli import serve_command
from fleet.dashboard import serve
from fleet.service import server


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(write_service_home(tmp_path / "home")))
    return runner(monkeypatch, capsys)


@pytest.fixture
def run(monkeypatch):
    """What was run: the dashboard beside, the API or the loop, or the dashboard alone."""
    ran = []

    class Beside:
        def __enter__(self):
            ran.append("dashboard beside")

        def __exit__(self, *_error):
            ran.append("dashboard ended")

    def part(name):
        return lambda service: (ran.append((name, service.settings.with_loop)), service.ledger.close())

    monkeypatch.setattr(serve_command, "require_free_port", lambda *_words: None)
    monkeypatch.setattr(serve, "started", lambda *_words: Beside())
    monkeypatch.setattr(serve, "serve", lambda *_words: ran.append("dashboard alone") or 0)
    monkeypatch.setattr(server, "run_api", part("api"))
    monkeypatch.setattr(server, "run_loop", part("loop"))
    return ran


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["dashboard beside", ("api", True), "dashboard ended"]),
        (("--no-dashboard",), [("api", True)]),
        (("--no-dashboard", "--no-loop"), [("api", False)]),
        (("--no-dashboard", "--no-api"), [("loop", True)]),
        (("--no-api", "--no-loop"), ["dashboard alone"]),
    ],
)
def test_each_part_can_be_left_out(fleet, run, options, expected):
    assert fleet("serve", *options).code == 0
    assert run == expected


def test_what_cannot_be_served_is_refused(fleet, run):
    assert_refused(fleet("serve", "--no-api", "--no-loop", "--no-dashboard"), "nothing to serve")
    refused = fleet("serve", "--no-dashboard", "--host", "0.0.0.0")  # noqa: S104 (the refusal is tested)
    assert_refused(refused, "fleet token create")
    assert run == []


def test_sources_are_asked_only_if_the_fleet_has_some(fleet, run):
    assert_refused(fleet("serve", "--no-dashboard", "--ingest-minutes", "15"), "the fleet file has no sources")
    assert run == []
