"""A whole HTML page from a body."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from fleet.dashboard import theme


def html_page(title: str, body: str, *, head: str = "") -> str:
    """A page in UTF-8; the title is text, body and head are HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head>\n<body>{body}</body></html>\n"
    )


def figure_html(figure: go.Figure, name: str) -> str:
    """A figure for a page whose head holds what draws it."""
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        include_mathjax=False,
        auto_play=False,
        div_id=f"figure-{name}",
        config={"displaylogo": False, "responsive": True},
    )
    return html


def figure_page(title: str, *figures: go.Figure, words: Sequence[str] = ()) -> str:
    """A page that holds some figures and all that draws them, so that it opens anywhere. words: a paragraph each."""
    said = "".join(f"<p>{escape(each)}</p>" for each in words)
    drawn = [figure_html(figure, str(number)) for number, figure in enumerate(figures)]
    style = (
        f"<style>body {{font-family: {theme.FONT}; color: {theme.INK}; line-height: 1.5; max-width: 1400px;}}</style>"
    )
    return html_page(title, said + "".join(drawn), head=f"{style}<script>{get_plotlyjs()}</script>")
