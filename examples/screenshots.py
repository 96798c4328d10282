"""Take a picture of each page of the command center: python examples/screenshots.py HOME OUT

HOME is a workspace that `fleet demo` has filled. The PNG files go to OUT: `docs/images` holds the pictures of the docs.
Needs the developers' environment, which `make test` makes, and Debian's Chromium.
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
# What the address says -> file name of the picture.
VIEWS = {
    "page=now": "now",
    "page=risk": "forecast_and_risk",
    "page=water": "carbon_vs_water",
    "page=outcome&logic=true": "scheduler_outcome",
    "page=decisions&verdict=deny&order=power": "decisions",
    "page=evidence": "does_it_hold",
}
SIZE = {"width": 1440, "height": 900}
TIMEOUT_S = 60
SETTLING_MS = 4_000


def main(home: Path, out: Path) -> None:
    """Serve the workspace, take the pictures and end the server."""
    out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(command(port), env={**os.environ, HOME_VARIABLE: str(home.resolve())}) as server:  # noqa: S603
        try:
            wait_for_server(port)
            take_pictures(port, out)
        finally:
            server.terminate()


def wait_for_server(port: int) -> None:
    """Wait until the server answers. Raises: TimeoutError if the server does not answer in time."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
        except urllib.error.URLError:
            time.sleep(0.25)
        else:
            return
    raise TimeoutError(f"the dashboard did not answer within {TIMEOUT_S} s")


def take_pictures(port: int, out: Path) -> None:
    """Write one PNG file for each page."""
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        for view, name in VIEWS.items():
            page.goto(f"http://127.0.0.1:{port}/?{view}")
            page.get_by_role("heading", level=1).wait_for(timeout=1_000 * TIMEOUT_S)
            page.wait_for_timeout(SETTLING_MS)
            page.screenshot(path=out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
