"""Removes a key from what a service sent, in every form in which services and libraries repeat it."""

import html
import json
from urllib.parse import quote, quote_plus

REMOVED = "<removed>"


def without_secret(body: bytes, secret: str) -> bytes:
    """Return the body without the secret; unchanged if the secret is empty.

    A page may repeat the secret as it was sent, as a part of a URL, as a JSON text or as text of HTML.
    """
    for form in _forms(secret):
        body = body.replace(form.encode(), REMOVED.encode())
    return body


def text_without_secret(text: str, secret: str) -> str:
    """Return a text without the secret, as `without_secret`."""
    return without_secret(text.encode(), secret).decode()


def _forms(secret: str) -> list[str]:
    if not secret:
        return []
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/")}
    # A longer form may hold a shorter one.
    return sorted(forms, key=len, reverse=True)
