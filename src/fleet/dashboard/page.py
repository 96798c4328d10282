"""A whole HTML page from a body."""

from html import escape

import plotly.graph_objects as go


def html_page(title: str, body: str, *, head: str = "") -> str:
    """A page in UTF-8; the title is text, body and head are HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head>\n<body>{body}</body></html>\n"
    )


def figure_page(title: str, figure: go.Figure) -> str:
    """A page that holds one figure and all that draws it, so that it opens anywhere."""
    body = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        include_mathjax=False,
        config={"displaylogo": False, "responsive": True},
    )
    return html_page(title, body)
