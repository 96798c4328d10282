"""The bound of a year beside solvers of the same programme."""

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
    """Jobs that want more than there is, room (region, hour) and cost (region, hour)."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(jobs):
        duration, first, home = int(rng.integers(1, 7)), int(rng.integers(0, 15)), REGIONS[index % 3]
        made.append(
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
    return Workload.of(made, REGIONS), room_mw, cost


def programme(work, room_mw, cost, penalty):
    """Costs (variable,), rows (region and hour, variable) of used MW, and rows (job, variable) that add to one.

    A variable is the share of a job in a region from an hour on, or, last, its share that is not served.
    """
    usd, used, owner = [], [], []
    for index in range(len(work)):
        length, earliest = int(work.duration_h[index]), int(work.earliest_h[index]) - FIRST_H
        for region in np.flatnonzero(work.sets[work.region_set[index]]):
            for start in range(earliest, int(work.latest_start_h[index]) - FIRST_H + 1):
                grid = np.zeros((3, HOURS))
                grid[region, start : start + length] = work.power_mw[index]
                away = COSTS.transfer_usd_per_gb * work.data_gb[index] * (region != work.home[index])
                waited = COSTS.waiting_usd_per_mwh_per_h * work.energy_mwh[index] * (start - earliest)
                usd.append((grid * cost).sum() + away + waited)
                used.append(grid.ravel())
                owner.append(index)
    usd += (penalty * work.energy_mwh).tolist()
    used += [np.zeros(3 * HOURS)] * len(work)
    owner += range(len(work))
    return np.array(usd), np.array(used).T, np.eye(len(work))[np.array(owner)].T


@pytest.mark.parametrize("seed", range(5))
def test_it_lies_below_the_optimum_of_the_programme_and_within_two_percent_of_it(seed):
    work, room_mw, cost = case(seed)
    found = lower_bound(work, room_mw, cost, COSTS, FIRST_H)
    assert found.penalty_usd_per_mwh == pytest.approx(3 * cost.max())
    usd, used, own = programme(work, room_mw, cost, found.penalty_usd_per_mwh)
    best = linprog(usd, A_ub=used, b_ub=room_mw.ravel(), A_eq=own, b_eq=np.ones(len(work)))
    assert best.status == 0
    assert 0.98 * best.fun <= found.objective_usd <= best.fun + 1e-6
    # Without prices, that is with room for all, it would be less.
    assert lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H).objective_usd < 0.95 * found.objective_usd


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_of_whole_jobs_that_keeps_all_limits_costs_less(seed):
    work, room_mw, cost = case(seed)
    found = lower_bound(work, room_mw, cost, COSTS, FIRST_H)
    usd, used, own = programme(work, room_mw, cost, found.penalty_usd_per_mwh)
    limits = [LinearConstraint(used, ub=room_mw.ravel()), LinearConstraint(own, 1, 1)]
    plan = milp(usd, constraints=limits, integrality=np.ones(len(usd)), bounds=Bounds(0, 1))
    assert plan.status == 0
    assert found.objective_usd <= plan.fun


def test_with_room_for_all_it_is_what_the_cheapest_places_cost():
    work, room_mw, cost = case(0)
    found = lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H)
    usd, _, own = programme(work, room_mw, cost, found.penalty_usd_per_mwh)
    assert found.objective_usd == pytest.approx(np.where(own > 0, usd, np.inf).min(axis=1).sum())


def test_without_room_everything_is_penalty():
    work, room_mw, cost = case(0)
    found = lower_bound(work, np.full_like(room_mw, -1.0), cost, COSTS, FIRST_H)
    every = found.penalty_usd_per_mwh * work.energy_mwh.sum()
    assert 0.9 * every <= found.objective_usd <= every


def test_hours_that_are_not_known_ask_for_nothing():
    work, room_mw, cost = case(0)
    unseen = np.full_like(room_mw, np.nan)
    assert lower_bound(work, unseen, cost, COSTS, FIRST_H) == lower_bound(work, room_mw + 100, cost, COSTS, FIRST_H)
    cost[:, :] = np.nan
    free = lower_bound(replace(work, data_gb=np.zeros(len(work))), unseen, cost, COSTS, FIRST_H)
    assert (free.objective_usd, free.penalty_usd_per_mwh) == (0, 0)
