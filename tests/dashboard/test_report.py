import re

import pytest
from dashboard.frames import write_workspace

from fleet.dashboard.report import write_report
from fleet.errors import ConfigError
from fleet.workspace import Workspace


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = write_report(write_workspace(tmp_path_factory.mktemp("home-of-a-test")), title="A <title>")
    assert path.name == "report.html"
    return path.read_text(encoding="utf-8")


def test_it_needs_nothing_from_elsewhere(page):
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page)
    assert len(tags) == 1 + 5
    assert not [tag for tag in tags if " src=" in tag or " href=" in tag]


def test_plotly_is_there_once(page):
    assert len(re.findall(r"plotly\.js v\d", page)) == 1


def test_every_policy_has_counts_rates_and_intervals(page):
    for label in ("Original: every job at home", "Optimised: greedy", "Oracle: the same"):
        assert label in page
    assert "250 of 1,000" in page
    assert "25.0 % [20.00, 30.00]" in page
    assert "1 of 100" in page


def test_coverage_is_told_with_its_count_and_its_worst_month(page):
    assert "Outdoor, Arizona" in page
    assert "IT inlet, Wyoming" in page
    # Two origins of 24 hours each.
    assert "<td>48</td>" in page
    assert "The worst month of all: July 2025" in page


def test_it_says_what_is_not_promised_and_when(page):
    assert "Not promised" in page
    assert "30 Jun 2025 to 2 Jul 2025" in page
    assert "inspired by Microsoft" in page


def test_the_figures_are_all_there(page):
    for name in ("load-original", "load-optimised", "water", "risk", "scatter"):
        assert f'id="figure-{name}"' in page


def test_words_are_escaped_and_paths_stay_out(page):
    assert "A &lt;title&gt;" in page
    assert "home-of-a-test" not in page


def test_an_empty_workspace_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="fleet demo"):
        write_report(Workspace(tmp_path))
    assert not list(tmp_path.iterdir())
