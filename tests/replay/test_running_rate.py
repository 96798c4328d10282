"""The breach rate as it went."""

from dataclasses import replace

import numpy as np
from replay.test_outcomes import judged
from support.builders import hours_from

from fleet.conformal.controller import Controller, Rules
from fleet.replay.running_rate import running


def test_jobs_count_from_the_day_of_their_last_hour_on():
    # Ends: 03 and 04 breached, one denied, 01 did not; all on the first day.
    run, _ = judged()
    found = running(run, hours_from("2024-01-01T00", 48))
    assert found.day == ["2024-01-01", "2024-01-02"]
    assert (found.resolved, found.breached) == ([3, 3], [2, 2])
    assert (found.contested, found.contested_breached) == ([2, 2], [2, 2])
    assert found.bound is None


def test_what_has_not_ended_by_the_last_origin_does_not_count():
    run, _ = judged()
    # At 03 the first job's last hour is known, and that of the second, 04, is not.
    found = running(run, hours_from("2024-01-01T00", 4))
    assert (found.resolved, found.breached) == ([2], [1])


def test_a_job_that_cannot_be_judged_does_not_count():
    run, _ = judged()
    found = running(replace(run, judged=np.array([True, False, False, False])), hours_from("2024-01-01T00", 24))
    assert (found.resolved, found.breached) == ([1], [1])


def test_the_bound_is_that_of_the_last_origin_of_each_day():
    run, _ = judged()
    first = Controller.beginning(Rules(miscoverage=0.05), 2)
    heard = first.approved(np.array([1, 0])).heard(0, breached=False)
    run = replace(run, controllers=(*[first] * 24, *[heard] * 10))
    found = running(run, hours_from("2024-01-01T00", 34))
    assert found.bound == [1.0, heard.fleet_bound]
