import base64
import hashlib
import re

import plotly.graph_objects as go
import pytest
from jinja2 import UndefinedError

from fleet.dashboard.page import figure_page, render


def digest_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


ATTACK = "</script><script>alert(1)</script>"


def test_texts_and_figures_cannot_add_a_script():
    figure = go.Figure().add_scatter(x=[1], y=[1], name=ATTACK)
    page = figure_page(ATTACK, figure, paragraphs=[ATTACK])
    assert ATTACK not in page
    assert page.count("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_a_page_of_figures_is_self_contained():
    page = figure_page("A title", go.Figure(), go.Figure(), paragraphs=["First", "Second"])
    assert page.startswith("<!doctype html>")
    assert page.count("<p>") == 2
    assert [f'id="figure-{number}"' in page for number in range(3)] == [True, True, False]
    assert not re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=", page)


def test_the_policy_of_a_page_allows_the_scripts_of_its_figures():
    page = figure_page("A title", go.Figure(), go.Figure())
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", page))
    digests = re.findall(r"'sha256-([^']+)'", page)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, flags=re.DOTALL)
    own = [tag for tag, _ in scripts if tag.strip() == f'nonce="{nonce}"']
    by_digest = [text for tag, text in scripts if digest_of(text) in digests]
    assert (len(scripts), len(own), len(by_digest)) == (3, 2, 1)


def test_a_template_without_its_values_is_refused():
    with pytest.raises(UndefinedError, match="paragraphs"):
        render("figures.html.j2", title="A title", figures=[])
