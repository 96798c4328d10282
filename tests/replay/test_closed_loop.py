"""The closed loop over history: policies decide on forecasts, and the actual values give the outcomes."""

from functools import cache

import numpy as np
import pytest
from support.builders import corrupted
from support.sites import (
    CALM_DAYS,
    DAY,
    NAIVE,
    TWIN_DAYS,
    calm,
    changed,
    fleet_of,
    hour,
    job,
    region,
    summer_jobs,
    summer_twin,
)

from fleet.domain.decision import Verdict
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.fleets import load_fleet
from fleet.physics.headroom import facility_mw
from fleet.placement import POLICIES
from fleet.replay.closed_loop import ORACLE, Replay, ReplayOptions, replay_policies
from fleet.twin import make_twin

FLEET = load_fleet()
START = hour("2024-04-01T00") + (TWIN_DAYS - 20) * DAY
JSON_KEYS = {
    "jobs",
    "approved",
    "deferred",
    "denied",
    "withdrawn",
    "contested_jobs",
    "contested_approved",
    "contested_breached",
    "breached_jobs",
    "breach_rate",
    "contested_breach_rate",
    "breach_bound",
    "breach_interval_95",
    "breached_region_hours",
    "safe_jobs",
    "safe_approved",
    "carbon_t",
    "water_m3",
    "energy_mwh",
    "served_mwh",
    "unserved_mwh",
    "cost_usd",
    "cost_per_served_mwh",
    "deadline_misses",
}


@cache
def summer() -> Replay:
    """Return the replay of all policies over the last 20 days of the summer twin."""
    twin = summer_twin()
    return replay_policies(
        twin.telemetry, summer_jobs(), FLEET, ReplayOptions(settings=NAIVE, test_start=START, explain=tuple(POLICIES))
    )


def replay_calm(telemetry: Telemetry, jobs, fleet: Fleet, **options) -> Replay:
    """Replay jobs on calm telemetry, by default from May 19 on."""
    options = ReplayOptions(settings=NAIVE, **({"test_start": hour("2024-05-19T00")} | options))
    return replay_policies(telemetry, jobs, fleet, options)


@pytest.mark.slow
def test_the_json_has_the_keys_of_the_contract():
    content = summer().as_dict()
    assert set(content) >= {"policies", "bound", "seconds"}
    assert set(content["bound"]) >= {"objective"}
    assert list(content["policies"]) == list(POLICIES)
    # Only a policy with prices has a lower bound of its plans.
    assert content["policies"]["greedy"]["plans"]["bound_usd"] is None
    plans = content["policies"]["priced"]["plans"]
    assert 0 < plans["bound_usd"] <= plans["objective_usd"]
    for figures in content["policies"].values():
        assert set(figures) >= JSON_KEYS
        assert len(figures["breach_interval_95"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_counts_add_up(name):
    outcome = summer().outcomes[name]
    counts, breaches, safe, resources = outcome.counts, outcome.breaches, outcome.safe, outcome.resources
    assert counts.jobs > 1_000
    assert counts.approved + counts.denied == counts.jobs
    assert counts.deferred <= counts.approved
    assert safe.safe_approved <= safe.safe_jobs <= counts.jobs
    assert breaches.contested_breached <= min(breaches.contested_approved, breaches.breached_jobs)
    assert breaches.contested_approved <= min(breaches.contested_jobs, counts.approved)
    assert counts.deadline_misses == 0
    low, high = breaches.breach_interval_95
    assert 0 <= low <= breaches.breach_rate <= high <= 1
    total_mwh = summer().runs[name].work.energy_mwh.sum()
    assert resources.served_mwh + resources.unserved_mwh == pytest.approx(total_mwh)


@pytest.mark.slow
def test_every_job_has_one_final_decision_within_its_window():
    for run in summer().runs.values():
        assert [decision.job_id for decision in run.decisions] == [submitted.id for submitted in run.work.jobs]
        for submitted, decision in zip(run.work.jobs, run.decisions, strict=True):
            if decision.verdict is Verdict.DENY:
                assert decision.start_utc is None
            else:
                assert submitted.earliest_utc <= decision.start_utc <= submitted.latest_start_utc


@pytest.mark.slow
def test_home_region_approves_everything_and_the_bound_prevents_breaches_of_a_point_forecast():
    outcomes = summer().outcomes
    home = outcomes["home_region"].counts
    assert home.approved == home.jobs
    assert home.deferred == 0
    bound, forecast = (outcomes[name].breaches.breach_rate for name in ("greedy", "point_forecast"))
    assert bound <= 0.05
    assert forecast > 3 * bound


@pytest.mark.slow
def test_the_oracle_breaches_only_beyond_the_horizon():
    outcome = summer().outcomes[ORACLE]
    ran = outcome.counts.approved - outcome.counts.withdrawn
    assert outcome.safe.safe_jobs == outcome.safe.safe_approved == ran - outcome.breaches.breached_jobs
    # Within the horizon the oracle knows the actual values. Only jobs that end beyond it can breach.
    run = summer().runs[ORACLE]
    end_h = run.status.start_h + run.work.duration_h
    assert (end_h - run.status.start_h > 24)[run.breached].all()


@pytest.mark.slow
def test_greedy_never_exceeds_wyomings_grid():
    actuals, run = summer().actuals, summer().runs["greedy"]
    first = summer().telemetry.position(summer().prepared.origin_utc[0])
    wyoming = FLEET.region_ids.index("wyoming")
    load_mw = actuals.base_load_mw[wyoming] + run.job_mw[wyoming]
    assert run.job_mw[wyoming].max() > 5
    assert (load_mw <= actuals.safe_load_mw[wyoming] + 1e-9)[first:].all()


# With these seeds the utility calls in 2, 2 and 3 of the hours in which jobs run.
@pytest.mark.slow
@pytest.mark.parametrize("seed", [6, 17, 18])
def test_breaches_stay_within_the_promise_and_within_wyomings_grid_in_other_weather(seed):
    twin = make_twin(FLEET, start=summer_twin().telemetry.time_utc[0], hours=TWIN_DAYS * DAY, seed=seed)
    jobs = jobs_from_frame(twin.jobs, table="jobs", regions=FLEET.regions).jobs
    replay = replay_policies(
        twin.telemetry, jobs, FLEET, ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",))
    )
    assert replay.outcomes["greedy"].counts.approved > 500
    assert replay.outcomes["greedy"].breaches.breach_rate <= 0.05
    wyoming = FLEET.region_ids.index("wyoming")
    grid_mw, contract_mw = twin.telemetry.column("grid_limit_mw")[wyoming], FLEET.regions[wyoming].grid_limit_mw
    assert grid_mw.max() == contract_mw
    first = replay.telemetry.position(replay.prepared.origin_utc[0])
    job_mw = replay.runs["greedy"].job_mw[wyoming]
    drawn_mw = facility_mw(replay.actuals.weather[wyoming], replay.actuals.base_load_mw[wyoming] + job_mw)[first:]
    # The base load is not decided here, so only hours with jobs count.
    has_jobs = job_mw[first:] > 0
    is_exceeded = drawn_mw > grid_mw[first:] + 1e-6
    assert not (is_exceeded & has_jobs).any()
    is_called = grid_mw[first:] < contract_mw
    assert (is_called & has_jobs).any()
    assert drawn_mw[has_jobs].max() <= contract_mw


@pytest.mark.slow
def test_equal_inputs_give_equal_results():
    options = ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",), explain=("greedy",))
    again = replay_policies(summer_twin().telemetry, summer_jobs()[::-1], FLEET, options)
    assert again.runs["greedy"].decisions == summer().runs["greedy"].decisions
    assert again.outcomes["greedy"] == summer().outcomes["greedy"]
    assert list(again.outcomes) == ["greedy", ORACLE]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["random", *(pytest.param(how, marks=pytest.mark.slow) for how in ("huge", "missing"))])
def test_values_after_an_origin_do_not_change_its_decisions(how):
    twin = summer_twin()
    after = twin.telemetry.position(START) + 5 * DAY
    values = {name: corrupted(grid, after, how) for name, grid in twin.telemetry.values.items()}
    corrupt = Telemetry(regions=twin.telemetry.regions, time_utc=twin.telemetry.time_utc, values=values)
    options = ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",), explain=("greedy",))
    replay = replay_policies(corrupt, summer_jobs(), FLEET, options)
    last = twin.telemetry.time_utc[after]
    pairs = zip(summer().runs["greedy"].decisions, replay.runs["greedy"].decisions, strict=True)
    before = [(original, decision) for original, decision in pairs if original.origin_utc <= last]
    assert len(before) > 200
    for original, decision in before:
        assert decision == original


@pytest.mark.slow
def test_without_policies_the_oracle_is_replayed_alone():
    fleet = fleet_of()
    assert list(replay_calm(calm(fleet), [job()], fleet, policies=()).outcomes) == [ORACLE]


def test_an_unknown_policy_is_refused():
    with pytest.raises(ConfigError, match="policy 'magic' is unknown, expected some of home_region"):
        ReplayOptions(policies=("greedy", "magic"))


@pytest.mark.parametrize("jobs", [[], [job(earliest_utc=hour("2024-03-01T00"))]])
def test_a_replay_without_a_job_in_its_hours_is_refused(jobs):
    fleet = fleet_of()
    with pytest.raises(DataError, match=f"none of the {len(jobs)} jobs has its window between 2024-05-19T01:00Z and"):
        replay_calm(calm(fleet), jobs, fleet)


@pytest.mark.parametrize("hours", [1, 2, 3, 48])
def test_a_replay_of_a_few_hours_of_telemetry_is_refused(hours):
    fleet = fleet_of()
    with pytest.raises(DataError):
        replay_policies(calm(fleet).hours(0, hours), [job()], fleet, ReplayOptions(settings=NAIVE))


@pytest.mark.slow
def test_a_job_is_replayed_if_its_window_ends_by_the_last_hour():
    fleet = fleet_of()
    end = hour("2024-01-01T00") + CALM_DAYS * DAY
    last_hour = job("last-hour", duration_h=1, earliest_utc=end - 1, deadline_utc=end)
    too_late = job("too-late", duration_h=1, earliest_utc=end - 1, deadline_utc=end + 1)
    too_early = job("too-early", earliest_utc=end - 48, deadline_utc=end - 24)
    replay = replay_calm(calm(fleet), [last_hour, too_late, too_early], fleet, test_start=end - 48)
    assert replay.excluded_jobs == 2
    run = replay.runs["greedy"]
    assert [submitted.id for submitted in run.work.jobs] == ["last-hour"]
    assert run.status.start_h.tolist() == [(end - 1).astype(np.int64)]


@pytest.mark.slow
def test_a_calm_region_is_filled_to_its_limit_and_not_beyond():
    fleet = fleet_of(region("alpha"))
    jobs = [job(f"j{index}", duration_h=6) for index in range(6)]
    outcomes = replay_calm(calm(fleet), jobs, fleet).outcomes
    # 4 MW are left for 6 h: four jobs of 1 MW run, and the two others have no other place.
    assert outcomes["greedy"].counts.approved == outcomes[ORACLE].counts.approved == 4
    assert outcomes["greedy"].breaches.breached_jobs == 0
    # Under `home_region` all six jobs run, and 6 + 6 MW exceed 10 MW in each of the six hours.
    assert outcomes["home_region"].breaches.breached_jobs == 6
    assert outcomes["home_region"].breaches.breached_region_hours == 6


@pytest.mark.slow
def test_hours_without_actual_values_are_no_breach_and_add_no_carbon():
    fleet = fleet_of(region("alpha"))
    whole = calm(fleet)
    gap = whole.position(hour("2024-05-20T03"))
    gapped = changed(whole, "temperature_c", (0, slice(gap, None)), np.nan)
    jobs = [job(f"j{index}", duration_h=6) for index in range(6)]
    known, partly_known = (
        replay_calm(telemetry, jobs, fleet, policies=("home_region",)).outcomes["home_region"]
        for telemetry in (whole, gapped)
    )
    # Two of the six hours have actual values.
    assert partly_known.breaches.breached_region_hours == 2
    assert partly_known.resources.served_mwh == 36
    assert partly_known.resources.carbon_t == pytest.approx(known.resources.carbon_t / 3)


@pytest.mark.slow
def test_progress_is_reported_with_the_name_of_each_stage():
    fleet, reports = fleet_of(), []
    options = ReplayOptions(settings=NAIVE, policies=("greedy",), test_start=hour("2024-05-19T00"))
    replay_policies(calm(fleet), [job()], fleet, options, lambda stage, share: reports.append((stage, share)))
    assert reports[0][0] == "forecasts and bounds"
    assert dict(reports) == {"forecasts and bounds": 1.0, "greedy": 1.0, ORACLE: 1.0}
    assert all(0 <= share <= 1 for _, share in reports)
