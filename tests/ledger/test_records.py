"""Records read back what was written, and hold null where a number is not finite."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.advices import advice, advice_entry
from support.entries import FIRST, ORIGIN, decision, denied, entry

from fleet.domain.decision import Alternative, Binding, Footprint, Verdict
from fleet.errors import DataError
from fleet.ledger import PlaceChoice
from fleet.ledger.records import AlternativeRecord, BindingRecord, FootprintRecord, JobRecord
from fleet.physics.limits import GRID, LIMITS

NOW = "2024-05-20T02:00:00Z"


def binding(**changes) -> Binding:
    """Return a binding limit; by default the grid."""
    defaults = {
        "limit": GRID,
        "region": "alpha",
        "hour_utc": FIRST,
        "bound": 7.0,
        "limit_value": 10.0,
        "unit": "MW",
    }
    return Binding(**(defaults | changes))


def test_a_decision_is_read_back_as_it_was_written(ledger):
    written = entry(denied("a", contested=True))
    ledger.append([written])
    record = ledger.decision(written.id)
    made = written.decision
    assert (record.id, record.job_id, record.mode, record.policy) == (written.id, "a", "live", made.policy)
    assert (record.verdict, record.region, record.start_utc) == (Verdict.DENY, None, None)
    assert (record.origin_utc, record.made_utc) == (ORIGIN, written.made_utc)
    assert (record.duration_h, record.power_mw) == (written.job.duration_h, written.job.power_mw)
    assert (record.confidence, record.reason, record.contested) == (made.confidence, made.reason, True)
    assert record.binding == BindingRecord.model_validate(made.binding)
    assert record.alternatives == tuple(
        AlternativeRecord.model_validate(alternative) for alternative in made.alternatives
    )
    assert (record.expected, record.saved) == (
        FootprintRecord.model_validate(made.expected),
        FootprintRecord.model_validate(made.saved),
    )
    assert (record.model, record.bands, record.input_hash) == (written.model, written.bands, written.input_hash)
    assert record.overrides == record.advices == ()


def test_an_override_is_read_back_as_it_was_written(ledger):
    written = entry(denied("a"))
    ledger.append([written])
    forced = PlaceChoice(is_forced=True)
    override = ledger.override(written.id, Verdict.APPROVE, by="Ann", reason="must run", made_utc=NOW, choice=forced)
    assert ledger.decision(written.id).overrides == (override,)
    assert (override.decision_id, override.made_utc, override.by, override.reason) == (
        written.id,
        NOW,
        "Ann",
        "must run",
    )
    # Beta at 02 is the best alternative of the denied job.
    assert (override.verdict, override.region, override.start_utc) == (Verdict.APPROVE, "beta", FIRST + 1)


def test_an_advice_is_read_back_as_it_was_written(ledger):
    ledger.append([], [advice_entry(advice(to_region=None))])
    (record,) = ledger.advices(mode="live")
    assert (record.job_id, record.region, record.to_region, record.decision_id) == ("job", "alpha", None, None)
    assert record.origin_utc == ORIGIN
    assert record.binding == BindingRecord.model_validate(advice().binding)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.label)
def test_a_binding_limit_is_stored_as_its_label_and_read_back_as_the_limit(limit):
    stored = BindingRecord.cell_of(binding(limit=limit))
    assert stored["limit"] == limit.label
    assert BindingRecord.model_validate(stored).limit == limit


def test_an_unknown_label_is_refused():
    stored = BindingRecord.cell_of(binding()) | {"limit": "magic"}
    with pytest.raises(DataError, match="limit 'magic' is unknown, expected one of unknown, outdoor"):
        BindingRecord.model_validate(stored)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_becomes_null(value):
    alternative = Alternative(region="beta", start_utc=FIRST, cost_usd=value, headroom_left_mw=value)
    cells = {
        BindingRecord: BindingRecord.cell_of(binding(bound=value, limit_value=value)),
        AlternativeRecord: AlternativeRecord.cell_of(alternative),
        FootprintRecord: FootprintRecord.cell_of(Footprint(carbon_kg=value, water_l=2.0, cost_usd=value)),
    }
    limit, option, footprint = (json.loads(json.dumps(cell, allow_nan=False)) for cell in cells.values())
    assert (limit["bound"], limit["limit_value"]) == (None, None)
    assert (option["cost_usd"], option["headroom_left_mw"]) == (None, None)
    assert footprint == {"carbon_kg": None, "water_l": 2.0, "cost_usd": None}
    for kind, cell in cells.items():
        assert kind.model_validate(cell).as_dict() == cell


def test_the_json_of_a_record_has_iso_times_and_plain_values(ledger):
    written = entry("a")
    ledger.append([written])
    content = json.loads(json.dumps(ledger.decision(written.id).as_dict(), allow_nan=False))
    assert (content["origin_utc"], content["start_utc"]) == ("2024-05-20T00:00Z", "2024-05-20T01:00Z")
    assert (content["verdict"], content["binding"]["limit"]) == ("approve", "grid")
    assert content["expected"] == {"carbon_kg": 1.0, "water_l": 2.0, "cost_usd": 3.0}
    assert (content["alternatives"], content["overrides"], content["advices"]) == ([], [], [])


def job_record(ledger, written) -> JobRecord:
    """Return the record of the job of a single written decision."""
    ledger.append([written])
    (record,) = ledger.jobs(mode="live")
    return record


def test_the_record_of_a_placed_job_knows_when_the_job_runs(ledger):
    record = job_record(ledger, entry(decision("a", alternatives=denied().alternatives)))
    assert record.has_place
    assert not record.waits
    # Two hours from FIRST on.
    assert record.end_utc == FIRST + 2
    assert record.begins_before(FIRST + 1)
    assert not record.begins_before(FIRST)
    assert record.alternative_regions == ("beta", "alpha")
    assert not record.overridden


def test_the_record_of_a_waiting_job_has_no_place(ledger):
    waiting = replace(denied("a"), verdict=Verdict.DEFER)
    record = job_record(ledger, entry(waiting))
    assert record.waits
    assert not record.has_place
    with pytest.raises(ValueError, match="job a has no place"):
        _ = record.end_utc


def test_the_record_of_a_denied_job_neither_waits_nor_has_a_place(ledger):
    record = job_record(ledger, entry(denied("a")))
    assert not record.waits
    assert not record.has_place


def test_an_override_changes_the_record_of_its_job(ledger):
    written = entry("a")
    ledger.append([written])
    ledger.override(written.id, Verdict.DENY, by="Ann", reason="maintenance", made_utc=NOW)
    (record,) = ledger.jobs(mode="live")
    assert (record.verdict, record.region, record.start_utc, record.overridden) == (Verdict.DENY, None, None, True)
    assert not record.has_place
