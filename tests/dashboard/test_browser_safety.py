"""The pages in a real browser: names stay text, and only this machine's own pages are answered."""

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from support.browser_pages import HAS_TRACE, open_view, served
from support.frames import write_evidence

from fleet.fleets import dump_fleet, load_fleet

HOSTILE = (
    "![i](http://evil.example/i.png) <img src=x onerror=alert(1)> [l](http://evil.example) $\\LaTeX$ :red[r] **b** %{x}"
)
# Scripts, images and styles that the content policy stopped.
VIOLATIONS = "() => window.violations"

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory) -> Iterator[str]:
    """A workspace whose first region has a name that tries everything that Markdown, HTML and Plotly offer."""
    home = tmp_path_factory.mktemp("hostile")
    workspace = write_evidence(home)
    fleet = load_fleet()
    regions = [region.model_copy(update={"name": HOSTILE}) for region in fleet.regions]
    workspace.fleet.write_text(dump_fleet(fleet.model_copy(update={"regions": tuple(regions)})), encoding="utf-8")
    yield from served(home)


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
