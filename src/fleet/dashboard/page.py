"""A whole HTML page from a body."""

from html import escape


def html_page(title: str, body: str, *, head: str = "") -> str:
    """A page in UTF-8; the title is text, body and head are HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head>\n<body>{body}</body></html>\n"
    )
