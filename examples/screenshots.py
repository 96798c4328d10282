"""A picture of each view: python examples/screenshots.py HOME OUT

HOME is a workspace that `fleet demo` has filled; OUT gets the PNG files. Needs the developers' environment (`make test`
makes it) and Debian's Chromium.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from fleet.dashboard.serve import HOME_VARIABLE, command

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
VIEWS = {
    "risk": "forecast_and_risk",
    "water": "carbon_vs_water",
    "outcome": "scheduler_outcome",
    "promise": "does_it_hold",
}
SIZE = {"width": 1400, "height": 900}
PATIENCE_S = 60
SETTLED_MS = 2_000


def main(home: Path, out: Path) -> None:
    """Serve the workspace, take the pictures, end the server."""
    out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(command(port), env={**os.environ, HOME_VARIABLE: str(home.resolve())}) as server:  # noqa: S603
        try:
            wait_for(port)
            photograph(port, out)
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    """Raises: TimeoutError if the server does not answer."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
        except urllib.error.URLError:
            time.sleep(0.25)
        else:
            return
    raise TimeoutError(f"the dashboard did not answer within {PATIENCE_S} s")


def photograph(port: int, out: Path) -> None:
    """One PNG a view."""
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        for view, name in VIEWS.items():
            page.goto(f"http://127.0.0.1:{port}/?view={view}")
            page.get_by_test_id("stPlotlyChart").first.wait_for(timeout=1_000 * PATIENCE_S)
            if view == "outcome":
                page.get_by_text("Enable Project Forge Logic").click()
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
