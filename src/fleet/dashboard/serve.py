"""Serves the dashboard in its own process, on loopback."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from fleet.dashboard import theme
from fleet.errors import ConfigError

HOME_VARIABLE = "FLEET_HOME"
# Variable with further allowed names of the host, separated by commas. Loopback names are always allowed.
HOSTS_VARIABLE = "FLEET_DASHBOARD_HOSTS"
# No usage statistics, no developer menu, no watching of files. Without a base theme, the browser's wish decides between
# light and dark, and the menu at the top right has a switch.
STREAMLIT_FLAGS = (
    *("--server.address", "127.0.0.1"),
    *("--server.headless", "true"),
    *("--server.fileWatcherType", "none"),
    *("--browser.gatherUsageStats", "false"),
    *("--client.toolbarMode", "viewer"),
    *("--client.showErrorDetails", "none"),
    *("--theme.light.primaryColor", theme.FORECAST),
    *("--theme.light.textColor", theme.INK),
    *("--theme.light.backgroundColor", theme.PAGE),
    *("--theme.light.secondaryBackgroundColor", theme.SURFACE),
    *("--theme.dark.primaryColor", theme.DARK_FORECAST),
    *("--theme.dark.textColor", theme.DARK_INK),
    *("--theme.dark.backgroundColor", theme.DARK_PAGE),
    *("--theme.dark.secondaryBackgroundColor", theme.DARK_SURFACE),
)
_GRACE_S = 10.0
_NAME = re.compile(r"[A-Za-z0-9.-]+")


def command(port: int) -> list[str]:
    """Return the command line that serves the dashboard on a loopback port."""
    app = Path(__file__).with_name("guarded_app.py")
    return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), *STREAMLIT_FLAGS]


def dashboard_alone(home: Path, port: int) -> list[str]:
    """Return the command line that serves the dashboard of a workspace, without API and without new decisions."""
    words = ("serve", "--no-api", "--no-loop", "--home", str(home), "--dashboard-port", str(port))
    return [sys.executable, "-m", "fleet.cli", *words]


def replace_process(home: Path, port: int) -> NoReturn:
    """Serve a workspace in place of this process. The system then gets back the memory of a demo or replay."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, dashboard_alone(home, port))  # noqa: S606


def serve(home: Path, port: int, names: Sequence[str] = ()) -> int:
    """Serve a workspace until the server ends. SIGINT (Ctrl-C) and SIGTERM are passed on to the server.

    Args:
        home: folder of the workspace.
        port: port on loopback.
        names: further allowed names of the host, such as the name of a proxy on this machine.
    Returns: the exit code of the server.
    Raises: ConfigError for a name that is not the name of one host.
    """
    with _started(home, port, names) as server, _signals_passed_on(server):
        return server.wait()


@contextmanager
def started(home: Path, port: int, names: Sequence[str] = ()) -> Iterator[None]:
    """Serve a workspace beside this process, and end the server at the end. Arguments and errors as for `serve`."""
    with _started(home, port, names) as server:
        try:
            yield
        finally:
            server.terminate()
            try:
                server.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                server.kill()


def _started(home: Path, port: int, names: Sequence[str]) -> subprocess.Popen[bytes]:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"--allowed-host is {name!r}, expected the name of one host without a port")
    environment = {**os.environ, HOME_VARIABLE: str(home.resolve()), HOSTS_VARIABLE: ",".join(names)}
    return subprocess.Popen(command(port), env=environment)  # noqa: S603


@contextmanager
def _signals_passed_on(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGINT and SIGTERM on to the server, so that this process does not end before the server does.

    Python handles signals in the main thread only; in another thread nothing is passed on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # A server that does not end within _GRACE_S after the first signal is killed.
    killer = threading.Timer(_GRACE_S, server.kill)

    def pass_on(number: int, _: FrameType | None) -> None:
        server.send_signal(number)
        if not killer.is_alive():
            killer.start()

    handlers = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        killer.cancel()
        for number, handler in handlers.items():
            signal.signal(number, handler)
