"""Values that are held, and histories that are too short, are told apart from a feed that is silent."""

import numpy as np
import pytest
from support.sites import DAY, NAIVE, calm, changed
from support.workspaces import ORIGIN, WORKSPACE_DAYS, WORKSPACE_FLEET, write_workspace

from fleet.domain.clock import parse_hour
from fleet.storage.telemetry_store import write_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.attention import Need, attention_items
from fleet.workflows.checked_telemetry import check_if_stored
from fleet.workflows.decide_hour import HourRequest, record_hour
from fleet.workflows.hour_facts import live_hour_facts
from fleet.workflows.region_status import region_statuses
from fleet.workflows.stream_ages import stream_ages

AT = parse_hour(ORIGIN)
LAST = WORKSPACE_DAYS * DAY - 5 * DAY


@pytest.fixture
def workspace(tmp_path):
    """Alpha's load has been zero for the last twelve hours. Beta's load has been reported for fifty days."""
    workspace = Workspace(write_workspace(tmp_path))
    telemetry = changed(calm(WORKSPACE_FLEET, WORKSPACE_DAYS), "it_load_mw", (0, slice(LAST - 11, LAST + 1)), 0.0)
    telemetry = changed(telemetry, "it_load_mw", (1, slice(0, LAST + 1 - 50 * DAY)), np.nan)
    # Carbon has no bound: its shorter history is not why there is none.
    write_telemetry(
        workspace.telemetry, changed(telemetry, "carbon_g_per_kwh", (1, slice(0, LAST + 1 - 40 * DAY)), np.nan)
    )
    return workspace


def test_the_age_is_that_of_the_newest_value_that_counts(workspace):
    checked = check_if_stored(workspace, WORKSPACE_FLEET)
    ages = {(age.region, age.column): age for age in stream_ages(checked, WORKSPACE_FLEET, AT)}
    held, young = ages["alpha", "it_load_mw"], ages["beta", "it_load_mw"]
    assert (held.age_h, held.held_h, held.is_stale) == (12, 12, True)
    assert held.words.startswith("has 12 values held as doubtful (")
    assert (young.age_h, young.held_h, young.history_h) == (0, 0, 49 * DAY)
    # Before the fault, nothing was wrong.
    before = stream_ages(checked, WORKSPACE_FLEET, AT - 12)
    assert not any(age.is_stale or age.held_h for age in before)


def test_held_values_and_a_short_history_need_a_person(workspace):
    request = HourRequest(
        workspace=workspace, fleet=WORKSPACE_FLEET, settings=NAIVE, now_utc="2024-05-20T01:30:00Z", at=AT
    )
    record_hour(request)
    facts = live_hour_facts(workspace, WORKSPACE_FLEET, None, AT)
    statuses = region_statuses(facts, workspace, WORKSPACE_FLEET, None)
    # A load that is held is not shown as zero.
    assert (statuses["alpha"].load_mw, statuses["beta"].load_mw) == (None, 6.0)
    held, young = attention_items(facts, statuses, WORKSPACE_FLEET, None)
    assert held.need == young.need == Need.STALE
    assert held.title.startswith("Doubtful data in ")
    assert "it_load_mw has 12 values held as doubtful" in held.sentence
    assert "fleet quality" in held.advice
    assert young.title.startswith("No bound yet in ")
    assert young.sentence == (
        "it_load_mw has 49 days of history, and a bound needs about 120: the region gets no new job for about 71 days."
    )
