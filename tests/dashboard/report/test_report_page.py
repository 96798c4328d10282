import html
import re

import pytest
from support.frames import write_evidence, write_workspace

from fleet.dashboard.report.report_page import REPORT_TERMS, write_report
from fleet.dashboard.terms import TERMS
from fleet.storage.workspace import Workspace


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report of a workspace without evidence."""
    path = write_report(write_workspace(tmp_path_factory.mktemp("home-of-a-test")), title="A <title>")
    assert path.name == "report.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The report of a workspace with evidence."""
    return write_report(write_evidence(tmp_path_factory.mktemp("whole"))).read_text(encoding="utf-8")


def test_the_report_is_self_contained(page):
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page)
    # Plotly's script, and one script for each of the seven figures.
    assert len(tags) == 1 + 7
    assert not [tag for tag in tags if " src=" in tag or " href=" in tag]


def test_plotly_is_in_the_report_once(page):
    assert len(re.findall(r"plotly\.js v\d", page)) == 1


def test_every_policy_has_counts_rates_and_intervals(page):
    for label in ("Original: every job at home", "Optimised, priced: all jobs together", "Oracle: knows the true"):
        assert label in page
    assert "250 of 1,000" in page
    assert "25.0 % [20.00, 30.00]" in page
    assert "15 of 350" in page


def test_coverage_has_its_count_and_its_worst_month(page):
    assert "Outdoor, Arizona" in page
    assert "IT inlet, Wyoming" in page
    # Two origins of 24 hours each.
    assert "<td>48</td>" in page
    assert "The worst month is July 2025" in page


def test_the_report_has_its_period_and_the_limits_of_the_promise(page):
    assert "Not promised" in page
    assert "30 Jun 2025 to 2 Jul 2025" in page
    assert "inspired by Microsoft" in page


def test_every_figure_is_in_the_report(page):
    for name in ("map", "strip", "load-original", "load-optimised", "water", "risk", "scatter"):
        assert f'id="figure-{name}"' in page


@pytest.mark.slow
def test_the_first_section_answers_whether_the_promise_holds(whole):
    assert whole.index("What is risky") < whole.index("Does the promise hold?") < whole.index("What is promised")
    assert "<b>Yes.</b>" in whole
    assert len(re.findall(r'class="tile[ "]', whole)) == 5
    assert whole.count('class="tile missed"') == 1
    assert "Weakest case with 100 or more contested jobs: Ireland in Jun-Aug" in whole
    for name in ("running", "reliability"):
        assert f'id="figure-{name}"' in whole


def test_every_region_of_the_evidence_has_its_row(whole):
    assert "9 of 150" in whole
    for variable in ("Outdoor temperature", "Dew point", "IT load"):
        # Once in each of two tables.
        assert whole.count(f'<th scope="row">{variable}, Wyoming</th>') == 2
    assert "4 of 400" in whole
    assert "2025-02-20: 78.6 %" in whole


@pytest.mark.slow
def test_the_fixed_split_stands_beside_the_default(whole):
    assert "Ireland, fixed split" in whole
    assert "Ireland, default" in whole
    # Over fifteen days, 90 % of origins hold and those of one and a half days miss: the interval reaches 95 %.
    assert "fixed split: none; default:\nnone." in whole


def test_the_last_section_defines_the_terms_that_the_report_uses(whole):
    body, terms = whole.split("<h2>Terms</h2>")
    text = re.sub(r"<(script|style)>.*?</\1>|<[^>]+>", " ", body, flags=re.DOTALL).lower()
    assert set(REPORT_TERMS) == {term for term in TERMS if re.search(rf"\b{term}", text)}
    for term in REPORT_TERMS:
        assert f"<dt>{term}</dt><dd>{html.escape(TERMS[term])}</dd>" in terms


def test_a_workspace_of_an_earlier_version_says_in_one_line_what_is_missing(page):
    assert "made this replay and wrote no evidence file" in page
    assert "Does the promise hold?" in page
    assert "Coverage of the upper bounds" not in page


def test_texts_are_escaped_and_paths_are_left_out(page):
    assert "A &lt;title&gt;" in page
    assert "A <title>" not in page
    assert "home-of-a-test" not in page


def test_an_empty_workspace_gets_a_report_that_names_the_commands(tmp_path):
    text = write_report(Workspace(tmp_path)).read_text(encoding="utf-8")
    assert "No telemetry is stored. fleet ingest table --file FILE adds your own" in text
    assert "Does the promise hold?" not in text


def test_the_replayed_hour_names_the_region_without_headroom(page):
    assert "Replayed hour: values known up to 01 Jul 2025 01:00 UTC" in page
    # Five hot hours in Arizona; the limit is that of the first of them.
    lowest = "<td>12.0</td><td>0.0</td><td>01 Jul 11:00</td><td>04:00 MST</td><td>the outdoor throttle"
    assert f'<th scope="row">Arizona</th>{lowest}' in page
    assert "stale data" not in page.split("Does the promise hold?")[0].split("Nothing needs")[0]
