"""The pages in a real browser: what Plotly draws."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import plotly.graph_objects as go
import pytest
from support.frames import write_evidence, write_workspace
from support.services import service_missing

from fleet.dashboard import theme
from fleet.dashboard.page import figure_page
from fleet.dashboard.serve import HOME_VARIABLE, command
from fleet.fleets import dump_fleet, load_fleet

# CI keeps the pictures of this folder.
PICTURES = os.environ.get("FLEET_PICTURES")
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
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

OVERFLOWS = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
  .some(part => part.scrollWidth > part.clientWidth)"""

HOSTILE = (
    "![i](http://evil.example/i.png) <img src=x onerror=alert(1)> [l](http://evil.example) $\\LaTeX$ :red[r] **b** %{x}"
)
# Scripts, images and styles that the content policy stopped.
VIOLATIONS = "() => window.violations"
COUNT_VIOLATIONS = """window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    write_workspace(home)
    yield from served(home)


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory) -> Iterator[str]:
    """A workspace whose first region has a name that tries everything that Markdown, HTML and Plotly offer."""
    home = tmp_path_factory.mktemp("hostile")
    workspace = write_evidence(home)
    fleet = load_fleet()
    regions = [region.model_copy(update={"name": HOSTILE}) for region in fleet.regions]
    workspace.fleet.write_text(dump_fleet(fleet.model_copy(update={"regions": tuple(regions)})), encoding="utf-8")
    yield from served(home)


def served(home: Path) -> Iterator[str]:
    """Serve a workspace on a free port; yields the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        (home / "server.log").open("w") as log,
        subprocess.Popen(command(port), env={**os.environ, HOME_VARIABLE: str(home)}, stdout=log, stderr=log) as server,
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


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        service_missing(f"{CHROMIUM} is missing")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page that may reach this machine only. A request to another machine or a script error fails the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    requests_outside, errors = [], []

    def loopback_only(route):
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            requests_outside.append(route.request.url)
            route.abort()

    context.route("**/*", loopback_only)
    new_page = context.new_page()
    new_page.add_init_script(COUNT_VIOLATIONS)
    new_page.on("pageerror", lambda error: errors.append(str(error)))
    yield new_page
    context.close()
    assert requests_outside == []
    # Plotly rejects a paused animation without a reason.
    assert [error for error in errors if error != "undefined"] == []


def open_view(page, address, view, charts=1, more=""):
    page.goto(f"{address}/?page={view}{more}")
    page.get_by_test_id("stPlotlyChart").nth(charts - 1).wait_for(timeout=60_000)
    page.wait_for_function(DRAWN, arg=charts)
    return page.evaluate(PLOTS)


def trace(plot, name):
    return next(trace for trace in plot["traces"] if (trace["name"] or "").startswith(name))


def test_the_home_page_draws_the_map_and_a_strip_of_24_hours(page, address):
    world, strip, *_ = open_view(page, address, "now", charts=2)
    assert {"Arizona", "Ireland", "Wyoming"} <= {each["name"] for each in world["traces"]}
    assert len(strip["traces"][0]["x"]) == 24
    assert page.get_by_text("The riskiest region is").is_visible()
    assert page.get_by_text("What needs a person").is_visible()


def test_the_risk_page_shows_band_limit_and_blocked_hours(page, address):
    [plot] = open_view(page, address, "risk")
    assert trace(plot, "95 % band")["fill"] == "tonexty"
    limit = trace(plot, "Outdoor throttle 40.0")
    assert (limit["dash"], limit["color"]) == ("dash", theme.LIMIT)
    assert len(trace(plot, "Risk blocked")["x"]) == 4
    assert len(trace(plot, "Forecast reaches limit")["x"]) == 1
    assert page.get_by_text("4 of 24 hours are risk blocked").is_visible()


def test_actual_values_are_shown_after_a_click_and_the_address_keeps_them(page, address):
    open_view(page, address, "risk")
    page.get_by_text("What happened since").click()
    page.wait_for_function(HAS_TRACE, arg="Actual")
    page.reload()
    page.wait_for_function(HAS_TRACE, arg="Actual")


def test_the_scatter_has_24_frames_with_every_region_and_plays(page, address):
    [plot] = open_view(page, address, "water")
    assert [names[:3] for names in plot["frames"]] == [["Arizona", "Ireland", "Wyoming"]] * 24
    first = trace(plot, "Arizona")["x"]
    page.locator(".js-plotly-plot .updatemenu-button", has_text="Play").click()
    page.wait_for_function(
        """first => document.querySelector('.js-plotly-plot')?.data
            ?.find(trace => trace.name === 'Arizona').x[0] > first + 3""",
        arg=first[0],
    )
    page.locator(".js-plotly-plot .updatemenu-button", has_text="Pause").click()
    [later] = page.evaluate(PLOTS)
    assert later["ranges"] == plot["ranges"]


def test_the_toggle_changes_metrics_and_charts_and_stays_while_pages_change(page, address):
    _, load = open_view(page, address, "outcome", charts=2)
    water = page.get_by_test_id("stMetric").filter(has_text="Water saved (L)").get_by_test_id("stMetricValue")
    assert water.inner_text() == "0"
    page.get_by_text("Enable Project Forge Logic").click()
    page.get_by_text("Like for like").wait_for()
    assert water.inner_text() != "0"
    for name in ("Original, all regions", "Optimised"):
        page.wait_for_function(HAS_TRACE, arg=name)
    page.wait_for_function(DRAWN, arg=2)
    fleet_water, optimised_load = page.evaluate(PLOTS)
    assert trace(load, "Arizona")["y"] == [10, 10]
    assert trace(optimised_load, "Arizona")["y"] == [0, 0]
    before, after = trace(fleet_water, "Original")["y"], trace(fleet_water, "Optimised")["y"]
    assert all(less < more for less, more in zip(after, before, strict=True))
    assert trace(fleet_water, "Optimised")["fill"] == "tonexty"
    assert "logic=true" in page.url
    open_page(page, "Evidence")
    page.get_by_role("heading", name="Does the promise hold?").wait_for()
    open_page(page, "Scheduler outcome")
    page.wait_for_function(HAS_TRACE, arg="Optimised")


def open_page(page, title):
    page.locator(".st-key-navigation").get_by_text(title, exact=True).click()


def test_a_click_opens_another_page_under_its_own_address(page, address):
    open_view(page, address, "risk")
    open_page(page, "Scheduler outcome")
    page.get_by_text("Enable Project Forge Logic").wait_for()
    page.wait_for_url("**/?page=outcome")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_every_page_fits_its_width_in_both_themes_without_an_error(browser, address, width, colours):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for view in ("now", "risk", "water", "outcome", "decisions", "evidence"):
        page.goto(f"{address}/?page={view}&logic=true")
        page.get_by_role("heading", level=1).wait_for(timeout=60_000)
        page.wait_for_timeout(1_000)
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.evaluate(OVERFLOWS) is False, (view, width, colours)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{view}_{width}_{colours}.png")
        background = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 28)"}[colours]
    context.close()
    assert said == []


def status(address: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers of an answer."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def handshake(address: str, *, host: str, origin: str) -> int:
    """The status of a websocket's handshake."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = "AAAAAAAAAAAAAAAAAAAAAA=="
    return status(address, "/_stcore/stream", Host=host, Origin=origin, Sec_WebSocket_Key=key, **upgrade)[0]


def test_only_names_of_this_machine_are_answered_and_every_answer_has_the_security_headers(address):
    own = urlsplit(address).netloc
    names = {own: 200, own.replace("127.0.0.1", "localhost"): 200, own.replace("127.0.0.1", "[::1]"): 200}
    names |= {own.replace("127.0.0.1", "evil.example"): 403, "evil.example": 403}
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/no/such/page"):
        for host, expected in names.items():
            code, headers = status(address, path, Host=host)
            assert (path, host, code) == (path, host, expected)
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"


def test_the_websocket_opens_for_the_own_page_alone(address):
    own = urlsplit(address).netloc
    evil = own.replace("127.0.0.1", "evil.example")
    assert handshake(address, host=own, origin=f"http://{own}") == 101
    assert handshake(address, host=own, origin="http://evil.example") == 403
    assert handshake(address, host=own, origin="http://localhost:1") == 403
    assert handshake(address, host=evil, origin=f"http://{evil}") == 403


@pytest.mark.parametrize(("view", "charts"), [("now", 2), ("risk", 1), ("water", 1), ("outcome", 2), ("evidence", 3)])
def test_names_appear_as_plain_text_and_nothing_breaks_the_content_policy(page, hostile_address, view, charts):
    open_view(page, hostile_address, view, charts)
    if view == "outcome":
        page.get_by_text("Enable Project Forge Logic").click()
        page.wait_for_function(HAS_TRACE, arg="Optimised")
    main = page.get_by_test_id("stMain")
    text = main.text_content().replace("\u2060", "")
    # The short name of a region ends before " (".
    assert HOSTILE in text or HOSTILE.split(" (")[0] in text
    for unwanted in ("img:not([alt='0'])", "a[href*='evil']", ".katex", "[onerror]"):
        assert page.locator(unwanted).count() == 0, unwanted
    assert page.evaluate("() => [...document.querySelectorAll('svg a')].length") == 0
    assert page.evaluate(VIOLATIONS) == []


def test_a_page_of_figures_draws_them_without_a_server(browser, tmp_path):
    path, said = tmp_path / "page.html", []
    path.write_text(figure_page("A title", go.Figure().add_scatter(x=[1, 2], y=[1, 2])), encoding="utf-8")
    page = browser.new_page()
    # A script that the content policy stops is an error on the console.
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN, arg=1)
    page.close()
    assert said == []
