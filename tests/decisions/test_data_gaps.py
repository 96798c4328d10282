"""A job that has no place because a stream is silent is told "no data", with region, column and hour, never as heat."""

from functools import cache

import numpy as np
import pytest
from support.sites import DAY, NAIVE, calm, changed, decided, fleet_of, hour, job, region

from fleet.domain.decision import Decision, Verdict
from fleet.domain.limit import UNKNOWN
from fleet.domain.remedy import Change
from fleet.domain.telemetry import Telemetry
from fleet.ledger import Ledger, sqlite_url
from fleet.live.hour import LiveInputs, decide_live_hour
from fleet.physics.limits import IT_POWER
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepare import prepare
from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.workflows.remedy_text import remedies_text

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
ORIGIN = int((AT - hour("2024-01-01T00")) / np.timedelta64(1, "h"))
ALPHA = 0
# In alpha 4 MW are free, in beta 1 MW.
FULL_BETA = calm(FLEET, levels={"it_load_mw": {"beta": 9.0}})
DUE = {"duration_h": 2, "deadline_utc": AT + 3}


def silent(column: str, hours: int) -> Telemetry:
    """Return telemetry in which a column of alpha has no value in the last hours."""
    return changed(FULL_BETA, column, (ALPHA, slice(ORIGIN - hours + 1, ORIGIN + 1)), np.nan)


@cache
def prepared_without(column: str, hours: int):
    """Return the hour after AT, with a column of alpha silent for some hours."""
    return prepare(silent(column, hours).hours(0, ORIGIN + 1), FLEET, np.array([ORIGIN]), NAIVE)


def decision_of(column: str, hours: int, **asked) -> Decision:
    """Return the decision on one job in the hour after AT, with a column of alpha silent for some hours."""
    ((decision,), _) = decided(prepared_without(column, hours), [job("j", **asked)])
    return decision


def feeds(decision: Decision) -> list[tuple[str, str]]:
    """Return region and column of each feed that the decision wants restored."""
    return [(r.region, r.column) for r in decision.remedies if r.change is Change.RESTORE_FEED]


@pytest.mark.slow
def test_with_data_the_job_gets_its_place():
    assert decision_of("temperature_c", 0, power_mw=3.0, **DUE).region == "alpha"


@pytest.mark.slow
@pytest.mark.parametrize("column", BOUNDED)
@pytest.mark.parametrize("regions", [("alpha",), ()])
def test_a_job_that_a_silent_region_could_have_taken_is_denied_for_lack_of_data(column, regions):
    decision = decision_of(column, 20, power_mw=3.0, regions=regions, home_region="alpha", **DUE)
    assert decision.verdict is Verdict.DENY
    assert (decision.binding.limit, decision.binding.region) == (UNKNOWN, "alpha")
    assert (
        "no allowed region is safe; no data: no bound can be given in alpha, because "
        f"{column} has had no usable value since 2024-05-19T04:00Z (20 h; at most " in decision.reason
    )
    assert feeds(decision) == [("alpha", column)]
    assert decision.lacks_data
    assert f"restore the feed of {column} in Alpha" in remedies_text(decision.remedies, {"alpha": "Alpha"})


@pytest.mark.slow
@pytest.mark.parametrize("column", BOUNDED)
def test_a_job_that_waits_says_so_too(column):
    decision = decision_of(column, 20, power_mw=3.0, duration_h=2, deadline_utc=AT + 20)
    assert decision.verdict is Verdict.DEFER
    assert f"Waits: no allowed region is safe yet; no data: no bound can be given in alpha, because {column}" in (
        decision.reason
    )


@pytest.mark.slow
@pytest.mark.parametrize("column", BOUNDED)
def test_while_a_silence_is_bridged_the_limit_is_named_with_the_hour_of_its_bounds(column):
    decision = decision_of(column, 1, power_mw=4.5, regions=("alpha",), **DUE)
    assert decision.binding.limit == IT_POWER
    assert f"; no data in alpha: {column} has no newer value, so the bounds are at most those of 2024-05-19T23:00Z" in (
        decision.reason
    )
    assert feeds(decision) == [("alpha", column)]


@pytest.mark.slow
def test_a_region_that_is_too_small_with_any_data_is_not_the_reason():
    decision = decision_of("temperature_c", 20, power_mw=11.0, **DUE)
    assert (decision.binding.limit, decision.binding.region) == (IT_POWER, "beta")
    assert not decision.lacks_data
    assert "no data" not in decision.reason


def test_a_region_that_the_job_does_not_allow_is_not_the_reason():
    decision = decision_of("temperature_c", 20, power_mw=3.0, regions=("beta",), home_region="beta", **DUE)
    assert decision.binding.limit == IT_POWER
    assert not decision.lacks_data


@pytest.mark.slow
def test_a_region_with_a_short_history_is_named_but_no_feed_is_to_be_restored():
    decision = decision_of("temperature_c", ORIGIN + 1, power_mw=3.0, regions=("alpha",), **DUE)
    assert "temperature_c has no full day of values yet" in decision.reason
    assert not decision.lacks_data


@pytest.mark.parametrize("hours", [6, 20])
@pytest.mark.parametrize("column", BOUNDED)
def test_with_one_stream_silent_the_fleet_still_decides(column, hours):
    decision = decision_of(column, hours, power_mw=0.5, duration_h=2, deadline_utc=AT + 20)
    # A calm series bridges 12 h. After that the other region takes the job.
    assert decision.verdict is Verdict.APPROVE
    assert decision.region == ("alpha" if hours == 6 else "beta")


@pytest.mark.slow
@pytest.mark.parametrize("column", ["carbon_g_per_kwh", "price_usd_per_mwh"])
def test_a_cost_that_is_silent_is_no_data(column):
    decision = decision_of(column, 8 * DAY, power_mw=3.0, **DUE)
    assert decision.binding.limit == UNKNOWN
    assert (
        f"no allowed region with headroom has a known cost; in alpha {column} has had no value for" in decision.reason
    )
    assert feeds(decision) == [("alpha", column)]


@pytest.mark.slow
@pytest.mark.parametrize("column", BOUNDED)
def test_live_and_replay_tell_the_same(column, tmp_path):
    telemetry = silent(column, 20)
    asked = job("j", power_mw=3.0, earliest_utc=AT + 1, **DUE)
    with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        inputs = LiveInputs(telemetry=telemetry.hours(0, ORIGIN + 1), fleet=FLEET, settings=NAIVE, at=AT)
        live = decide_live_hour(inputs, [asked], ledger, policy="greedy", made_utc="2024-05-20T01:00:05Z")
    (entry,) = live.entries
    assert entry.decision.reason == decision_of(column, 20, power_mw=3.0, earliest_utc=AT + 1, **DUE).reason
    replay = replay_policies(
        telemetry, [asked], FLEET, ReplayOptions(policies=("greedy",), test_start=AT, settings=NAIVE)
    )
    counts = replay.outcomes["greedy"].counts
    assert (counts.denied, counts.denied_without_data, counts.denied_by_limit["unknown"]) == (1, 1, 1)
