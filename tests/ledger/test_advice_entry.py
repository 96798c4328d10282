"""Advice is recorded beside the decisions, once, and never changed."""

import json

import numpy as np
import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DatabaseError
from support.advices import advice, advice_entry
from support.entries import FIRST, ORIGIN, decision, entry

from fleet.domain.decision import Binding
from fleet.errors import LedgerError
from fleet.ledger import Ledger
from fleet.ledger.advice_entry import advice_row
from fleet.ledger.database import open_engine
from fleet.ledger.tables import advices, decisions, metadata, overrides
from fleet.physics.limits import UNKNOWN


def test_the_same_advice_has_the_same_id_at_any_time_of_writing():
    assert advice_entry().id == advice_entry(made_utc="2030-01-01T00:00:00Z").id
    assert len(advice_entry().id) == 16


@pytest.mark.parametrize(
    "other",
    [
        advice_entry("another"),
        advice_entry(advice(region="beta", to_region="alpha")),
        advice_entry(advice(to_region=None)),
        advice_entry(advice(origin_utc=ORIGIN + 1)),
        advice_entry(mode="replay"),
        advice_entry(input_hash="1" * 64),
        advice_entry(decision_id="0" * 16),
    ],
    ids=str,
)
def test_advice_with_other_inputs_or_another_outcome_has_another_id(other):
    assert other.id != advice_entry().id


def test_a_row_is_strict_json_with_times_in_utc():
    unknown = Binding(limit=UNKNOWN, region="alpha", hour_utc=FIRST, bound=np.inf, limit_value=0.0, unit="MW")
    row = advice_row(advice_entry(advice(binding=unknown)))
    content = json.loads(json.dumps(dict(row), allow_nan=False))
    assert (content["binding"]["hour_utc"], content["binding"]["bound"]) == ("2024-05-20T01:00Z", None)
    assert (content["origin_utc"], content["to_region"]) == ("2024-05-20T00:00Z", "beta")


def test_advice_is_recorded_once_and_read_in_the_order_of_writing(ledger):
    assert ledger.append([entry("a")], [advice_entry("b"), advice_entry("a", decision_id=entry("a").id)]) == 3
    assert ledger.append([], [advice_entry("b", made_utc="2030-01-01T00:00:00Z"), advice_entry("c")]) == 1
    records = ledger.advices(mode="live")
    assert [record.job_id for record in records] == ["b", "a", "c"]
    assert records[0].made_utc == "2024-05-20T01:00:00Z"
    assert records[1].decision_id == entry("a").id


def test_a_decision_has_the_advice_on_its_job(ledger):
    first, later = entry("a"), entry(decision("a", origin_utc=ORIGIN + 1))
    on_a = advice_entry("a", decision_id=later.id)
    ledger.append([first, later], [on_a, advice_entry("b")])
    ledger.append([], [advice_entry("a", mode="replay")])
    for recorded in (first, later):
        assert [record.id for record in ledger.decision(recorded.id).advices] == [on_a.id]


def test_live_and_replayed_advice_are_read_separately(ledger):
    ledger.append([], [advice_entry("a"), advice_entry("b", mode="replay")])
    assert [record.job_id for record in ledger.advices(mode="live")] == ["a"]
    assert [record.job_id for record in ledger.advices(mode="replay")] == ["b"]


@pytest.mark.parametrize(
    ("entries", "advices"),
    [
        ([entry("a")], [advice_entry(advice(reason=None))]),
        ([entry(decision("a", reason=None))], [advice_entry()]),
        ([entry("a")], [advice_entry(decision_id="unknown")]),
    ],
)
def test_decisions_and_advice_are_added_together_or_not_at_all(ledger, entries, advices):
    with pytest.raises(LedgerError):
        ledger.append(entries, advices)
    assert ledger.decisions() == ledger.advices(mode="live") == []


@pytest.mark.parametrize("change", ["UPDATE advices SET to_region = 'alpha'", "DELETE FROM advices"])
def test_the_database_refuses_to_change_or_delete_advice(ledger, url, change):
    ledger.append([], [advice_entry()])
    engine = open_engine(url)
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    assert [record.to_region for record in ledger.advices(mode="live")] == ["beta"]


def test_a_ledger_without_the_table_of_advice_gets_it_and_keeps_its_rows(url):
    engine = open_engine(url)
    metadata.create_all(engine, tables=[decisions, overrides])
    engine.dispose()
    for _ in range(2):
        ledger = Ledger(url)
        ledger.append([entry("a")], [advice_entry("a", decision_id=entry("a").id)])
        assert len(ledger.decision(entry("a").id).advices) == 1
        ledger.close()
    engine = open_engine(url)
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(delete(advices))
    engine.dispose()
