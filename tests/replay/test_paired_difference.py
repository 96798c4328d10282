"""The difference between two policies, calculated by hand for two days, one region and four jobs."""

from dataclasses import replace

import numpy as np
import pytest
from support.sites import NAIVE, calm, fleet_of, hour, job, prepared_of

from fleet.actuals.actual_hours import ActualHours, ResourceUse
from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.replay.closed_loop import ReplayOptions, replay_policies
from fleet.replay.hour_loop import RunRecord
from fleet.replay.job_status import JobStatus
from fleet.replay.paired_difference import difference
from fleet.replay.run import judge

FLEET = fleet_of()
FIRST = hour("2024-01-01T00")
FIRST_H = int(FIRST.astype(np.int64))
# Two jobs on each day, in its second and third hour.
ARRIVALS = FIRST + np.array([1, 2, 25, 26])
WORK = Workload.of(
    [job(f"j{index}", earliest_utc=arrival, deadline_utc=arrival + 6) for index, arrival in enumerate(ARRIVALS)],
    FLEET.region_ids,
)


def run(usd_per_hour=(0.0, 0.0), breached=(False,) * 4, *, waited_h=0):
    """A run with 1 MW in every hour, a cost per hour on each of the two days, and contested jobs only."""
    status = JobStatus.initial(len(WORK))
    status.region[:], status.start_h[:], status.origin_h[:] = 0, WORK.earliest_h + waited_h, FIRST_H
    telemetry = calm(FLEET, 2)
    prepared = prepared_of(np.full((1, 1, 24), 4.0), first="2024-01-01T00")
    judged = judge("p", RunRecord(work=WORK, status=status), prepared, ActualHours.of(telemetry, FLEET), FIRST)
    cost = np.repeat(np.asarray(usd_per_hour, dtype=np.float64), 24)[None]
    return replace(
        judged,
        job_mw=np.ones((1, 48)),
        resource_use=ResourceUse(energy_mwh=cost, carbon_kg=cost, water_l=cost, cost_usd=cost),
        breached=np.array(breached),
        judged=np.ones(len(WORK), dtype=np.bool_),
        contested=np.ones(len(WORK), dtype=np.bool_),
    )


def test_the_cost_difference_is_between_rates_and_its_interval_resamples_days():
    change = difference(run((10, 20)), run((12, 24)), Costs(), FIRST_H)
    # (24 x 10 + 24 x 20) / 48 - (24 x 12 + 24 x 24) / 48. One sample in four draws the same day twice.
    assert change.cost_per_served_mwh == pytest.approx(15 - 18)
    assert change.cost_interval_95 == pytest.approx((20 - 24, 10 - 12))


def test_a_day_that_is_dear_for_both_policies_does_not_widen_the_interval():
    change = difference(run((10, 200)), run((12, 202)), Costs(), FIRST_H)
    assert (change.cost_per_served_mwh, *change.cost_interval_95) == pytest.approx((-2, -2, -2))


def test_waiting_costs_on_the_day_of_the_start():
    # A job of 2 MWh that waits 1 h costs 4 USD more: 2 jobs x 4 USD a day over 24 MWh.
    change = difference(run(waited_h=1), run(), Costs(waiting_usd_per_mwh_per_h=2.0), FIRST_H)
    assert (change.cost_per_served_mwh, *change.cost_interval_95) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_policies_are_compared_on_the_hours_in_which_both_costs_are_known():
    gap = run((10, 20))
    gap.resource_use.cost_usd[0, 24:] = np.nan
    # 10 USD/MWh on the first day, against 12 on the same day: the other policy's dear second day does not count.
    for chosen, other, expected in ((gap, run((12, 500)), 10 - 12), (run((12, 500)), gap, 12 - 10)):
        assert difference(chosen, other, Costs(), FIRST_H).cost_per_served_mwh == pytest.approx(expected)


def test_an_unknown_cost_in_an_hour_without_jobs_leaves_the_hour_in():
    idle = run((10, 20))
    idle.resource_use.cost_usd[0, 24:] = np.nan
    idle.job_mw[0, 24:] = 0
    # 10 USD/MWh on the first day alone, against (24 x 12 + 24 x 14) / 48.
    assert difference(idle, run((12, 14)), Costs(), FIRST_H).cost_per_served_mwh == pytest.approx(10 - 13)


def test_a_breach_belongs_to_the_day_on_which_the_job_started():
    chosen, other = run(breached=(True, False, False, False)), run(breached=(True, True, False, False))
    change = difference(chosen, other, Costs(), FIRST_H)
    # 1 of 4 minus 2 of 4. The first day drawn twice: 1 of 2 minus 2 of 2. The second day drawn twice: no breach.
    assert change.contested_breach_rate == pytest.approx(1 / 4 - 2 / 4)
    assert change.contested_breach_interval_95 == pytest.approx((1 / 2 - 1, 0))


def test_only_contested_jobs_that_were_judged_are_compared():
    chosen = run(breached=(True, True, True, False))
    chosen.contested[0] = chosen.judged[1] = False
    change = difference(chosen, run(), Costs(), FIRST_H)
    # Two jobs are left, and one of them breached.
    assert change.contested_breach_rate == pytest.approx(1 / 2)


def test_without_contested_jobs_of_both_policies_the_difference_is_nan():
    chosen = run()
    chosen.contested[:] = False
    for one, other in ((chosen, chosen), (chosen, run()), (run(), chosen)):
        change = difference(one, other, Costs(), FIRST_H)
        assert np.isnan([change.contested_breach_rate, *change.contested_breach_interval_95]).all()


@pytest.mark.slow
@pytest.mark.parametrize(("policies", "others"), [(("greedy",), []), (("greedy", "priced"), ["greedy", "oracle"])])
def test_the_default_policy_is_compared_with_every_other_replayed_policy(policies, others):
    change = replay_policies(
        calm(FLEET), [job()], FLEET, ReplayOptions(policies=policies, settings=NAIVE, test_start=hour("2024-05-19T00"))
    )
    assert list(change.paired()) == others
    assert list(change.as_dict()["paired"]) == others
