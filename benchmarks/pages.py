"""Measures the pages in a real browser on a warm server: first paint, page change, plan at other prices, memory.

`FLEET_BENCH_HOME` names a workspace that `fleet demo` has filled. The same is measured with ten times as many regions,
which are copies. The column "quality ours" has the CPU seconds of the server, which other work on the machine changes
less. The peer of each case is its target; a ratio above 1 is faster than the target. `FLEET_BENCH_SESSIONS` sets the
number of sessions.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from harness import Row, publish
from playwright.sync_api import Browser, Page, sync_playwright

from fleet.dashboard.serve import HOME_VARIABLE, command
from fleet.fleets import dump_fleet, load_fleet
from fleet.storage.workspace import Workspace

HOME = os.environ.get("FLEET_BENCH_HOME", "")
SESSIONS = int(os.environ.get("FLEET_BENCH_SESSIONS", "20"))
COPIES, REPEATS, TIMEOUT_MS = 10, 5, 60_000
FIRST_PAINT_S, PAGE_CHANGE_S, PLAN_S, SESSIONS_MB = 1.5, 0.7, 2.0, 1_000.0
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Title in the navigation -> the heading of the page, and whether the page draws figures.
PAGES = {
    "Forecast & risk": ("Is the next day safe, and how sure is that?", True),
    "Carbon vs water": ("When is power clean, and where does it cost water?", True),
    "Scheduler outcome": ("What does the scheduler change?", True),
    "Decisions": ("What was decided, and why?", False),
    "Evidence": ("Does the promise hold?", True),
    "Now": ("What is risky now, and what needs me?", True),
}
IDLE = "() => document.querySelector('.stApp')?.getAttribute('data-test-script-state') === 'notRunning'"
# The page is there once the heading stands, the script has ended and a figure is drawn.
READY = """([heading, drawn]) => document.querySelector('h1')?.innerText.trim() === heading
  && document.querySelector('.stApp')?.getAttribute('data-test-script-state') === 'notRunning'
  && (!drawn || [...document.querySelectorAll('.js-plotly-plot')].some(plot => plot.querySelector('.main-svg')))"""


class Server:
    """The server of a workspace, and what it has used."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {**os.environ, HOME_VARIABLE: str(home)}
        self.process = subprocess.Popen(command(self.port), env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        self.address = f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until the server answers."""
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=30)  # noqa: S310
            except OSError:
                time.sleep(0.25)
            else:
                return
        raise SystemExit("the server ended before it answered")

    def cpu_s(self) -> float:
        """Return the CPU seconds of the server so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Return the memory that the server holds [MB]."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1_000


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Serve a workspace and end the server at the end."""
    server = Server(home)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def many_regions(home: Path, folder: Path) -> Path:
    """Write a workspace whose regions are COPIES copies of those of another one. It has neither ledger nor evidence."""
    given, made = Workspace(home), Workspace(folder)
    (folder / "views").mkdir(parents=True)
    fleet = load_fleet(given.fleet)
    regions = [
        region.model_copy(
            update={
                "id": f"{region.id}-{number}",
                "name": f"{region.name.split(' (')[0]} {number}",
                "longitude_deg": (region.longitude_deg + 180 + 33 * number) % 360 - 180,
            }
        )
        for number in range(COPIES)
        for region in fleet.regions
    ]
    made.fleet.write_text(dump_fleet(fleet.model_copy(update={"regions": tuple(regions)})), encoding="utf-8")
    for name in ("telemetry", "risk", "headroom", "footprint"):
        table = pl.read_parquet(getattr(given, name))
        copies = [table.with_columns(pl.col("region") + f"-{number}") for number in range(COPIES)]
        pl.concat(copies).write_parquet(getattr(made, name))
    shutil.copy(given.replay, made.replay)
    return folder


def opened(browser: Browser, server: Server, page_id: str) -> tuple[Page, float]:
    """Open a page in a session of its own. Returns: the page, and the seconds until it stands."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(TIMEOUT_MS)
    started = time.perf_counter()
    page.goto(f"{server.address}/?page={page_id}&logic=true")
    page.get_by_role("heading", level=1).wait_for()
    painted = time.perf_counter() - started
    page.wait_for_function(IDLE)
    return page, painted


def change(page: Page, title: str) -> None:
    """Go to another page and wait until it stands."""
    page.locator(".st-key-navigation").get_by_text(title, exact=True).click()
    page.wait_for_function(READY, arg=list(PAGES[title]))


def plan_again(page: Page) -> None:
    """Move the price of carbon by one step and wait for the plan."""
    slider = page.locator(".st-key-carbon_usd input[type=range]")
    before = slider.input_value()
    slider.press("ArrowRight")
    page.wait_for_function(
        """before => document.querySelector('.st-key-carbon_usd input[type=range]').value !== before
          && document.querySelector('.stApp').getAttribute('data-test-script-state') === 'running'""",
        arg=before,
    )
    page.wait_for_function(IDLE)


def measured(case: str, target_s: float, server: Server, act: Callable[[], float | None]) -> Row:
    """Return the median seconds of an act. It may return its own seconds."""
    seconds, begin = [], server.cpu_s()
    for _ in range(REPEATS):
        started = time.perf_counter()
        own = act()
        seconds.append(time.perf_counter() - started if own is None else own)
    median, cpu_s = statistics.median(seconds), (server.cpu_s() - begin) / REPEATS
    return Row(
        case=case,
        ours_s=median,
        peer="target",
        peer_s=target_s,
        ratio=target_s / median,
        quality_ours=cpu_s,
        quality_peer=None,
    )


def page_rows(browser: Browser, server: Server, kind: str, *, is_whole: bool) -> list[Row]:
    """Measure each page once it was shown before.

    Args:
        is_whole: the workspace has a ledger and evidence.
    """
    titles = [title for title in PAGES if is_whole or title != "Evidence"]
    page, _ = opened(browser, server, "now")
    for title in titles:
        change(page, title)

    def first_paint() -> float:
        other, painted = opened(browser, server, "now")
        other.context.close()
        return painted

    def there_and_back(title: str) -> float:
        change(page, "Now" if title != "Now" else "Decisions")
        started = time.perf_counter()
        change(page, title)
        return time.perf_counter() - started

    rows = [measured(f"{kind}: first paint", FIRST_PAINT_S, server, first_paint)]
    # The browser draws nothing on a page behind another one.
    page.bring_to_front()
    rows += [
        measured(f"{kind}: to {title}", PAGE_CHANGE_S, server, lambda title=title: there_and_back(title))
        for title in titles
    ]
    if is_whole:
        change(page, "Scheduler outcome")
        plan_again(page)
        rows.append(measured(f"{kind}: plan at another price", PLAN_S, server, lambda: plan_again(page)))
    page.context.close()
    return rows


def sessions_mb(browser: Browser, server: Server) -> float:
    """Return the memory of the server while SESSIONS sessions are open, each on another page."""
    pages = [opened(browser, server, page_id)[0] for page_id in _page_ids(SESSIONS)]
    resident = server.resident_mb()
    for page in pages:
        page.context.close()
    return resident


def _page_ids(count: int) -> list[str]:
    ids = ("now", "risk", "water", "outcome", "decisions", "evidence")
    return [ids[number % len(ids)] for number in range(count)]


def main() -> None:
    """Measure and print."""
    if not (HOME and Path(CHROMIUM).exists()):
        print(f"nothing is measured: set FLEET_BENCH_HOME to the workspace of a demo, and install {CHROMIUM}")
        sys.exit(0)
    home = Path(HOME).resolve()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with serving(home) as server:
            rows = page_rows(browser, server, "3 regions", is_whole=True)
            resident_mb = sessions_mb(browser, server)
        with serving(many_regions(home, Path(folder) / "many")) as server:
            rows += page_rows(browser, server, f"{3 * COPIES} regions", is_whole=False)
        browser.close()
    publish("pages", rows, ["streamlit", "plotly"], sessions=SESSIONS, sessions_mb=resident_mb, target_mb=SESSIONS_MB)
    print(f"{SESSIONS} sessions: the server holds {resident_mb:,.0f} MB; the target is {SESSIONS_MB:,.0f} MB")


if __name__ == "__main__":
    main()
