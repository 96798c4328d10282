"""The pages in a process of their own, on loopback."""

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
# No statistics, no menu for developers, no watching of files; one light look whatever the browser prefers.
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
_PATIENCE_S = 10.0


def command(port: int) -> list[str]:
    """The command line that serves the pages on a loopback port."""
    app = Path(__file__).with_name("app.py")
    return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), *STREAMLIT_FLAGS]


def serve(home: Path, port: int) -> int:
    """Serve a workspace in the foreground until it ends, or until Ctrl-C or a request to end, which it passes on.

    Returns: the exit code of the server.
    """
    environment = {**os.environ, HOME_VARIABLE: str(home.resolve())}
    with subprocess.Popen(command(port), env=environment) as child, _passing_on(child):  # noqa: S603
        return child.wait()


@contextmanager
def _passing_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass interrupts on to the child instead of dying before it; only a main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # One that will not end is ended.
    killer = threading.Timer(_PATIENCE_S, child.kill)

    def end(number: int, _: FrameType | None) -> None:
        child.send_signal(number)
        if not killer.is_alive():
            killer.start()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        killer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
