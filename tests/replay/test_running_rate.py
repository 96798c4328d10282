"""Counts of breached jobs by day."""

from dataclasses import replace

import numpy as np
from support.builders import hours_from
from support.controllers import controller_of, some
from support.runs import judged_run

from fleet.replay.running_rate import running_counts


def test_a_job_counts_from_the_day_of_its_last_hour():
    # The jobs that end at 03 and 04 breached, the job that ends at 01 did not, and one job is denied.
    run, _ = judged_run()
    counts = running_counts(run, hours_from("2024-01-01T00", 48))
    assert counts.day == ["2024-01-01", "2024-01-02"]
    assert (counts.resolved, counts.breached) == ([3, 3], [2, 2])
    assert (counts.contested, counts.contested_breached) == ([2, 2], [2, 2])
    assert counts.bound is None


def test_a_job_that_ends_after_the_last_origin_does_not_count():
    run, _ = judged_run()
    # The last origin is 03. The last hour of the first job is 03, and that of the second job is 04.
    counts = running_counts(run, hours_from("2024-01-01T00", 4))
    assert (counts.resolved, counts.breached) == ([2], [1])


def test_a_job_that_cannot_be_judged_does_not_count():
    run, _ = judged_run()
    counts = running_counts(replace(run, judged=np.array([True, False, False, False])), hours_from("2024-01-01T00", 24))
    assert (counts.resolved, counts.breached) == ([1], [1])


def test_the_bound_of_a_day_is_the_bound_at_its_last_origin():
    run, _ = judged_run()
    first = controller_of(2)
    updated = first.with_approvals(some([1, 0])).with_outcomes(some([1, 0]), some([0, 0]))
    run = replace(run, controllers=(*[first] * 24, *[updated] * 10))
    counts = running_counts(run, hours_from("2024-01-01T00", 34))
    assert counts.bound == [1.0, updated.fleet_bound]
