import asyncio
import base64
import hashlib

import pytest

from fleet.dashboard.request_guard import RequestGuard
from fleet.request_hosts import LOOPBACK_NAMES, host_name

SCRIPT = "window.x = 1"


async def behind(scope, receive, send):
    """The application that the guard protects."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW")]})
        await send({"type": "http.response.body", "body": b"secret"})
    else:
        await send({"type": "lifespan.startup.complete"})


@pytest.fixture
def answers(tmp_path):
    """Returns what the guard sends back for headers."""
    page = tmp_path / "index.html"
    page.write_text(f"<script>{SCRIPT}</script><script src='a.js'></script>")
    guard = RequestGuard(behind, hosts=(*LOOPBACK_NAMES, "fleet.example"), page=page)

    def ask(*headers, kind="http"):
        sent = []

        async def send(message):
            sent.append(message)

        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        asyncio.run(guard({"type": kind, "headers": pairs}, None, send))
        return sent

    return ask


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]:8501", "fleet.example", "[::1]"]
)
def test_an_allowed_name_gets_the_page_and_the_websocket(answers, host):
    assert answers(("host", host))[-1]["body"] == b"secret"
    assert answers(("host", host), ("origin", f"http://{host}"), kind="websocket") == [{"type": "websocket.accept"}]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", ""),
        *(
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "127.0.0.1:x",
            "127.0.0.1:99999",
            "localhost/",
            "[::1",
            "é",
        ),
    ],
)
def test_another_or_malformed_name_gets_nothing(answers, host):
    start, body = answers(("host", host))
    assert start["status"] == 403
    assert b"secret" not in body["body"]
    assert answers(("host", host), kind="websocket")[0]["type"] == "websocket.close"


def test_no_name_and_two_names_are_refused(answers):
    assert answers()[0]["status"] == 403
    assert answers(("host", "localhost"), ("host", "evil.example"))[0]["status"] == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:9999",
        "http://127.0.0.1",
        "null",
        "file://",
        "ftp://localhost:8501",
        "",
        "http://[",
    ],
)
def test_a_page_of_another_site_is_refused(answers, origin):
    headers = (("host", "localhost:8501"), ("origin", origin))
    assert answers(*headers)[0]["status"] == 403
    assert answers(*headers, kind="websocket")[0]["type"] == "websocket.close"


def test_a_proxy_of_a_configured_name_may_rewrite_the_host(answers):
    headers = (("host", "127.0.0.1:8501"), ("origin", "https://fleet.example"))
    assert answers(*headers, kind="websocket") == [{"type": "websocket.accept"}]


def test_every_answer_has_each_header_once(answers):
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    for host in ("localhost", "evil.example"):
        pairs = answers(("host", host))[0]["headers"]
        headers = {name.decode().lower(): value.decode() for name, value in pairs}
        assert len(headers) == len(pairs)
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["script-src"] == f"'self' 'wasm-unsafe-eval' 'sha256-{digest}'"
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")


def test_messages_of_the_server_itself_pass(answers):
    assert answers(kind="lifespan") == [{"type": "lifespan.startup.complete"}]


def test_the_port_does_not_count_as_part_of_a_name():
    assert (host_name("A.example:80"), host_name("[::1]:80"), host_name("a b"), host_name("a?b")) == (
        "a.example",
        "::1",
        "a b",
        None,
    )
