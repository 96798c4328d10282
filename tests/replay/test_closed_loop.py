"""The pipeline over history, judged by what happened."""

import re
from functools import cache

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import CALM_DAYS, DAY, NAIVE, TWIN_DAYS, calm, fleet_of, hour, job, region, summer_jobs, summer_twin

from fleet.domain.decision import Verdict
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.fleets import load_fleet
from fleet.physics.headroom import facility_mw
from fleet.placement import POLICIES
from fleet.replay.closed_loop import ORACLE, Replay, ReplayOptions, replay_policies
from fleet.twin import make_twin

FLEET = load_fleet()
START = hour("2024-04-01T00") + (TWIN_DAYS - 20) * DAY
CONTRACT = re.findall(
    r"\w+",
    """jobs approved deferred denied withdrawn contested_jobs contested_approved contested_breached breached_jobs
    breach_rate contested_breach_rate breach_bound breach_interval_95 breached_region_hours safe_jobs safe_approved
    carbon_t water_m3 energy_mwh served_mwh unserved_mwh cost_usd cost_per_served_mwh deadline_misses""",
)


@cache
def summer() -> Replay:
    twin = summer_twin()
    return replay_policies(
        twin.telemetry, summer_jobs(), FLEET, ReplayOptions(settings=NAIVE, test_start=START, explain=tuple(POLICIES))
    )


def test_the_figures_are_those_of_the_contract():
    content = summer().as_dict()
    assert set(content) >= {"policies", "bound", "seconds"}
    assert set(content["bound"]) >= {"objective"}
    assert list(content["policies"]) == list(POLICIES)
    # A plan's bound is below what the plan came to, and only a policy that prices knows one.
    assert content["policies"]["greedy"]["plans"]["bound_usd"] is None
    plans = content["policies"]["priced"]["plans"]
    assert 0 < plans["bound_usd"] <= plans["objective_usd"]
    for figures in content["policies"].values():
        assert set(figures) >= set(CONTRACT)
        assert len(figures["breach_interval_95"]) == 2


@pytest.mark.parametrize("name", POLICIES)
def test_counts_add_up(name):
    found = summer().outcomes[name]
    assert found.counts.jobs > 1_000
    assert found.counts.approved + found.counts.denied == found.counts.jobs
    assert found.counts.deferred <= found.counts.approved
    assert found.safe.safe_approved <= found.safe.safe_jobs <= found.counts.jobs
    assert found.breaches.contested_breached <= min(found.breaches.contested_approved, found.breaches.breached_jobs)
    assert found.breaches.contested_approved <= min(found.breaches.contested_jobs, found.counts.approved)
    assert found.counts.deadline_misses == 0
    low, high = found.breaches.breach_interval_95
    assert 0 <= low <= found.breaches.breach_rate <= high <= 1
    total = summer().runs[name].work.energy_mwh.sum()
    assert found.resources.served_mwh + found.resources.unserved_mwh == pytest.approx(total)


def test_every_job_has_one_final_decision_within_its_window():
    for run in summer().runs.values():
        assert [decision.job_id for decision in run.decisions] == [each.id for each in run.work.jobs]
        for own, decision in zip(run.work.jobs, run.decisions, strict=True):
            if decision.verdict is Verdict.DENY:
                assert decision.start_utc is None
            else:
                assert own.earliest_utc <= decision.start_utc <= own.latest_start_utc


def test_home_now_approves_everything_and_the_bound_keeps_what_a_point_forecast_breaks():
    found = summer().outcomes
    assert found["home_region"].approved == found["home_region"].jobs
    assert found["home_region"].deferred == 0
    assert found["greedy"].breach_rate <= 0.05 < found["point_forecast"].breach_rate


def test_foresight_runs_its_safe_jobs_without_a_breach():
    found = summer().outcomes[ORACLE]
    assert (
        found.safe.safe_jobs
        == found.safe.safe_approved
        == found.counts.approved - found.counts.withdrawn - found.breaches.breached_jobs
    )
    # Within the horizon it knows everything; only jobs that reach past it can meet what it did not see.
    run = summer().runs[ORACLE]
    end_h = run.status.start_h + run.work.duration_h
    assert (end_h - run.status.start_h > 24)[run.breached].all()


def test_greedys_load_keeps_wyomings_grid():
    actuals, run = summer().actuals, summer().runs["greedy"]
    first = summer().telemetry.position(summer().prepared.origin_utc[0])
    wyoming = FLEET.region_ids.index("wyoming")
    passed = actuals.base_load_mw[wyoming] + run.job_mw[wyoming] > actuals.safe_load_mw[wyoming] + 1e-9
    assert run.job_mw[wyoming].max() > 5
    assert not passed[first:].any()


# Seeds whose utility calls while jobs run: in 2, 2 and 3 hours.
@pytest.mark.parametrize("seed", [6, 17, 18])
def test_no_more_breaches_than_allowed_and_never_past_wyomings_grid_whatever_the_weather(seed):
    twin = make_twin(FLEET, start=summer_twin().telemetry.time_utc[0], hours=TWIN_DAYS * DAY, seed=seed)
    jobs = jobs_from_frame(twin.jobs, table="jobs", regions=FLEET.regions).jobs
    found = replay_policies(
        twin.telemetry, jobs, FLEET, ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",))
    )
    assert found.outcomes["greedy"].counts.approved > 500
    assert found.outcomes["greedy"].breaches.breach_rate <= 0.05
    wyoming = FLEET.region_ids.index("wyoming")
    assert twin.telemetry.column("grid_limit_mw")[wyoming].max() == FLEET.regions[wyoming].grid_limit_mw
    first = found.telemetry.position(found.prepared.origin_utc[0])
    load = found.actuals.base_load_mw[wyoming] + found.runs["greedy"].job_mw[wyoming]
    facility = facility_mw(found.actuals.weather[wyoming], load)[first:]
    # Base load alone is never held back, so an hour counts where jobs run.
    running = found.runs["greedy"].job_mw[wyoming][first:] > 0
    passed = facility > twin.telemetry.column("grid_limit_mw")[wyoming][first:] + 1e-6
    assert not (passed & running).any()
    called = twin.telemetry.column("grid_limit_mw")[wyoming][first:] < FLEET.regions[wyoming].grid_limit_mw
    assert (called & running).any()
    assert facility[running].max() <= FLEET.regions[wyoming].grid_limit_mw


def test_the_same_inputs_give_the_same_result():
    twin = summer_twin()
    again = replay_policies(
        twin.telemetry,
        summer_jobs()[::-1],
        FLEET,
        ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",), explain=("greedy",)),
    )
    assert again.runs["greedy"].decisions == summer().runs["greedy"].decisions
    assert again.outcomes["greedy"] == summer().outcomes["greedy"]
    assert list(again.outcomes) == ["greedy", ORACLE]


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_decisions_do_not_change_with_what_comes_after_them(how):
    twin = summer_twin()
    after = twin.telemetry.position(START) + 5 * DAY
    values = {name: corrupted(grid, after, how) for name, grid in twin.telemetry.values.items()}
    spoilt = Telemetry(regions=twin.telemetry.regions, time_utc=twin.telemetry.time_utc, values=values)
    found = replay_policies(
        spoilt,
        summer_jobs(),
        FLEET,
        ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",), explain=("greedy",)),
    )
    last = twin.telemetry.time_utc[after]
    pairs = zip(summer().runs["greedy"].decisions, found.runs["greedy"].decisions, strict=True)
    settled = [(whole, other) for whole, other in pairs if whole.origin_utc <= last]
    assert len(settled) > 200
    for whole, other in settled:
        assert other == whole


def test_no_policy_at_all_is_the_oracle_alone():
    fleet = fleet_of()
    found = replay_policies(
        calm(fleet), [job()], fleet, ReplayOptions(policies=(), settings=NAIVE, test_start=hour("2024-05-19T00"))
    )
    assert list(found.outcomes) == [ORACLE]


def test_an_unknown_policy_is_refused_before_anything_is_computed():
    fleet = fleet_of()
    with pytest.raises(ConfigError, match="policy 'magic' is unknown, expected some of home_region"):
        replay_policies(calm(fleet, 1), [job()], fleet, ReplayOptions(policies=("greedy", "magic")))


@pytest.mark.parametrize("jobs", [[], [job(earliest_utc=hour("2024-03-01T00"))]])
def test_a_replay_without_a_job_inside_is_refused(jobs):
    fleet = fleet_of()
    with pytest.raises(DataError, match=f"none of the {len(jobs)} jobs has its window between 2024-05-19T01:00Z and"):
        replay_policies(calm(fleet), jobs, fleet, ReplayOptions(settings=NAIVE, test_start=hour("2024-05-19T00")))


@pytest.mark.parametrize("hours", [1, 2, 3, 48])
def test_a_few_hours_of_telemetry_are_refused_and_not_a_crash(hours):
    fleet = fleet_of()
    with pytest.raises(DataError):
        replay_policies(calm(fleet).hours(0, hours), [job()], fleet, ReplayOptions(settings=NAIVE))


def test_jobs_are_replayed_up_to_the_last_hour_and_not_past_it():
    fleet = fleet_of()
    end = hour("2024-01-01T00") + CALM_DAYS * DAY
    last_hour = job("last-hour", duration_h=1, earliest_utc=end - 1, deadline_utc=end)
    too_late = job("too-late", duration_h=1, earliest_utc=end - 1, deadline_utc=end + 1)
    too_soon = job("too-soon", earliest_utc=end - 48, deadline_utc=end - 24)
    found = replay_policies(
        calm(fleet), [last_hour, too_late, too_soon], fleet, ReplayOptions(settings=NAIVE, test_start=end - 48)
    )
    assert found.excluded_jobs == 2
    assert [each.id for each in found.runs["greedy"].work.jobs] == ["last-hour"]
    assert found.runs["greedy"].status.start_h.tolist() == [(end - 1).astype(np.int64)]


def test_a_calm_fleet_is_filled_to_its_last_megawatt_and_not_beyond():
    fleet = fleet_of(region("alpha"))
    jobs = [job(f"j{index}", duration_h=6) for index in range(6)]
    found = replay_policies(calm(fleet), jobs, fleet, ReplayOptions(settings=NAIVE, test_start=hour("2024-05-19T00")))
    # 4 MW are left for 6 h: four jobs of 1 MW run, and the two others have no other place.
    assert found.outcomes["greedy"].counts.approved == found.outcomes[ORACLE].counts.approved == 4
    assert found.outcomes["greedy"].breaches.breached_jobs == 0
    # At home all six run, and all of them meet 6 + 6 > 10 MW in the same six hours.
    assert found.outcomes["home_region"].breaches.breached_jobs == 6
    assert found.outcomes["home_region"].breaches.breached_region_hours == 6


def test_hours_never_observed_are_neither_a_breach_nor_carbon():
    fleet = fleet_of(region("alpha"))
    whole = calm(fleet)
    values = {name: grid.copy() for name, grid in whole.values.items()}
    silent = whole.position(hour("2024-05-20T03"))
    values["temperature_c"][0, silent:] = np.nan
    holed = Telemetry(regions=whole.regions, time_utc=whole.time_utc, values=values)
    jobs = [job(f"j{index}", duration_h=6) for index in range(6)]
    found = replay_policies(
        holed, jobs, fleet, ReplayOptions(settings=NAIVE, test_start=hour("2024-05-19T00"), policies=("home_region",))
    )
    home = found.outcomes["home_region"]
    # Two of the six hours are known.
    assert home.breaches.breached_region_hours == 2
    assert home.resources.served_mwh == 36
    full = replay_policies(
        whole, jobs, fleet, ReplayOptions(settings=NAIVE, test_start=hour("2024-05-19T00"), policies=("home_region",))
    )
    assert home.resources.carbon_t == pytest.approx(full.outcomes["home_region"].resources.carbon_t / 3)


def test_stages_are_reported_by_name():
    fleet, stages = fleet_of(), []
    options = ReplayOptions(settings=NAIVE, policies=("greedy",), test_start=hour("2024-05-19T00"))
    replay_policies(calm(fleet), [job()], fleet, options, lambda stage, share: stages.append((stage, share)))
    assert list(dict.fromkeys(stage for stage, _ in stages)) == ["forecasts and bounds", "greedy", ORACLE]
    assert all(0 <= share <= 1 for _, share in stages)
