"""Contested approvals by region and season, few enough to count."""

import dataclasses

import numpy as np
import pytest
from replay.test_outcomes import REGIONS, standing, window

from fleet.domain.workload import Workload
from fleet.replay.breakdown import MIN_JOBS, Cell, contested_cells, weakest

JOBS = [
    window("winter", power_mw=2.0, duration_h=3),
    window("spring", power_mw=1.0, duration_h=2),
    window("again", power_mw=1.0, duration_h=4),
    window("calm", power_mw=1.0, duration_h=1),
    window("denied", power_mw=1.0, duration_h=1),
]
PLACES = standing(
    ("alpha", "2024-01-01T01"), ("beta", "2024-03-01T00"), ("beta", "2024-03-02T00"), ("beta", "2024-06-02T00"), None
)


def test_contested_approvals_are_counted_where_and_when_they_start():
    cells = contested_cells(
        Workload.of(JOBS, REGIONS),
        PLACES,
        REGIONS,
        hard=np.array([True, True, True, False, False]),
        breached=np.array([True, False, True, False, False]),
    )
    assert [(each.region, each.season, each.breached, each.approved) for each in cells] == [
        ("alpha", "Dec-Feb", 1, 1),
        ("beta", "Mar-May", 1, 2),
    ]
    assert [(each.breached_mwh, each.mwh) for each in cells] == [(6, 6), (4, 6)]
    assert cells[1].breach_rate == pytest.approx(1 / 2)
    low, high = cells[1].breach_interval_95
    assert low < 1 / 2 < high


def test_the_weakest_cell_has_jobs_enough_to_tell():
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
