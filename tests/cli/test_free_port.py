"""A port that cannot be used is told before anything else is done."""

import socket

import pytest
from support.commands import assert_refused, runner

from fleet.cli.free_port import require_free_port
from fleet.errors import ConfigError


@pytest.fixture
def used_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("words", "port_option"),
    [
        (("demo",), "--port"),
        (("serve", "--no-dashboard"), "--port"),
        (("serve", "--no-api"), "--dashboard-port"),
        (("serve", "--no-api", "--no-loop"), "--dashboard-port"),
    ],
)
def test_a_used_port_is_refused_before_the_workspace_is_made(
    words, port_option, used_port, monkeypatch, capsys, tmp_path
):
    fleet = runner(monkeypatch, capsys)
    refused = fleet(*words, port_option, used_port, "--home", tmp_path / "home")
    assert_refused(refused, f"port {used_port} of 127.0.0.1 is in use", f"give another with {port_option}")
    assert not (tmp_path / "home").exists()


def test_a_port_is_free_again_when_its_server_has_ended():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # The end of a connection leaves the port in TIME_WAIT.
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    require_free_port("127.0.0.1", port, "--port")


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ConfigError, match=r"cannot listen on port 8080 of 192\.0\.2\.1"):
        require_free_port("192.0.2.1", 8_080, "--port")
    with pytest.raises(ConfigError, match="no known name or address"):
        require_free_port("no such name", 8_080, "--port")
