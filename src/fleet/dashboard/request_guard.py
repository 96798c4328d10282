"""Refuses requests that another site makes through a user's browser, and limits what a page may load."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from fleet.request_hosts import host_refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY_VIOLATION = 1008


class RequestGuard:
    """The outermost ASGI middleware of the dashboard's server.

    Args:
        app: the application behind the guard.
        hosts: names under which the dashboard may be reached. In a request, a port may follow the name.
        page: the HTML file whose inline scripts may run.
    """

    def __init__(self, app: App, *, hosts: Sequence[str], page: Path) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._headers = security_headers(page)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        reason = host_refusal(scope["headers"], self._hosts)
        if reason is None:
            await self._app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            # Before the handshake is accepted, the server turns this message into the status 403.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})
        else:
            plain = (b"content-type", b"text/plain; charset=utf-8")
            await send({"type": "http.response.start", "status": 403, "headers": [plain, *self._headers]})
            await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self._headers}
                others = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in ours]
                message = {**message, "headers": [*others, *self._headers]}
            await send(message)

        return send_with_headers


def security_headers(page: Path) -> list[tuple[bytes, bytes]]:
    """Return the headers of every answer.

    Args:
        page: the HTML file whose inline scripts may run, and no others.
    """
    scripts = _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = {
        "default-src": "'none'",
        # Streamlit reads its messages with WebAssembly.
        "script-src": " ".join(["'self' 'wasm-unsafe-eval'", *(f"'sha256-{digest}'" for digest in digests)]),
        # Streamlit and Plotly write the styles of their elements from scripts.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "content-security-policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]
