from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.frames import write_evidence, write_workspace

import fleet.dashboard

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


def test_an_empty_workspace_gets_one_line_and_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    page = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not page.exception
    assert "run `fleet demo` first" in page.warning[0].value


@pytest.mark.parametrize("view", ["risk", "water", "outcome", "nonsense"])
def test_every_page_opens(page_of, view):
    page = page_of(view)
    assert page.query_params["view"] == (view if view != "nonsense" else "risk")
    assert page.get("plotly_chart")


def test_the_promise_is_told_with_its_evidence(page_of):
    page = page_of("promise", fill=write_evidence)
    assert page.success[0].value.startswith("**Yes.**")
    assert metrics_of(page)["Contested jobs in breach"] == "1.00 %"
    assert any(each.value.startswith("Beyond the aim. 50 of 500 MWh") for each in page.caption)
    assert len(page.get("plotly_chart")) == 2


def test_a_workspace_of_before_has_a_promise_without_evidence(page_of):
    page = page_of("promise")
    assert page.success
    assert "filled before replays left evidence" in page.info[0].value
    assert not page.get("plotly_chart")


def test_the_list_counts_the_risk_blocked_forecasts(page_of):
    page = page_of("risk")
    assert any("1 of 2 forecasts have risk-blocked hours" in each.value for each in page.markdown)
    assert metrics_of(page)["Risk-blocked hours"] == "4 of 24"
    assert metrics_of(page)["Forecast-breach hours"] == "1 of 24"


def test_a_region_without_a_limit_says_so(page_of):
    page = page_of("risk")
    page.selectbox(key="risk_region").set_value("ireland").run()
    assert "has no outdoor limit" in page.info[0].value
    assert metrics_of(page)["Limit"] == "none"


def test_without_risk_blocked_hours_the_least_margin_is_listed(page_of):
    page = page_of("risk")
    page.radio(key="risk_quantity").set_value("inlet").run()
    assert "None of 2 forecasts has a risk-blocked hour" in page.info[0].value
    assert "margin 3.0 °C" in page.selectbox(key="risk_origin").options[0]


def test_a_forecast_can_be_chosen_by_hour_and_a_missing_one_is_told(page_of):
    page = page_of("risk")
    page.radio(key="risk_how").set_value("By date and hour").run()
    assert metrics_of(page)["Risk-blocked hours"] == "4 of 24"
    page.selectbox(key="risk_hour").set_value(0).run()
    assert metrics_of(page)["Risk-blocked hours"] == "0 of 24"
    page.selectbox(key="risk_hour").set_value(5).run()
    assert "no forecast made at this hour" in page.warning[0].value


def test_the_toggle_changes_the_numbers_and_says_what_moved(page_of):
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


def test_the_page_says_that_it_is_inspired(page_of):
    assert any("Inspired by Microsoft" in each.value for each in page_of("outcome").caption)
