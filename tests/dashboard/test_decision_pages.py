"""Decisions on the pages, run without a browser: what needs a person, one in full, and its override."""

import numpy as np
import polars as pl
import pytest
import streamlit as st
from support.app_pages import NOW, opened, texts_of
from support.entries import denied, entry, job
from support.frames import ORIGIN as REPLAY_ORIGIN
from support.frames import risk_rows, risk_table, write_workspace

from fleet.dashboard import cached
from fleet.dashboard.report.report_page import write_report
from fleet.dashboard.views import decisions_view
from fleet.dashboard.views.decisions_view import table_px
from fleet.domain.clock import hour_of
from fleet.domain.decision import Binding, Verdict
from fleet.physics.limits import IT_POWER
from fleet.storage.files import write_frame
from fleet.workflows.attention import AttentionItem, Need
from fleet.workflows.open_workspace import ledger_of

pytestmark = pytest.mark.usefixtures("fresh")


def test_without_a_ledger_the_page_of_decisions_names_the_command():
    assert any("`fleet decide --jobs FILE`" in text for text in texts_of(opened("decisions").info))


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


def needs(*items):
    """Return a stand-in for what needs a person: one item for each need and decision."""
    return lambda *_: [
        AttentionItem(need=need, title=f"Job {need.name}", sentence="It happened.", advice="Do it.", decision_id=made)
        for need, made in items
    ]


def test_one_decision_may_need_a_person_for_two_reasons(page_of, monkeypatch):
    both = needs((Need.MIGRATE, "3a8443ea"), (Need.BEYOND_LIMIT, "3a8443ea"))
    monkeypatch.setattr(cached, "attention_items", both)
    page = page_of("now")
    assert [button.label for button in page.button if "decision" in button.label] == ["Open decision 3a8443ea"] * 2


def test_a_job_that_nobody_can_help_any_more_is_apart_and_closed(page_of, monkeypatch):
    monkeypatch.setattr(cached, "attention_items", needs((Need.TOO_LATE, "e90b20fa")))
    page = page_of("now")
    assert any(text.startswith("Nothing. No job that can still be helped") for text in texts_of(page.success))
    [late] = [one for one in page.expander if one.label.startswith("Too late for a person: 1 job")]
    assert not late.proto.expanded
    assert any("Job TOO" in text for text in texts_of(late.markdown))


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
    assert any("Denied by Ann: the job has no footprint, because it does not run." in text for text in texts)
    assert not any("Actual values" in text for text in texts)
    assert not any("expected" in frame.value.columns for frame in page.dataframe)


def test_a_job_without_a_place_has_no_footprint_and_no_actual_values(live):
    with ledger_of(live) as ledger:
        [waiting] = [one for one in ledger.decisions(mode="live") if one.job_id == "large"]
    page = opened("decisions", decision=waiting.id)
    assert any("The job has no footprint, because it does" in text for text in texts_of(page.caption))
    assert not any("expected" in frame.value.columns for frame in page.dataframe)
    assert not any("stored" in text for text in texts_of(page.caption))


def test_the_three_times_of_a_decision_have_names(live):
    with ledger_of(live) as ledger:
        [placed] = [one for one in ledger.decisions(mode="live") if one.job_id == "small"]
    page = opened("decisions", decision=placed.id)
    [times] = [text for text in texts_of(page.markdown) if text.startswith("**Last known hour:**")]
    assert "**Last known hour:** 20 May 2024 00:00 UTC" in times
    assert "**First possible start:** 20 May 2024 01:00 UTC" in times
    assert "**Recorded at:** 20 May 2024 01:40 UTC, by the clock" in times
    table = page.dataframe[0].value
    assert {str(time) for time in table["last known hour (UTC)"]} == {"2024-05-20 00:00:00"}
    assert "decided at" not in table.columns
    # ISO texts stay in the ledger and in the output of commands.
    assert not any("2024-05-20T" in text for text in (*texts_of(page.markdown), *texts_of(page.caption)))


def test_a_table_shows_what_would_free_a_job_in_rows_that_wrap_and_no_empty_column(live, monkeypatch):
    again = "another region, if the job is submitted again with it (Alpha from 15 Sep 14:00 UTC)"
    long = f"7 hours later (Beta from 15 Sep 21:00 UTC), or {again}"
    monkeypatch.setattr(decisions_view, "freeing_text", lambda *_: long)
    table = opened("decisions").dataframe[0]
    # Streamlit wraps a text in rows of more than 64 px only.
    assert table.proto.row_height > 64
    assert "what would free it" in table.value.columns
    table = opened("decisions", unplaced="true").dataframe[0]
    assert not {"region", "start (UTC)"} & set(table.value.columns)


def test_a_table_with_few_rows_has_no_empty_rows():
    # A heading of 35 px, the rows, and the border.
    assert table_px(3, 35) == 35 + 3 * 35 + 3
    assert table_px(50, 35) == table_px(50, 66) == 420


@pytest.fixture
def replayed_decision(tmp_path):
    """A decision of a replay."""
    workspace = write_workspace(tmp_path)
    with ledger_of(workspace) as ledger:
        made = denied("late", origin_utc=np.datetime64("2025-07-01T01", "h"), policy="priced")
        ledger.append([entry(made, mode="replay")])
        return ledger.decisions(mode="replay")[0].id


def test_a_decision_of_a_replay_says_that_it_cannot_be_approved_and_how_to_get_one_that_can(replayed_decision):
    page = opened("decisions", decision=replayed_decision)
    assert "It cannot be approved or denied" in texts_of(page.header)
    assert not any("approve or deny" in text for text in texts_of(page.caption))
    assert not [one for one in page.radio if one.label == "You decide"]
    assert "fleet decide --jobs trial/jobs.csv" in page.code[0].value


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


def test_a_replay_opens_at_an_hour_at_which_a_job_was_denied(tmp_path):
    workspace = write_workspace(tmp_path)
    # The band reaches Arizona's limit at both origins, and in more hours at the first one.
    warm = risk_rows(forecast=[39.0] * 24)
    is_first = (pl.col("origin_utc") == REPLAY_ORIGIN) & (pl.col("region") == "arizona")
    others = risk_table().filter(~(is_first & (pl.col("quantity") == "outdoor")))
    write_frame(workspace.risk, pl.concat([others, warm]))
    assert opened("now").slider(key="hour").value == REPLAY_ORIGIN.hour
    with ledger_of(workspace) as ledger:
        late = denied("late", origin_utc=hour_of(REPLAY_ORIGIN) + 1, policy="priced")
        ledger.append([entry(late, mode="replay")])
    st.cache_data.clear()
    assert opened("now").slider(key="hour").value == REPLAY_ORIGIN.hour + 1


def test_a_job_that_came_too_late_is_shown_no_limit(tmp_path):
    workspace = write_workspace(tmp_path)
    origin = hour_of(REPLAY_ORIGIN)
    # The job had to start four hours before the last known hour.
    asked = job(earliest_utc=origin - 8, deadline_utc=origin - 2)
    binding = Binding(limit=IT_POWER, region="arizona", hour_utc=origin + 1, bound=54.2, limit_value=120.0, unit="MW")
    late = entry(denied(origin_utc=origin, binding=binding, alternatives=()), job=asked, mode="replay")
    with ledger_of(workspace) as ledger:
        ledger.append([late])
    page = opened("decisions", decision=late.id)
    assert "**Limit:** no limit: the deadline" in texts_of(page.markdown)
    assert [table.value["limit"].to_list() for table in page.dataframe if "limit" in table.value] == [
        ["no limit: the deadline"]
    ]
    assert "<td>no limit: the deadline</td>" in write_report(workspace).read_text(encoding="utf-8")
