"""Which decisions have the same id, and the row of a decision."""

import json

import numpy as np
import pytest
from support.entries import decision, denied, entry, job
from support.sites import hour

from fleet.domain.decision import Binding, Verdict
from fleet.ledger.decision_entry import decision_row
from fleet.physics.limits import GRID


def test_the_same_decision_has_the_same_id_at_any_time_of_writing():
    assert entry().id == entry(made_utc="2030-01-01T00:00:00Z").id
    assert len(entry().id) == 16


@pytest.mark.parametrize(
    "other",
    [
        entry("another"),
        entry(input_hash="1" * 64),
        entry(mode="replay"),
        entry(model="ridge 1"),
        entry(bands="split 1"),
        entry(decision(policy="home_region")),
        entry(decision(origin_utc=hour("2024-05-20T01"))),
        entry(decision(region="beta")),
        entry(decision(start_utc=hour("2024-05-20T02"))),
        entry(decision(verdict=Verdict.DEFER)),
        entry(denied()),
        entry(previous_id="0123456789abcdef"),
        entry(job=job(power_mw=1.5)),
        entry(job=job(duration_h=3)),
        entry(job=job(deadline_utc=hour("2024-05-21T00"))),
    ],
    ids=str,
)
def test_a_decision_with_other_inputs_or_another_outcome_has_another_id(other):
    assert other.id != entry().id


def test_a_row_is_strict_json_with_times_in_utc():
    unbounded = Binding(
        limit=GRID, region="alpha", hour_utc=hour("2024-05-20T01"), bound=np.inf, limit_value=10.0, unit="MW"
    )
    row = decision_row(entry(denied(binding=unbounded)))
    text = json.dumps(dict(row), allow_nan=False)
    assert json.loads(text)["binding"] == {
        "limit": "grid",
        "region": "alpha",
        "hour_utc": "2024-05-20T01:00Z",
        "bound": None,
        "limit_value": 10.0,
        "unit": "MW",
    }
    assert row["alternatives"][0]["start_utc"] == "2024-05-20T02:00Z"
    assert row["start_utc"] is None
    assert row["verdict"] == "deny"


def test_the_entry_of_an_equal_job_shares_the_cells_and_has_the_row_that_it_would_have_alone():
    first = entry("a")
    alone = entry("b", previous_id=first.id)
    shared = first.for_equal_job(alone.decision, alone.job, alone.previous_id)
    assert (shared.row, shared.id) == (alone.row, alone.id)
    assert shared.row["expected"] is first.row["expected"]
