"""A dashboard on a free port, and what a browser draws of its pages."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.dashboard.serve import dashboard_alone

# All figures of the page. Plotly may pack numbers, so they are turned into plain lists.
PLOTS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => ({
  traces: plot.data.map(trace => ({name: trace.name ?? null, fill: trace.fill ?? null, dash: trace.line?.dash ?? null,
    color: trace.line?.color ?? null, x: [...(trace.x ?? [])], y: [...(trace.y ?? [])]})),
  frames: (plot._transitionData?._frames ?? []).map(frame => frame.data.map(each => each.name)),
  ranges: [[...plot.layout.xaxis.range], [...plot.layout.yaxis.range]],
}))"""

# While the page redraws a chart, the chart is missing for a moment.
HAS_TRACE = """name => [...document.querySelectorAll('.js-plotly-plot')]
  .some(plot => plot.data?.some(trace => trace.name === name))"""
# A figure in a closed box may be drawn, too.
DRAWN = """count => [...document.querySelectorAll('.js-plotly-plot')]
  .filter(plot => plot.data && plot.querySelector('.main-svg')).length >= count"""


def served(home: Path) -> Iterator[str]:
    """Serve a workspace on a free port, as `fleet demo` does; yields the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        (home / "server.log").open("w") as log,
        subprocess.Popen(dashboard_alone(home, port), stdout=log, stderr=log) as server,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            code = server.wait(timeout=20)
    assert code == 0


def _wait(health: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(health, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail("the server did not answer within a minute")


def open_view(page, address, view, charts=1, more=""):
    page.goto(f"{address}/?page={view}{more}")
    page.get_by_test_id("stPlotlyChart").nth(charts - 1).wait_for(timeout=60_000)
    page.wait_for_function(DRAWN, arg=charts)
    return page.evaluate(PLOTS)


def trace(plot, name):
    return next(trace for trace in plot["traces"] if (trace["name"] or "").startswith(name))


def open_page(page, title):
    page.locator(".st-key-navigation").get_by_text(title, exact=True).click()
