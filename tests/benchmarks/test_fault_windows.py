"""The count of approvals that rest on missing data."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from support.sites import DAY, NAIVE, changed, summer_twin

from fleet.fleets import load_fleet
from fleet.preparation.prepare import prepare
from fleet.preparation.prepared import Prepared
from fleet.preparation.silence import Cause

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FLEET, REGION, ORIGIN = load_fleet(), 1, 134 * DAY + 5


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("fault_windows")


def counts(bench: ModuleType, prepared: Prepared) -> dict[str, int]:
    """Return the counts of one approval of 2 h in the silent region, made at the last origin."""
    origin_utc = prepared.origin_utc[-1]
    decision = SimpleNamespace(
        region=FLEET.region_ids[REGION],
        origin_utc=origin_utc,
        start_utc=origin_utc + np.timedelta64(4, "h"),
        job_id="a",
    )
    work = SimpleNamespace(jobs=[SimpleNamespace(id="a", duration_h=2)])
    found: dict[str, int] = bench.rests(prepared, SimpleNamespace(decisions=[decision], work=work))
    return found


@pytest.mark.slow
def test_an_approval_rests_on_missing_data_if_its_region_is_closed_or_gives_more_than_with_data(bench):
    telemetry = changed(summer_twin().telemetry, "temperature_c", (REGION, slice(ORIGIN, None)), np.nan)
    prepared = prepare(telemetry.hours(0, ORIGIN + 1), FLEET, np.array([ORIGIN - 1, ORIGIN]), NAIVE)
    assert prepared.silence.heard_h[1].tolist() == [0, 1, 0]
    assert counts(bench, prepared) == {"approvals": 1, "closed": 0, "above": 0}

    safe_load_mw = prepared.levels.safe_load_mw.copy()
    safe_load_mw[:, 1] += 30
    more = replace(prepared, levels=replace(prepared.levels, safe_load_mw=safe_load_mw))
    assert counts(bench, more) == {"approvals": 1, "closed": 0, "above": 1}

    cause = np.full_like(prepared.silence.cause, Cause.SILENT)
    closed = replace(prepared, silence=replace(prepared.silence, cause=cause))
    assert counts(bench, closed) == {"approvals": 1, "closed": 1, "above": 0}
