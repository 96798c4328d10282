"""Serves the dashboard in its own process, on loopback."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fleet.dashboard import theme

HOME_VARIABLE = "FLEET_HOME"
# No usage statistics, no developer menu, no watching of files. The theme stays light, whatever the browser prefers.
STREAMLIT_FLAGS = (
    *("--server.address", "127.0.0.1"),
    *("--server.headless", "true"),
    *("--server.fileWatcherType", "none"),
    *("--browser.gatherUsageStats", "false"),
    *("--client.toolbarMode", "viewer"),
    *("--client.showErrorDetails", "none"),
    *("--theme.base", "light"),
    *("--theme.primaryColor", theme.FORECAST),
    *("--theme.textColor", theme.INK),
)
_GRACE_S = 10.0


def command(port: int) -> list[str]:
    """Return the command line that serves the dashboard on a loopback port."""
    app = Path(__file__).with_name("app.py")
    return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), *STREAMLIT_FLAGS]


def serve(home: Path, port: int) -> int:
    """Serve a workspace until the server ends. SIGINT (Ctrl-C) and SIGTERM are passed on to the server.

    Returns: the exit code of the server.
    """
    environment = {**os.environ, HOME_VARIABLE: str(home.resolve())}
    with subprocess.Popen(command(port), env=environment) as server, _signals_passed_on(server):  # noqa: S603
        return server.wait()


@contextmanager
def _signals_passed_on(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass signals on to the server, so that this process does not end before the server does.

    Only the main thread can pass signals on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # A server that does not end within the grace time is killed.
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
