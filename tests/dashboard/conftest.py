"""A workspace that is served, and a browser that reaches this machine only."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import streamlit as st
from support.app_pages import LARGE, NOW, SMALL, opened
from support.browser_pages import served
from support.frames import write_workspace
from support.services import service_missing
from support.sites import NAIVE
from support.workspaces import ORIGIN, WORKSPACE_FLEET
from support.workspaces import write_workspace as write_calm

from fleet.dashboard import shown, time_choice
from fleet.dashboard.views import override_form
from fleet.domain.clock import parse_hour
from fleet.placement import DEFAULT_POLICY
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.open_workspace import ledger_of

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


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def page_of(tmp_path, fresh):
    """Opens a page on a small replay."""

    def open_page(name, fill=write_workspace, **parameters):
        fill(tmp_path)
        return opened(name, **parameters)

    return open_page


@pytest.fixture
def live(tmp_path, monkeypatch, fresh):
    """A workspace of own data, with the decisions of one live hour."""
    for module in (shown, time_choice, override_form):
        monkeypatch.setattr(module, "now_utc", lambda: NOW)
    workspace = Workspace(write_calm(tmp_path))
    request = HourRequest(
        workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=parse_hour(ORIGIN)
    )
    with ledger_of(workspace) as ledger:
        decide_hour(request, [SMALL, LARGE], ledger, policy=DEFAULT_POLICY, made_utc=NOW)
    return workspace
