"""Breaches by season, window and cause, and contested jobs by region and season."""

import dataclasses

import numpy as np
import pytest
from support.runs import REGIONS, january_job, judged_run, status_of

from fleet.domain.workload import Workload
from fleet.replay.breakdown import (
    MIN_JOBS,
    Cell,
    Count,
    breakdown,
    contested_cells,
    contested_lengths,
    unserved_by_size,
    weakest,
)

JOBS = [
    january_job("winter", power_mw=2.0, duration_h=3),
    january_job("spring", power_mw=1.0, duration_h=2),
    january_job("spring_too", power_mw=1.0, duration_h=4),
    january_job("not_contested", power_mw=1.0, duration_h=1),
    january_job("denied", power_mw=1.0, duration_h=1),
]
STATUS = status_of(
    ("alpha", "2024-01-01T01"), ("beta", "2024-03-01T00"), ("beta", "2024-03-02T00"), ("beta", "2024-06-02T00"), None
)


def test_judged_jobs_are_counted_by_season_window_and_cause():
    # Three jobs ran, and the two jobs of alpha breached. They are contested by their load.
    run, _ = judged_run()
    counts = breakdown(run, horizon=24)
    assert counts["season"]["Dec-Feb"] == Count(approved=3, breached=2)
    assert counts["window"] == {
        "within horizon": Count(approved=3, breached=2),
        "past horizon": Count(approved=0, breached=0),
    }
    assert counts["contested by"] == {
        "temperature": Count(approved=0, breached=0),
        "load": Count(approved=2, breached=2),
    }


def test_a_window_that_ends_after_the_last_lead_is_past_the_horizon():
    # From the origin 00 on, the jobs end after leads 3, 4 and 1.
    run, _ = judged_run()
    assert breakdown(run, horizon=3)["window"]["past horizon"] == Count(approved=1, breached=1)


def test_contested_jobs_are_counted_by_region_and_season_of_their_start():
    cells = contested_cells(
        Workload.of(JOBS, REGIONS),
        STATUS,
        REGIONS,
        hard=np.array([True, True, True, False, False]),
        breached=np.array([True, False, True, False, False]),
    )
    assert [(cell.region, cell.season, cell.breached, cell.approved) for cell in cells] == [
        ("alpha", "Dec-Feb", 1, 1),
        ("beta", "Mar-May", 1, 2),
    ]
    # 2 x 3 MWh in alpha; 1 x 2 and 1 x 4 MWh in beta, of which the latter breached.
    assert [(cell.breached_mwh, cell.mwh) for cell in cells] == [(6, 6), (4, 6)]
    assert cells[1].breach_rate == pytest.approx(1 / 2)
    low, high = cells[1].breach_interval_95
    assert low < 1 / 2 < high


def test_contested_jobs_are_counted_by_their_length_as_jobs_and_as_energy():
    hard, breached = np.array([True, True, True, False, False]), np.array([True, False, True, False, False])
    work = Workload.of(JOBS, REGIONS)
    longest_h = int(work.duration_h[:3].max())
    cells = contested_lengths(work, STATUS, longest_h - 1, hard=hard, breached=breached)
    short, long = cells[f"up to {longest_h - 1} h"], cells[f"over {longest_h - 1} h"]
    is_long = work.duration_h[:3] == longest_h
    assert (short.approved, long.approved) == (int((~is_long).sum()), int(is_long.sum()))
    assert short.breached + long.breached == 2
    assert long.breached_mwh == work.energy_mwh[:3][is_long & breached[:3]].sum()
    assert long.breach_rate_mwh == pytest.approx(long.breached_mwh / long.mwh)
    # No job is longer than all jobs.
    assert list(contested_lengths(work, STATUS, longest_h, hard=hard, breached=breached)) == [f"up to {longest_h} h"]


def test_the_weakest_cell_has_enough_jobs_and_the_highest_rate():
    large = Cell(
        region="alpha",
        season="Jun-Aug",
        approved=MIN_JOBS,
        breached=4,
        breach_rate=0.04,
        breach_interval_95=(0.0, 0.1),
        mwh=1.0,
        breached_mwh=1.0,
    )
    worse = dataclasses.replace(large, season="Mar-May", breach_rate=0.06)
    small = dataclasses.replace(large, season="Dec-Feb", approved=MIN_JOBS - 1, breach_rate=0.5)
    assert weakest([large, worse, small]) == worse
    assert weakest([small]) is None


def test_a_job_at_the_edge_of_two_sizes_belongs_to_the_larger_size():
    by_size = unserved_by_size(np.array([0.9, 1.0, 10.0, 150.0]), np.array([True, False, True, False]))
    assert [size.jobs for size in by_size.values()] == [1, 1, 1, 1]
    assert [size.unserved_mwh for size in by_size.values()] == [0.0, 1.0, 0.0, 150.0]
