"""Which requests come from the user and not from another site in the user's browser.

A site can point its own name at 127.0.0.1 (DNS rebinding). The browser then lets that site read from every server on
this machine. So every request must name an allowed host. If the request names the page that it comes from, this page
must be of an allowed host, too.
"""

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_CHECKED = (b"host", b"origin")


def host_refusal(headers: Sequence[tuple[bytes, bytes]], allowed: Collection[str]) -> str | None:
    """Return why a request is refused; None if the request is allowed.

    Args:
        headers: of the request, names in lower case.
        allowed: names of the host in lower case. In a request, a port may follow the name.
    """
    hosts, origins = ([value.decode("latin-1") for name, value in headers if name == key] for key in _CHECKED)
    if len(hosts) != 1 or host_name(hosts[0]) not in allowed:
        return "This name of the host is not allowed. Open the dashboard on localhost, or add --allowed-host."
    for origin in origins:
        scheme, _, page_host = origin.partition("://")
        # A page from another port of this machine is another site. A proxy with a configured name may use another port.
        is_own = page_host.lower() == hosts[0].lower()
        is_proxy = host_name(page_host) in set(allowed).difference(LOOPBACK_NAMES)
        if scheme not in {"http", "https"} or not (is_own or is_proxy):
            return "This page is of another site. Open the dashboard itself."
    return None


def host_name(host: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        # Reading the port checks that it is a number.
        is_plain = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    if not is_plain or parts.netloc != host or "@" in host or not parts.hostname:
        return None
    return parts.hostname.lower()
