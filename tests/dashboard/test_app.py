from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.frames import write_evidence, write_workspace

import fleet.dashboard
from fleet.dashboard.terms import TERMS

APP = Path(fleet.dashboard.__file__).with_name("app.py")


@pytest.fixture
def page_of(tmp_path, monkeypatch):
    """Opens a page on a small workspace."""
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))

    def open_page(view, fill=write_workspace):
        fill(tmp_path)
        page = AppTest.from_file(str(APP), default_timeout=30)
        page.query_params["view"] = view
        page.run()
        assert not page.exception
        return page

    return open_page


def metrics_of(page):
    return {metric.label: metric.value for metric in page.metric}


def texts_of(elements):
    return [element.value for element in elements]


def test_an_empty_workspace_shows_one_line_and_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    page = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not page.exception
    assert "run `fleet demo` first" in page.warning[0].value


@pytest.mark.parametrize("view", ["risk", "water", "outcome", "nonsense"])
def test_every_page_opens_and_explains_its_terms(page_of, view):
    page = page_of(view)
    assert page.query_params["view"] == (view if view != "nonsense" else "risk")
    assert page.get("plotly_chart")
    [terms] = page.expander
    assert all(f"**{term}**: {definition}" in terms.markdown[0].value for term, definition in TERMS.items())


def test_the_promise_page_shows_the_verdict_with_its_evidence(page_of):
    page = page_of("promise", fill=write_evidence)
    assert page.success[0].value.startswith("**Yes.**")
    assert metrics_of(page)["Contested jobs in breach"] == "4.29 %"
    assert any(text.startswith("Misses the target. 50 of 500 MWh") for text in texts_of(page.caption))
    assert len(page.get("plotly_chart")) == 2


def test_a_workspace_of_an_earlier_version_has_a_verdict_without_figures(page_of):
    page = page_of("promise")
    assert page.success
    assert "made this replay and wrote no evidence file" in page.info[0].value
    assert not page.get("plotly_chart")


def test_the_risk_page_counts_the_risk_blocked_forecasts(page_of):
    page = page_of("risk")
    assert any("1 of 2 forecasts have risk-blocked hours" in text for text in texts_of(page.markdown))
    assert metrics_of(page)["Risk blocked"] == "4 of 24 h"
    assert metrics_of(page)["Forecast reaches limit"] == "1 of 24 h"


def test_the_risk_page_says_that_a_region_has_no_limit(page_of):
    page = page_of("risk")
    page.selectbox(key="risk_region").set_value("ireland").run()
    assert "has no outdoor limit" in page.info[0].value
    assert metrics_of(page)["Limit"] == "none"


def test_without_risk_blocked_hours_the_list_has_the_smallest_distance_first(page_of):
    page = page_of("risk")
    page.radio(key="risk_quantity").set_value("inlet").run()
    assert "None of 2 forecasts has a risk-blocked hour" in page.info[0].value
    assert "band 3.0 °C below limit" in page.selectbox(key="risk_origin").options[0]


def test_a_forecast_can_be_chosen_by_hour_and_a_missing_forecast_is_reported(page_of):
    page = page_of("risk")
    page.radio(key="risk_how").set_value("By date and hour").run()
    assert metrics_of(page)["Risk blocked"] == "4 of 24 h"
    page.selectbox(key="risk_hour").set_value(0).run()
    assert metrics_of(page)["Risk blocked"] == "0 of 24 h"
    page.selectbox(key="risk_hour").set_value(5).run()
    assert "no forecast made at this hour" in page.warning[0].value


def test_the_toggle_changes_the_numbers_and_the_page_says_what_changed(page_of):
    page = page_of("outcome")
    before = metrics_of(page)
    assert not page.info
    page.toggle(key="outcome_toggle").set_value(True).run()
    after = metrics_of(page)
    # 31 m3 an hour before, 2.4 after, 60 hours.
    assert (before["Water, m³"], after["Water, m³"]) == ("1,860", "144")
    assert (before["Water saved, L"], after["Water saved, L"]) == ("0", "1,716,000")
    # 11 000 kg an hour before, 6 x 300 + 12 x 900 = 12 600 after: carbon rises while water falls.
    assert page.info[0].value.startswith("In total, carbon rises by 14.5 % while water falls by 92.3 %.")


def test_the_outcome_page_names_the_inspiration(page_of):
    assert any("Inspired by Microsoft" in text for text in texts_of(page_of("outcome").caption))
