"""What a controller is told: each job once, when its last hour is known, and what really happened to it."""

import numpy as np
from support.sites import calm, changed, fleet_of, hour, region

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.job_outcome import JobOutcome

FLEET = fleet_of(region("alpha"), region("beta"))
FIRST = hour("2024-01-01T00")


def feedback(telemetry=None) -> OutcomeTracker:
    return OutcomeTracker(ActualHours.of(telemetry or calm(FLEET, 3), FLEET), FIRST)


def told(found: OutcomeTracker, hours: int) -> dict[int, list[JobOutcome]]:
    said = {position: found.after_hour(position) for position in range(hours)}
    return {position: ended for position, ended in said.items() if ended}


def test_a_job_is_told_of_in_its_last_hour():
    found = feedback()
    found.place("alpha", FIRST + 3, 4, 2.0)
    assert told(found, 24) == {6: [JobOutcome(region="alpha", breached=False)]}


def test_one_bad_hour_breaches_every_job_that_meets_it_and_no_other():
    # 10 MW are installed and 6 taken: 4 MW fit, 5 do not.
    found = feedback()
    found.place("alpha", FIRST + 2, 4, 3.0)
    found.place("alpha", FIRST + 4, 1, 2.0)
    found.place("alpha", FIRST + 6, 2, 3.0)
    found.place("beta", FIRST + 2, 4, 3.0)
    said = told(found, 24)
    assert said[4] == [JobOutcome(region="alpha", breached=True)]
    assert said[5] == [JobOutcome(region="alpha", breached=True), JobOutcome(region="beta", breached=False)]
    assert said[7] == [JobOutcome(region="alpha", breached=False)]


def test_an_hour_that_nobody_observed_leaves_a_job_unknown_unless_another_breached():
    holed = changed(calm(FLEET, 3), "it_load_mw", (0, 5), np.nan)
    found = feedback(holed)
    found.place("alpha", FIRST + 4, 3, 1.0)
    found.place("alpha", FIRST + 4, 4, 1.0)
    found.place("alpha", FIRST + 7, 1, 9.0)
    said = told(found, 24)
    assert said[6] == [JobOutcome(region="alpha", breached=None)]
    # Of the job that ran on, the hour of 9 MW more is known.
    assert said[7] == [JobOutcome(region="alpha", breached=True), JobOutcome(region="alpha", breached=True)]


def test_load_that_is_not_counted_breaches_others_and_is_not_told_of():
    found = feedback()
    found.place("alpha", FIRST + 2, 2, 3.0, reported=False)
    found.place("alpha", FIRST + 2, 2, 2.0)
    assert told(found, 24) == {3: [JobOutcome(region="alpha", breached=True)]}
