"""Two days, one region, four jobs: differences of two policies by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import NAIVE, calm, fleet_of, hour, job, prepared_of

from fleet.actuals.actual_hours import ActualHours, ResourceUse
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.replay.closed_loop import replay
from fleet.replay.job_status import JobStatus
from fleet.replay.paired_difference import difference
from fleet.replay.run import judge

FLEET = fleet_of()
FIRST = hour("2024-01-01T00")
FIRST_H = int(FIRST.astype(np.int64))
# Two jobs on each day, in its second and third hour.
ARRIVALS = FIRST + np.array([1, 2, 25, 26])
WORK = Workload.of(
    [job(f"j{index}", earliest_utc=at, deadline_utc=at + 6) for index, at in enumerate(ARRIVALS)], FLEET.region_ids
)


def run(usd_per_hour=(0.0, 0.0), breached=(False,) * 4, *, waited_h=0):
    """One MW in every hour, at so much on each of the two days; every job is contested."""
    status = JobStatus.unknown(len(WORK))
    status.region[:], status.start_h[:], status.origin_h[:] = 0, WORK.earliest_h + waited_h, FIRST_H
    telemetry = calm(FLEET, 2)
    prepared = prepared_of(np.full((1, 1, 24), 4.0), first="2024-01-01T00")
    made = judge("p", WORK, status, prepared, ActualHours.of(telemetry, FLEET), FIRST)
    cost = np.repeat(np.asarray(usd_per_hour, dtype=np.float64), 24)[None]
    return replace(
        made,
        job_mw=np.ones((1, 48)),
        resource_use=ResourceUse(energy_mwh=cost, carbon_kg=cost, water_l=cost, cost_usd=cost),
        breached=np.array(breached),
        judged=np.ones(len(WORK), dtype=np.bool_),
        contested=np.ones(len(WORK), dtype=np.bool_),
    )


def test_cost_is_the_difference_of_the_rates_and_its_interval_that_of_drawn_days():
    found = difference(run((10, 20)), run((12, 24)), Costs(), FIRST_H)
    # (24 x 10 + 24 x 20) / 48 - (24 x 12 + 24 x 24) / 48; either day twice is drawn once in four.
    assert found.cost_per_served_mwh == pytest.approx(15 - 18)
    assert found.cost_interval_95 == pytest.approx((20 - 24, 10 - 12))


def test_what_both_policies_meet_on_a_day_is_no_uncertainty():
    found = difference(run((10, 200)), run((12, 202)), Costs(), FIRST_H)
    assert (found.cost_per_served_mwh, *found.cost_interval_95) == pytest.approx((-2, -2, -2))


def test_waiting_costs_on_the_day_of_the_start():
    # 2 USD for each of 2 MWh and of one hour waited: 2 jobs x 4 USD a day over 24 MWh.
    found = difference(run(waited_h=1), run(), Costs(waiting_usd_per_mwh_per_h=2.0), FIRST_H)
    assert (found.cost_per_served_mwh, *found.cost_interval_95) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_an_hour_of_unknown_cost_is_in_no_rate():
    gap = run((10, 20))
    gap.resource_use.cost_usd[0, 24:] = np.nan
    found = difference(gap, run((12, 12)), Costs(), FIRST_H)
    # 10 on the first day alone, against 12 on both.
    assert found.cost_per_served_mwh == pytest.approx(10 - 12)


def test_breaches_are_those_of_contested_jobs_by_the_day_of_their_start():
    own, other = run(breached=(True, False, False, False)), run(breached=(True, True, False, False))
    found = difference(own, other, Costs(), FIRST_H)
    # 1 of 4 less 2 of 4; the first day twice: 1 of 2 less 2 of 2; the second one twice: none of either.
    assert found.contested_breach_rate == pytest.approx(1 / 4 - 2 / 4)
    assert found.contested_breach_interval_95 == pytest.approx((1 / 2 - 1, 0))


def test_jobs_that_are_not_contested_or_not_judged_are_not_compared():
    own = run(breached=(True, True, True, False))
    own.contested[0] = own.judged[1] = False
    found = difference(own, run(), Costs(), FIRST_H)
    # The third of the last two.
    assert found.contested_breach_rate == pytest.approx(1 / 2)


def test_where_one_of_them_met_no_contested_job_there_is_no_difference():
    own = run()
    own.contested[:] = False
    for one, other in ((own, own), (own, run()), (run(), own)):
        found = difference(one, other, Costs(), FIRST_H)
        assert np.isnan([found.contested_breach_rate, *found.contested_breach_interval_95]).all()


@pytest.mark.parametrize(("policies", "others"), [(("greedy",), []), (("greedy", "priced"), ["greedy", "oracle"])])
def test_the_default_policy_is_compared_with_each_other_where_it_was_replayed(policies, others):
    found = replay(calm(FLEET), [job()], FLEET, policies=policies, settings=NAIVE, test_start=hour("2024-05-19T00"))
    assert list(found.paired()) == others
    assert list(found.as_dict()["paired"]) == others
