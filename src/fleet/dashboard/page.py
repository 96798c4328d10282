"""Makes HTML pages from the templates of this package and from Plotly figures."""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from fleet.dashboard import theme

# Some versions of Plotly write the type of the script into its tag.
_SCRIPT_TAG = re.compile(r"<script\b[^>]*>")


def render(template: str, **values: Any) -> str:
    """Return a page as HTML. The templates escape every value except figures, Plotly's script and allowed scripts.

    Args:
        template: file name in `dashboard/templates`.
        values: the values that the template names. Every template needs `title`.
    """
    # The browser runs only scripts that the page allows: Plotly's by its digest, those of figures by their nonce.
    scripts = f"'sha256-{_plotly_digest()}' 'nonce-{_nonce()}'"
    page = _environment().get_template(template)
    return page.render(theme=theme, plotly_script=get_plotlyjs(), allowed_scripts=scripts, **values)


def figure_html(figure: go.Figure, name: str) -> str:
    """Return the HTML of a figure, for a page whose head holds Plotly's script. Plotly escapes the figure's texts.

    Args:
        name: unique in the page; the id of the element is `figure-NAME`.
    """
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        include_mathjax=False,
        auto_play=False,
        div_id=f"figure-{name}",
        config={"displaylogo": False, "responsive": True},
    )
    # The texts of the figure are inside the script. So the first script tag is the figure's own.
    return _SCRIPT_TAG.sub(f'<script nonce="{_nonce()}">', html, count=1)


def figure_page(title: str, *figures: go.Figure, paragraphs: Sequence[str] = ()) -> str:
    """Return a page with figures. It holds Plotly's script, so that it opens without a network.

    Args:
        paragraphs: plain text above the figures.
    """
    drawings = [figure_html(figure, str(number)) for number, figure in enumerate(figures)]
    return render("figures.html.j2", title=title, paragraphs=paragraphs, figures=drawings)


@cache
def _plotly_digest() -> str:
    return base64.b64encode(hashlib.sha256(get_plotlyjs().encode()).digest()).decode()


@cache
def _nonce() -> str:
    """Return a random word, new in each process. So nobody can put the word into a name beforehand."""
    return secrets.token_urlsafe(16)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("fleet.dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
