"""The pages, run without a browser."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from support.frames import write_evidence, write_workspace
from support.sites import NAIVE, hour, job
from support.workspaces import ORIGIN, WORKSPACE_FLEET
from support.workspaces import write_workspace as write_calm

import fleet.dashboard
from fleet.dashboard import shown, time_choice
from fleet.dashboard.terms import TERMS
from fleet.dashboard.views import override_form
from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.placement import DEFAULT_POLICY
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.open_workspace import ledger_of

APP = Path(fleet.dashboard.__file__).with_name("app.py")
NOW = "2024-05-20T01:40:00Z"
# Beta has 4 MW of headroom. The small job takes 3 MW of it, and the large one then lacks 4 MW.
LARGE = job("large", power_mw=5.0, deadline_utc=hour("2024-05-20T03"), regions=("beta",), home_region="beta")
SMALL = job("small", power_mw=3.0, deadline_utc=hour("2024-05-20T03"), regions=("beta",), home_region="beta")


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def page_of(tmp_path):
    """Opens a page on a small replay."""

    def open_page(name, fill=write_workspace, **parameters):
        fill(tmp_path)
        return opened(name, **parameters)

    return open_page


@pytest.fixture
def live(tmp_path, monkeypatch):
    """A workspace of own data, with the decisions of one live hour."""
    for module in (shown, time_choice, override_form):
        monkeypatch.setattr(module, "now_utc", lambda: NOW)
    workspace = Workspace(write_calm(tmp_path))
    request = HourRequest(
        workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc=NOW, at=parse_hour(ORIGIN)
    )
    with ledger_of(workspace) as ledger:
        decide_hour(request, [SMALL, LARGE], ledger, policy=DEFAULT_POLICY, made_utc=NOW)
    return workspace


def opened(name, **parameters):
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["page"] = name
    for key, value in parameters.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception, page.exception
    return page


def metrics_of(page):
    return {metric.label: metric.value for metric in page.metric}


def texts_of(elements):
    return [element.value for element in elements]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["now", "risk", "water", "outcome", "evidence"])
def test_an_empty_workspace_names_the_commands_that_fill_it(name):
    page = opened(name)
    texts = texts_of(page.info)
    assert any("`fleet ingest table --file FILE`" in text and "`fleet demo`" in text for text in texts)
    assert any("`fleet replay --home HOME" in text for text in texts)


def test_without_a_ledger_the_page_of_decisions_names_the_command():
    assert any("`fleet decide --jobs FILE`" in text for text in texts_of(opened("decisions").info))


@pytest.mark.parametrize("name", ["now", "risk", "water", "outcome", "nonsense"])
def test_every_page_opens_has_one_title_and_explains_its_terms(page_of, name):
    page = page_of(name)
    assert len(page.title) == 1
    assert page.get("plotly_chart")
    terms = page.expander[-1]
    assert all(f"**{term}**: {definition}" in terms.markdown[0].value for term, definition in TERMS.items())
    assert page.query_params.get("page") == (None if name in {"now", "nonsense"} else name)


def test_a_workspace_that_cannot_be_read_gives_one_line(tmp_path):
    workspace = write_workspace(tmp_path)
    workspace.risk.write_text("{")
    assert "risk.parquet is not a readable Parquet file" in opened("now").warning[0].value


def test_the_home_page_names_the_riskiest_region(page_of):
    page = page_of("now")
    # The most telling forecast is that of 01:00, with five hot hours in Arizona from 11:00 on.
    assert any("**Arizona**" in text and "5 of the next 24 hours" in text for text in texts_of(page.markdown))
    assert any(
        "first at 11:00 UTC (04:00 MST)" in text and "outdoor throttle" in text for text in texts_of(page.markdown)
    )


def test_the_risk_page_says_why_the_first_hour_is_blocked_and_what_the_limit_is(page_of):
    page = page_of("risk")
    assert any(
        "First at 11:00 UTC (04:00 MST): forecast 39.0 °C is safe, upper bound 41.0 °C is not" in text
        for text in texts_of(page.markdown)
    )
    assert metrics_of(page)["Risk blocked"] == "4 of 24 h"
    assert metrics_of(page)["Forecast reaches limit"] == "1 of 24 h"
    assert any("throttles above 40 °C outdoors" in text for text in texts_of(page.caption))


def test_the_thermal_breaker_is_explained_by_the_altitude(page_of):
    page = page_of("risk", region="wyoming", quantity="inlet")
    assert any("31.8 °C: 35 °C at sea level, less 3.2 K for the altitude" in text for text in texts_of(page.caption))
    # The forecast of 30 degC is below the breaker, and the band reaches 32 degC.
    assert any("24 of 24 hours are risk blocked" in text for text in texts_of(page.markdown))


def test_the_risk_page_says_that_a_region_has_no_limit(page_of):
    page = page_of("risk", region="ireland")
    assert any("has no outdoor limit" in text for text in texts_of(page.markdown))
    assert metrics_of(page)["Limit"] == "none"


def test_a_band_without_past_errors_is_infinite(page_of):
    page = page_of("risk", confidence="80")
    # The replay has a single earlier origin; at 80 %, none of its errors is known an hour later, or one.
    assert any("A band of 80 % needs 4 known errors; known so far: 1." in text for text in texts_of(page.caption))
    assert metrics_of(page)["Highest end of band"] == "none"


def test_the_toggle_changes_the_numbers_and_stays_in_the_address(page_of):
    page = page_of("outcome")
    whole = page.selectbox(key="period").options[0]
    page.selectbox(key="period").set_value(whole).run()
    before = metrics_of(page)
    assert before["Optimised footprint, t CO₂"] == "logic is off"
    page.toggle(key="logic").set_value(True).run()
    after = metrics_of(page)
    # 31 m3 an hour before with 20 MW, 2.4 after with 18 MW, 60 hours: (31/20 - 2.4/18) x 18 x 60 = 1,530 m3.
    assert (before["Water saved (L)"], after["Water saved (L)"]) == ("0", "1,530,000")
    # 11 t an hour with 20 MW, 12.6 with 18: 594 and 756 t for the same energy.
    assert after["Original carbon footprint, t CO₂"] == "594"
    assert after["Optimised footprint, t CO₂"] == "756"
    assert "In total, carbon rises by 14.5 % while water falls by 92.3 %." in page.info[0].value
    assert (before["Water, m³"], after["Water, m³"]) == ("1,860", "144")


@pytest.mark.slow
def test_the_evidence_page_names_the_cell_above_the_allowed_rate(page_of):
    page = page_of("evidence", fill=write_evidence, more="true")
    [headline] = texts_of(page.warning)
    assert headline.startswith("**Yes.**")
    # 9 of 150 are 6 %.
    assert "But the share is above 5 % in Ireland in Jun-Aug (9 of 150 jobs, 6.00 %)" in headline
    assert len(page.get("plotly_chart")) == 4
    assert any(text.startswith("Misses the target. 50 of 500 MWh") for text in texts_of(page.caption))


def test_a_workspace_of_an_earlier_version_has_a_verdict_without_figures(page_of):
    page = page_of("evidence")
    assert page.success
    assert "made this replay and wrote no evidence file" in page.info[0].value
    assert not page.get("plotly_chart")


@pytest.mark.slow
def test_a_live_hour_reaches_every_page(live):
    page = opened("now")
    assert any("Every region has headroom" in text for text in texts_of(page.markdown))
    assert any("What would free it: 4 MW less" in text.replace("\\", "") for text in texts_of(page.markdown))
    for name in ("risk", "water"):
        assert opened(name).get("plotly_chart")


@pytest.mark.slow
def test_an_approval_against_the_bound_shows_the_breach_and_needs_a_tick(live):
    with ledger_of(live) as ledger:
        [refused] = [one for one in ledger.decisions(mode="live") if one.job_id == "large"]
    page = opened("decisions", decision=refused.id)
    page.radio(key=f"verdict-{refused.id}").set_value("approve").run()
    assert any(
        "passes its limit by 4.0 MW" in text and "and 1 other job there" in text for text in texts_of(page.error)
    )
    record = f"record-{refused.id}"
    assert page.button(key=record).disabled
    page.text_input(key=f"by-{refused.id}").set_value("Ann").run()
    page.text_input(key=f"reason-{refused.id}").set_value("agreed with the site").run()
    page.checkbox(key=f"accept-{refused.id}-0").set_value(True).run()
    page.button(key=record).click().run()
    assert not page.exception
    assert any("Recorded: approve" in text for text in texts_of(page.success))
    with ledger_of(live) as ledger:
        [change] = ledger.decision(refused.id).overrides
    assert (change.by, change.region, change.start_utc) == ("Ann", "beta", np.datetime64("2024-05-20T01", "h"))


@pytest.mark.slow
def test_a_denial_without_a_name_is_refused_in_one_line(live):
    with ledger_of(live) as ledger:
        [placed] = [one for one in ledger.decisions(mode="live") if one.job_id == "small"]
    page = opened("decisions", decision=placed.id)
    page.radio(key=f"verdict-{placed.id}").set_value("deny").run()
    page.button(key=f"record-{placed.id}").click().run()
    assert any("an override needs a name and a reason" in text for text in texts_of(page.error))


@pytest.fixture
def denied_job(live):
    """The decision that gave a job a place, which a person then took away."""
    with ledger_of(live) as ledger:
        [placed] = [one for one in ledger.decisions(mode="live") if one.job_id == "small"]
        ledger.override(placed.id, Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    return placed


def test_a_denied_job_has_no_cost_and_names_the_place_it_had(denied_job):
    page = opened("decisions", decision=denied_job.id)
    texts = [text.replace("\\", "") for text in (*texts_of(page.markdown), *texts_of(page.caption))]
    assert any("denied by Ann; it had a place: Beta from 20 May 01:00 UTC" in text for text in texts)
    assert any("Denied by Ann: the job does not run" in text for text in texts)
    assert not any("Actual values" in text for text in texts)
    assert not any("expected" in frame.value.columns for frame in page.dataframe)


def test_the_form_is_empty_after_it_recorded(live):
    with ledger_of(live) as ledger:
        [placed] = [one for one in ledger.decisions(mode="live") if one.job_id == "small"]
    page = opened("decisions", decision=placed.id)
    page.radio(key=f"verdict-{placed.id}").set_value("deny").run()
    page.text_input(key=f"by-{placed.id}").set_value("Ann")
    page.text_input(key=f"reason-{placed.id}").set_value("fire drill").run()
    page.button(key=f"record-{placed.id}").click().run()
    assert any("Recorded: deny" in text for text in texts_of(page.success))
    assert page.radio(key=f"verdict-{placed.id}").value is None
    assert not [button for button in page.button if button.key == f"record-{placed.id}"]


def test_a_month_without_jobs_says_so(page_of):
    def idle(home):
        write_workspace(home)
        [path] = home.rglob("footprint.parquet")
        pl.read_parquet(path).with_columns(pl.lit(0.0).alias("job_mw")).write_parquet(path)

    page = page_of("outcome", fill=idle)
    assert page.info[0].value == "No job ran in this period."
    assert not page.metric
    page.selectbox(key="period").set_value("July 2025").run()
    assert page.info[0].value == "No job ran in this period."


def test_the_outcome_page_says_what_each_amount_is_about(page_of):
    captions = texts_of(page_of("outcome").caption)
    assert any(text.startswith("Totals of all work that ran in the hours of the period.") for text in captions)
    assert "The next figures are of the whole replay, also where a shorter period is chosen." in captions
