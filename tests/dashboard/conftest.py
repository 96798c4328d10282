"""A workspace that is served, and a browser that reaches this machine only."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.browser_pages import served
from support.frames import write_workspace
from support.services import service_missing

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
COUNT_VIOLATIONS = """window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    write_workspace(home)
    yield from served(home)


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
