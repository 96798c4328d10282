"""HTML from the templates of this package, with Plotly figures in it."""

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
    """Return a page as HTML. Its templates escape every value except figures and Plotly's script.

    Args:
        template: file name in `dashboard/templates`.
        values: the values that the template names. Every template needs `title`.
    """
    # Plotly's script runs by its digest, and the scripts of figures by a word that names cannot contain.
    scripts = f"'sha256-{_plotly_digest()}' 'nonce-{_nonce()}'"
    page = _environment().get_template(template)
    return page.render(theme=theme, plotly_script=get_plotlyjs(), allowed_scripts=scripts, **values)


def figure_html(figure: go.Figure, name: str) -> str:
    """Return the HTML of a figure, for a page whose head holds Plotly's script. Plotly escapes the figure's texts.

    Args:
        name: unique in the page; the element's id becomes `figure-NAME`.
    """
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        include_mathjax=False,
        auto_play=False,
        div_id=f"figure-{name}",
        config={"displaylogo": False, "responsive": True},
    )
    # The script comes before all texts of the figure, so it is the first tag of this kind.
    return _SCRIPT_TAG.sub(f'<script nonce="{_nonce()}">', html, count=1)


def figure_page(title: str, *figures: go.Figure, paragraphs: Sequence[str] = ()) -> str:
    """Return a page that holds the figures and Plotly's script, so that the page opens without a network.

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
    """Return a word that no name can contain on purpose, because it is new in each process."""
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
