"""The outcome of a job is reported once, when its last hour is known."""

import numpy as np
from support.controllers import ended
from support.sites import calm, changed, fleet_of, hour, job, region

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.decisions.state import Placements
from fleet.domain.workload import Workload

FLEET = fleet_of(region("alpha"), region("beta"))
FIRST = hour("2024-01-01T00")


def new_tracker(telemetry=None) -> OutcomeTracker:
    return OutcomeTracker(ActualHours.of(telemetry or calm(FLEET, 3), FLEET), FIRST)


def outcomes_by_hour(tracker: OutcomeTracker, hours: int = 24) -> dict[int, list[tuple[str, bool | None]]]:
    """Go through the hours; return region and breach of the outcomes of each hour that has some."""
    by_hour = {position: tracker.after_hour(position) for position in range(hours)}
    return {
        position: [(outcome.region, outcome.breached) for outcome in outcomes]
        for position, outcomes in by_hour.items()
        if outcomes
    }


def add(tracker: OutcomeTracker, region: str, start, duration_h: int, power_mw: float) -> None:
    """Add a job that reports the outcome of its approval."""
    tracker.add(region, start, duration_h, power_mw, ended(region, None, duration_h, power_mw * duration_h))


def test_the_outcome_of_a_job_is_reported_in_its_last_hour():
    tracker = new_tracker()
    add(tracker, "alpha", FIRST + 3, 4, 2.0)
    assert outcomes_by_hour(tracker) == {6: [("alpha", False)]}


def test_a_breached_hour_breaches_every_job_that_runs_in_it_and_no_other():
    # 10 MW of IT power less 6 MW of load: 4 MW of jobs fit, 5 MW do not.
    tracker = new_tracker()
    add(tracker, "alpha", FIRST + 2, 4, 3.0)
    add(tracker, "alpha", FIRST + 4, 1, 2.0)
    add(tracker, "alpha", FIRST + 6, 2, 3.0)
    add(tracker, "beta", FIRST + 2, 4, 3.0)
    outcomes = outcomes_by_hour(tracker)
    assert outcomes[4] == [("alpha", True)]
    assert outcomes[5] == [("alpha", True), ("beta", False)]
    assert outcomes[7] == [("alpha", False)]


def test_an_hour_without_actual_values_makes_the_outcome_unknown_unless_another_hour_breached():
    gapped = changed(calm(FLEET, 3), "it_load_mw", (0, 5), np.nan)
    tracker = new_tracker(gapped)
    add(tracker, "alpha", FIRST + 4, 3, 1.0)
    add(tracker, "alpha", FIRST + 4, 4, 1.0)
    add(tracker, "alpha", FIRST + 7, 1, 9.0)
    outcomes = outcomes_by_hour(tracker)
    assert outcomes[6] == [("alpha", None)]
    # The second job also runs in the hour with 9 MW more, and that hour breached.
    assert outcomes[7] == [("alpha", True), ("alpha", True)]


def test_a_job_that_is_not_reported_still_breaches_other_jobs():
    tracker = new_tracker()
    tracker.add("alpha", FIRST + 2, 2, 3.0)
    add(tracker, "alpha", FIRST + 2, 2, 2.0)
    assert outcomes_by_hour(tracker) == {3: [("alpha", True)]}


def test_started_jobs_of_a_workload_are_added_where_they_run():
    # 3 MW and 2 MW together exceed the 4 MW of beta, in the hour that both run.
    jobs = [job("a", power_mw=3.0, duration_h=4), job("b", power_mw=2.0, duration_h=2), job("c", duration_h=1)]
    first_h = int(FIRST.astype(np.int64))
    started = Placements(
        job=np.arange(3), region=np.array([1, 1, 0]), start_h=first_h + np.array([2, 5, 2]), approval=np.arange(3)
    )
    tracker = new_tracker()
    tracker.add_started(started, Workload.of(jobs, FLEET.region_ids))
    assert outcomes_by_hour(tracker) == {
        2: [("alpha", False)],
        5: [("beta", True)],
        6: [("beta", True)],
    }


def test_the_jobs_of_one_approval_have_one_outcome():
    # Three jobs of 2 MW exceed the 4 MW of alpha together. The load of each counts.
    jobs = [job(name, power_mw=2.0, duration_h=2) for name in "abcd"]
    started = Placements(
        job=np.arange(4),
        region=np.zeros(4, dtype=np.int64),
        start_h=int(FIRST.astype(np.int64)) + np.array([2, 2, 2, 7]),
        approval=np.array([5, 5, 5, 6]),
    )
    tracker = new_tracker()
    tracker.add_started(started, Workload.of(jobs, FLEET.region_ids))
    by_hour = [tracker.after_hour(position) for position in range(24)]
    # Three jobs of 2 MW and 2 h use 12 MWh.
    assert [(outcome.duration_h, outcome.energy_wh) for outcome in by_hour[3]] == [(2, 12_000_000)]
    assert {
        at: [(one.region, one.breached) for one in outcomes] for at, outcomes in enumerate(by_hour) if outcomes
    } == {
        3: [("alpha", True)],
        8: [("alpha", False)],
    }


def test_only_the_hours_after_the_first_known_one_count_for_an_earlier_start():
    tracker = new_tracker(changed(calm(FLEET, 3), "it_load_mw", (0, 0), 9.5))
    add(tracker, "alpha", FIRST - 5, 3, 1.0)
    add(tracker, "alpha", FIRST - 5, 6, 1.0)
    # The first job ended before the telemetry begins. The second one runs in its first hour, which breached.
    assert outcomes_by_hour(tracker) == {0: [("alpha", True)]}
