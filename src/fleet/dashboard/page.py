"""A whole HTML page from a body."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from fleet.dashboard import theme


def html_page(title: str, body: str, *, head: str = "") -> str:
    """A page in UTF-8; the title is text, body and head are HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head>\n<body>{body}</body></html>\n"
    )


def figure_page(title: str, *figures: go.Figure, words: Sequence[str] = ()) -> str:
    """A page that holds some figures and all that draws them, so that it opens anywhere. words: a paragraph each."""
    said = "".join(f"<p>{escape(each)}</p>" for each in words)
    drawn = [
        figure.to_html(
            full_html=False,
            # The program that draws is there once.
            include_plotlyjs=number == 0,
            include_mathjax=False,
            config={"displaylogo": False, "responsive": True},
        )
        for number, figure in enumerate(figures)
    ]
    style = (
        f"<style>body {{font-family: {theme.FONT}; color: {theme.INK}; line-height: 1.5; max-width: 1400px;}}</style>"
    )
    return html_page(title, said + "".join(drawn), head=style)
