"""The lower bound is compared with solvers of the same linear programme."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from support.sites import hour, job

from fleet.domain.region import Costs
from fleet.domain.workload import Workload
from fleet.replay.lower_bound import lower_bound

REGIONS = ("a", "b", "c")
HOURS = 30
FIRST = hour("2024-01-01T00")
FIRST_H = int(FIRST.astype(np.int64))
COSTS = Costs(transfer_usd_per_gb=0.5, waiting_usd_per_mwh_per_h=0.7)


def case(seed, jobs=14):
    """Jobs that need more power than there is, (region, hour) power that may be added, and (region, hour) cost."""
    rng = np.random.default_rng(seed)
    requests = []
    for index in range(jobs):
        duration, first, home = int(rng.integers(1, 7)), int(rng.integers(0, 15)), REGIONS[index % 3]
        requests.append(
            job(
                f"j{index}",
                power_mw=float(rng.uniform(0.5, 4)),
                duration_h=duration,
                earliest_utc=FIRST + first,
                deadline_utc=FIRST + first + duration + int(rng.integers(0, 9)),
                home_region=home,
                regions=(home,) if index % 4 == 0 else (),
                data_gb=float(rng.uniform(0, 20)),
            )
        )
    room_mw, cost = rng.uniform(0, 5, (3, HOURS)), rng.uniform(20, 90, (3, HOURS))
    return Workload.of(requests, REGIONS), room_mw, cost


def programme(work, room_mw, cost, penalty):
    """Write the linear programme job by job.

    A variable is the share of a job in a window. The last variables are the shares of each job that stay unserved.

    Returns: (variable,) costs; (region-hour, variable) used MW; and (job, variable) shares, which add to one.
    """
    usd, used, owner = [], [], []
    for index in range(len(work)):
        length, earliest = int(work.duration_h[index]), int(work.earliest_h[index]) - FIRST_H
        for region in np.flatnonzero(work.sets[work.region_set[index]]):
            for start in range(earliest, int(work.latest_start_h[index]) - FIRST_H + 1):
                power_mw = np.zeros((3, HOURS))
                power_mw[region, start : start + length] = work.power_mw[index]
                away_usd = COSTS.transfer_usd_per_gb * work.data_gb[index] * (region != work.home[index])
                waiting_usd = COSTS.waiting_usd_per_mwh_per_h * work.energy_mwh[index] * (start - earliest)
                usd.append((power_mw * cost).sum() + away_usd + waiting_usd)
                used.append(power_mw.ravel())
                owner.append(index)
    usd += (penalty * work.energy_mwh).tolist()
    used += [np.zeros(3 * HOURS)] * len(work)
    owner += range(len(work))
    return np.array(usd), np.array(used).T, np.eye(len(work))[np.array(owner)].T


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_is_below_the_optimum_of_the_programme_by_at_most_two_percent(seed):
    work, room_mw, cost = case(seed)
    bound = lower_bound(work, room_mw, cost, COSTS, FIRST_H)
    assert bound.penalty_usd_per_mwh == pytest.approx(3 * cost.max())
    usd, used, share = programme(work, room_mw, cost, bound.penalty_usd_per_mwh)
    optimum = linprog(usd, A_ub=used, b_ub=room_mw.ravel(), A_eq=share, b_eq=np.ones(len(work)))
    assert optimum.status == 0
    assert 0.98 * optimum.fun <= bound.objective_usd <= optimum.fun + 1e-6
    # With capacity for all jobs, prices are zero and the bound is lower.
    assert lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H).objective_usd < 0.95 * bound.objective_usd


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_of_whole_jobs_that_keeps_all_limits_costs_less(seed):
    work, room_mw, cost = case(seed)
    bound = lower_bound(work, room_mw, cost, COSTS, FIRST_H)
    usd, used, share = programme(work, room_mw, cost, bound.penalty_usd_per_mwh)
    limits = [LinearConstraint(used, ub=room_mw.ravel()), LinearConstraint(share, 1, 1)]
    plan = milp(usd, constraints=limits, integrality=np.ones(len(usd)), bounds=Bounds(0, 1))
    assert plan.status == 0
    assert bound.objective_usd <= plan.fun


def test_with_capacity_for_all_jobs_the_bound_is_the_cost_of_the_cheapest_windows():
    work, room_mw, cost = case(0)
    bound = lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H)
    usd, _, share = programme(work, room_mw, cost, bound.penalty_usd_per_mwh)
    assert bound.objective_usd == pytest.approx(np.where(share > 0, usd, np.inf).min(axis=1).sum())


def test_without_capacity_the_bound_is_close_to_the_penalty_of_all_jobs():
    work, room_mw, cost = case(0)
    bound = lower_bound(work, np.full_like(room_mw, -1.0), cost, COSTS, FIRST_H)
    whole_penalty = bound.penalty_usd_per_mwh * work.energy_mwh.sum()
    assert 0.9 * whole_penalty <= bound.objective_usd <= whole_penalty


def test_unknown_hours_have_no_limit_and_no_cost():
    work, room_mw, cost = case(0)
    unknown = np.full_like(room_mw, np.nan)
    assert lower_bound(work, unknown, cost, COSTS, FIRST_H) == lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H)
    cost[:, :] = np.nan
    free = lower_bound(replace(work, data_gb=np.zeros(len(work))), unknown, cost, COSTS, FIRST_H)
    assert (free.objective_usd, free.penalty_usd_per_mwh) == (0, 0)
