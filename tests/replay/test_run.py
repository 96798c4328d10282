"""One policy's run: the load of its jobs, which of them breached, and which were contested."""

import numpy as np
from support.runs import FLEET, REGIONS, WORK, january_job, judged_run, status_of
from support.sites import calm, changed, prepared_of

from fleet.domain.workload import Workload
from fleet.replay.run import any_within, job_load_mw

FIRST_H = int(np.datetime64("2024-01-01T00", "h").astype(np.int64))


def test_the_power_of_the_placed_jobs_is_summed_hour_by_hour():
    run, _ = judged_run()
    np.testing.assert_allclose(run.job_mw[0, :7], [0, 2, 2, 5, 3, 0, 0])
    np.testing.assert_allclose(run.job_mw[1, :4], [0, 1, 0, 0])
    assert (run.job_mw[:, 7:] == 0).all()


def test_a_job_is_contested_where_the_forecast_is_near_a_temperature_limit():
    ample_mw = np.full((2, 2, 24), 40.0)
    hot = prepared_of(ample_mw, regions=REGIONS, first="2024-01-01T00", near_limit=np.ones_like(ample_mw))
    run, _ = judged_run(prepared=hot)
    assert run.contested.all()
    assert run.near_temperature_limit.all()
    cool = prepared_of(ample_mw, regions=REGIONS, first="2024-01-01T00")
    run, _ = judged_run(prepared=cool)
    assert not run.contested.any()


def test_jobs_are_contested_where_together_they_come_close_to_the_bound():
    # The headroom is 4 MW in each region. In alpha 2 + 3 MW meet at 03; the denied job is at home in alpha too.
    run, _ = judged_run()
    np.testing.assert_array_equal(run.contested, [True, True, True, False])


def test_a_job_without_a_place_is_contested_as_if_it_ran_at_home_on_arrival():
    jobs = [january_job("placed", power_mw=3.0, duration_h=2), january_job("denied", power_mw=1.0, duration_h=2)]
    status = status_of(("alpha", "2024-01-01T01"), None)
    run, _ = judged_run(work=Workload.of(jobs, REGIONS), status=status)
    # 3 MW leave one of four; with the denied job the bound is reached.
    np.testing.assert_array_equal(run.contested, [False, True])


def test_no_rounding_error_of_power_is_left_after_the_last_job():
    # 0.1 + 0.2 - 0.1 - 0.2 is not exactly zero.
    jobs = [january_job("a", power_mw=0.1, duration_h=1), january_job("b", power_mw=0.2, duration_h=2)]
    status = status_of(("alpha", "2024-01-01T01"), ("alpha", "2024-01-01T01"))
    load_mw = job_load_mw(status, Workload.of(jobs, REGIONS), 2, 6, FIRST_H)
    assert (load_mw[:, 3:] == 0).all()
    assert (load_mw[1] == 0).all()


def test_a_flag_counts_for_the_jobs_that_run_in_its_region_and_hour():
    flags = np.zeros((2, 24), dtype=np.bool_)
    flags[0, 3] = True
    status = status_of(("alpha", "2024-01-01T01"), ("alpha", "2024-01-01T04"), None, ("beta", "2024-01-01T03"))
    # The first job runs from 01 to 04, the second one starts at 04, and the fourth one runs in beta.
    assert any_within(flags, status, WORK, FIRST_H).tolist() == [True, False, False, False]


def test_jobs_that_breached_or_have_all_actual_values_are_judged():
    # At 03 alpha has no actual load, and at 04 it breaches: the second job runs in both hours.
    telemetry = changed(calm(FLEET, 1), "it_load_mw", (0, slice(3, 5)), [np.nan, 8.0])
    run, _ = judged_run(telemetry)
    assert run.judged.tolist() == [False, True, False, True]
    assert run.breached.tolist() == [False, True, False, False]
    assert run.safe.tolist() == [False, False, False, True]


def test_the_sums_of_plans_leave_out_hours_without_a_bound():
    run, _ = judged_run(plans=[(10.0, 8.0), (5.0, np.nan), (2.0, 2.0)])
    # 12 USD against a bound of 10 USD.
    assert run.plans() == {"objective_usd": 12.0, "bound_usd": 10.0, "gap": 12 / 10 - 1}
    assert judged_run()[0].plans() == {"objective_usd": None, "bound_usd": None, "gap": None}
