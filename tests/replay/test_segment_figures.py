"""Jobs with segments: only a completed job is served. The energy of one that was begun and not completed is wasted."""

import numpy as np
from support.runs import REGIONS, judged_run, status_of
from support.sites import calm, fleet_of, hour, job, prepared_of, region

from fleet.domain.segments import in_segments
from fleet.domain.workload import Workload
from fleet.replay.outcomes import outcome
from fleet.replay.segment_figures import segment_figures

START = hour("2024-01-01T01")


def pausable(name: str, power_mw: float):
    """Return a job with segments of 24 and 6 hours."""
    window = {"earliest_utc": START, "deadline_utc": START + 40}
    return job(name, power_mw=power_mw, duration_h=30, checkpoint_h=12, **window)


# In this order: a, b, short, a#2, b#2.
WORK = Workload.of(
    in_segments([pausable("a", 1.0), pausable("b", 0.5), job("short", earliest_utc=START, deadline_utc=START + 6)]),
    REGIONS,
)
STATUS = status_of(("alpha", "2024-01-01T01"), ("alpha", "2024-01-01T01"), None, ("beta", "2024-01-02T04"), None)

DAYS = calm(fleet_of(*map(region, REGIONS)), 3)
# At each of 48 origins 4 MW of headroom are left in each region.
PREPARED = prepared_of(np.full((48, 2, 24), 4.0), regions=REGIONS, first="2024-01-01T00")


def test_a_job_is_served_if_all_its_segments_ran_and_all_other_energy_is_unserved():
    run, actuals = judged_run(DAYS, work=WORK, status=STATUS, prepared=PREPARED)
    figures = outcome(run, actuals, run, 24, 1.0).resources
    # a: 30 MWh. b: 12 of 15 MWh ran for nothing. short: 2 MWh.
    assert (figures.served_mwh, figures.unserved_mwh, figures.wasted_mwh) == (30.0, 17.0, 12.0)
    by_size = figures.unserved_by_size
    assert [(by_size[name].jobs, by_size[name].unserved_jobs) for name in ("1 to 10 MWh", "10 to 100 MWh")] == [
        (1, 1),
        (2, 1),
    ]


def test_pauses_and_moves_between_segments_are_counted():
    run, _ = judged_run(DAYS, work=WORK, status=STATUS, prepared=PREPARED)
    figures = segment_figures(run)
    assert (figures.pausable_jobs, figures.pausable_begun, figures.pausable_completed) == (2, 2, 1)
    # a ran until 01 and was resumed elsewhere at 04.
    assert (figures.segments_run, figures.pauses, figures.paused_h, figures.segment_moves) == (3, 1, 3, 1)


def test_without_segments_nothing_is_counted_and_nothing_is_wasted():
    run, actuals = judged_run()
    assert set(vars(segment_figures(run)).values()) == {0}
    assert outcome(run, actuals, run, 24, 1.0).resources.wasted_mwh == 0.0
