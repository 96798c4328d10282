"""Placed jobs added up and judged, on a case small enough to follow by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import calm, changed, fleet_of, hour, job, prepared_of, region

from fleet.actuals.actual_hours import ActualHours
from fleet.conformal.controller import Controller, Rules
from fleet.domain.region import Costs
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.physics.limits import IT_POWER, Limit, code_of
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus
from fleet.replay.outcomes import beyond_energy_usd, outcome
from fleet.replay.run import judge

FLEET = fleet_of(region("alpha"), region("beta"))
ORIGIN = hour("2024-01-01T00")
REGIONS = ("alpha", "beta")


def standing(*places: tuple[str, str] | None, limit: Limit = IT_POWER) -> JobStatus:
    """Where jobs ran and from when on; None for one that was denied."""
    found = JobStatus.initial(len(places))
    found.origin_h[:] = ORIGIN.astype(np.int64)
    for index, place in enumerate(places):
        if place is None:
            found.denied_limit[index] = code_of(limit)
            continue
        found.region[index], found.start_h[index] = REGIONS.index(place[0]), hour(place[1]).astype(np.int64)
        found.committed[index] = True
    return found


def window(name: str, **changes):
    usual = {"earliest_utc": hour("2024-01-01T01"), "deadline_utc": hour("2024-01-01T12")}
    return job(name, **(usual | changes))


JOBS = [
    window("now", power_mw=2.0, duration_h=3),
    window("later", power_mw=3.0, duration_h=2),
    window("denied", power_mw=1.0, duration_h=4),
    window("elsewhere", power_mw=1.0, duration_h=1),
]
WORK = Workload.of(JOBS, REGIONS)
PLACES = standing(("alpha", "2024-01-01T01"), ("alpha", "2024-01-01T03"), None, ("beta", "2024-01-01T01"))
PREPARED = prepared_of(np.full((2, 2, 24), 4.0), regions=("alpha", "beta"), first="2024-01-01T00")


def judged(telemetry: Telemetry | None = None):
    observed = telemetry or calm(FLEET, 1)
    actuals = ActualHours.of(observed, FLEET)
    run = judge("greedy", WORK, RunRecord(status=PLACES), PREPARED, actuals, observed.time_utc[0])
    return run, actuals


def figures(telemetry: Telemetry | None = None, safe=(True, True, True, False), hard=(True, True, True, True)):
    """Beside an oracle that runs some jobs safely, of which some are contested."""
    run, actuals = judged(telemetry)
    oracle = replace(run, judged=np.array(safe), breached=np.zeros(4, dtype=np.bool_), contested=np.array(hard))
    return outcome(run, actuals, oracle, 24, 0.0)


def test_denials_are_counted_by_the_limit_that_bound_them():
    assert figures().counts.denied_by_limit == {
        "unknown": 0,
        "outdoor": 0,
        "inlet": 0,
        "it": 1,
        "cooling": 0,
        "grid": 0,
        "controller": 0,
    }


def test_the_power_of_placed_jobs_adds_up_hour_by_hour():
    run, _ = judged()
    np.testing.assert_allclose(run.job_mw[0, :7], [0, 2, 2, 5, 3, 0, 0])
    np.testing.assert_allclose(run.job_mw[1, :4], [0, 1, 0, 0])
    assert (run.job_mw[:, 7:] == 0).all()


def test_every_job_of_a_breached_hour_is_breached_and_no_other():
    # 6 MW of base load and 5 of jobs pass 10 MW at 03 alone, when both jobs run in alpha.
    run, _ = judged()
    np.testing.assert_array_equal(run.breached, [True, True, False, False])
    found = figures()
    assert found.breaches.breached_jobs == 2
    assert found.breaches.breached_region_hours == 1
    assert found.breaches.breach_rate == pytest.approx(2 / 3)


def test_a_breach_without_jobs_is_nobodys():
    telemetry = changed(calm(FLEET, 1), "it_load_mw", (0, slice(10, 12)), 11.0)
    assert figures(telemetry).breaches.breached_region_hours == 1


def test_an_hour_without_actual_values_is_no_breach_and_adds_no_carbon():
    whole = figures()
    silent = figures(changed(calm(FLEET, 1), "it_load_mw", (0, 3), np.nan))
    assert silent.breaches.breached_jobs == silent.breaches.breached_region_hours == 0
    # Five of the twelve MWh ran in that hour.
    assert silent.resources.energy_mwh < whole.resources.energy_mwh
    assert silent.resources.carbon_t == pytest.approx(silent.resources.energy_mwh * 0.3)
    assert silent.resources.served_mwh == whole.resources.served_mwh
    assert silent.resources.known_mwh == pytest.approx(whole.resources.known_mwh - 5)
    assert silent.resources.cost_per_served_mwh == pytest.approx(silent.resources.cost_usd / silent.resources.known_mwh)


def test_a_job_with_an_hour_that_nobody_saw_is_in_no_rate():
    # At 03 the first two jobs run in alpha; without its actual load neither can be called safe.
    silent = figures(changed(calm(FLEET, 1), "it_load_mw", (0, 3), np.nan))
    assert silent.breaches.unjudged_jobs == 2
    assert silent.counts.approved == 3
    # One approved job is left to judge, and it did not breach.
    assert silent.breaches.breach_rate == 0
    assert sum(count.approved for count in silent.breaches.breakdown["season"].values()) == 1
    assert figures().breaches.unjudged_jobs == 0


def test_contested_approvals_are_weighed_by_their_energy():
    # Both jobs of alpha are contested and breach: 2 x 3 and 3 x 2 MWh.
    found = figures()
    assert (found.breaches.contested_mwh, found.breaches.contested_breached_mwh) == (12, 12)
    assert found.breaches.contested_breach_rate_mwh == 1
    calmer = figures(changed(calm(FLEET, 1), "it_load_mw", (0, 3), 0.0))
    assert (calmer.breaches.contested_mwh, calmer.breaches.contested_breached_mwh) == (12, 0)
    assert calmer.breaches.contested_breach_rate_mwh == 0


def test_safe_jobs_that_are_contested_with_foresight_are_counted_apart():
    # Of the three safe jobs the second is not contested with foresight, and the third was denied.
    found = figures(hard=(True, False, True, True))
    assert (found.safe.safe_jobs, found.safe.safe_approved) == (3, 2)
    assert (found.safe.safe_contested, found.safe.safe_contested_approved) == (2, 1)


def test_a_run_without_a_controller_publishes_none():
    assert figures().breaches.controller is None
    assert figures().breaches.breach_bound is None


def test_a_controller_publishes_its_numbers_by_region_as_the_run_left_it():
    run, actuals = judged()
    first = Controller.initial(Rules(miscoverage=0.05), 2)
    last = first.with_approvals(np.array([1, 0])).with_outcome(0, breached=True)
    found = outcome(replace(run, controllers=(first, last)), actuals, run, 24, 0.0)
    assert found.breaches.controller["alpha"]["breach_rate"] == 1
    assert found.breaches.controller["beta"]["breach_rate"] is None
    assert found.breaches.breach_bound == last.fleet_bound


def test_the_breakdown_counts_each_approved_job_once():
    found = figures()
    for kind in ("season", "window"):
        counts = found.breaches.breakdown[kind].values()
        assert (sum(c.approved for c in counts), sum(c.breached for c in counts)) == (3, 2)
    assert found.breaches.breakdown["season"]["Dec-Feb"].approved == 3


def test_a_forecast_close_to_a_temperature_limit_is_contested():
    roomy = np.full((2, 2, 24), 40.0)
    hot = prepared_of(roomy, regions=("alpha", "beta"), first="2024-01-01T00", near_limit=np.ones_like(roomy))
    observed = calm(FLEET, 1)
    run = judge("greedy", WORK, RunRecord(status=PLACES), hot, ActualHours.of(observed, FLEET), observed.time_utc[0])
    assert run.contested.all()
    assert run.near_temperature_limit.all()
    cool = prepared_of(roomy, regions=("alpha", "beta"), first="2024-01-01T00")
    run = judge("greedy", WORK, RunRecord(status=PLACES), cool, ActualHours.of(observed, FLEET), observed.time_utc[0])
    assert not run.contested.any()


def test_counts_add_up():
    found = figures()
    assert (found.counts.jobs, found.counts.approved, found.counts.denied, found.counts.deferred) == (4, 3, 1, 1)
    assert found.counts.withdrawn == found.counts.deadline_misses == 0
    assert (found.safe.safe_jobs, found.safe.safe_approved) == (3, 2)
    assert (
        found.breaches.contested_breached
        <= found.breaches.contested_approved
        <= found.breaches.contested_jobs
        <= found.counts.jobs
    )
    # 2 x 3 + 3 x 2 + 1 x 1 MWh ran, 1 x 4 did not.
    assert found.resources.served_mwh == pytest.approx(13)
    assert found.resources.unserved_mwh == pytest.approx(4)
    assert found.resources.cost_per_served_mwh == pytest.approx(found.resources.cost_usd / 13)


def test_a_policy_that_places_nothing_has_no_rate_and_took_nothing():
    denied = standing(None, None, None, None)
    observed = calm(FLEET, 1)
    actuals = ActualHours.of(observed, FLEET)
    run = judge("greedy", WORK, RunRecord(status=denied), PREPARED, actuals, observed.time_utc[0])
    found = outcome(run, actuals, run, 24, 0.0)
    assert np.isnan(
        [found.breaches.breach_rate, *found.breaches.breach_interval_95, found.resources.cost_per_served_mwh]
    ).all()
    assert (found.counts.approved, found.resources.energy_mwh, found.resources.carbon_t, found.resources.cost_usd) == (
        0,
        0,
        0,
        0,
    )


def test_jobs_are_contested_where_together_they_come_close_to_the_bound():
    # 4 MW of headroom in each region: 2 + 3 MW meet at 03 in alpha, where the denied job would have run too.
    run, _ = judged()
    np.testing.assert_array_equal(run.contested, [True, True, True, False])


def test_a_job_that_was_never_placed_is_judged_at_home_on_arrival_among_those_that_were():
    observed = calm(FLEET, 1)
    actuals = ActualHours.of(observed, FLEET)
    large = [window("placed", power_mw=3.0, duration_h=2), window("denied", power_mw=1.0, duration_h=2)]
    made = standing(("alpha", "2024-01-01T01"), None)
    run = judge("greedy", Workload.of(large, REGIONS), RunRecord(status=made), PREPARED, actuals, observed.time_utc[0])
    # 3 MW leave one of four; the denied job's own one fills it.
    np.testing.assert_array_equal(run.contested, [False, True])


def test_a_job_that_lost_its_place_counts_as_approved_and_as_withdrawn():
    observed = calm(FLEET, 1)
    actuals = ActualHours.of(observed, FLEET)
    lost = standing(("alpha", "2024-01-01T01"), None, None, None)
    lost.committed[1], lost.moves[1] = True, 1
    found = outcome(
        judge("greedy", WORK, RunRecord(status=lost), PREPARED, actuals, observed.time_utc[0]),
        actuals,
        judged()[0],
        24,
        0.0,
    )
    assert (found.counts.approved, found.counts.withdrawn, found.counts.denied, found.counts.moves) == (2, 1, 2, 1)
    # It never ran: no energy, and no rate counts it.
    assert found.resources.served_mwh == pytest.approx(6)
    assert found.breaches.breach_rate == 0


def test_waiting_is_counted_from_the_earliest_start():
    # 0, 2 and 0 hours after 01.
    found = figures()
    assert found.counts.waited_h_mean == pytest.approx(2 / 3)
    assert found.counts.waited_h_p95 == pytest.approx(1.8)


def test_moving_data_and_waiting_are_part_of_the_cost():
    work = replace(WORK, data_gb=np.array([1.0, 2.0, 4.0, 8.0]))
    priced = Costs(transfer_usd_per_gb=3.0, waiting_usd_per_mwh_per_h=5.0)
    # Only the fourth job runs away from home; only the second, of 6 MWh, waits, for 2 h.
    assert beyond_energy_usd(PLACES, work, priced).tolist() == [0, 6 * 2 * 5, 0, 8 * 3]
    assert (beyond_energy_usd(PLACES, work, Costs()) == 0).all()


def test_what_is_not_served_is_counted_by_size():
    found = figures().resources.unserved_by_size
    # 6, 6, 4 and 1 MWh, of which the 4 were denied.
    assert (found["1 to 10 MWh"].jobs, found["1 to 10 MWh"].unserved_jobs) == (4, 1)
    assert (found["1 to 10 MWh"].mwh, found["1 to 10 MWh"].unserved_mwh) == (17, 4)
    assert sum(each.counts.jobs for each in found.values()) == 4
