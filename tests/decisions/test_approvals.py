"""What the controller counts: an array that gets one place is one approval with one outcome."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.controllers import controller_of, counted
from support.sites import hour, job, prepared_of

from fleet.conformal.controller_rules import ENERGY, JOBS, ControllerRules
from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.workload import Workload
from fleet.placement import NOWHERE, POLICIES

FIRST = hour("2024-05-20T01")
REGIONS = ("alpha", "beta")
ORIGINS, HORIZON = 12, 6
FEW = ControllerRules(miscoverage=0.05, horizon_h=6, max_unresolved=3, gain=0.5, reopen_after_h=3)


def array(count, name="a", **changes):
    """Return jobs of 1 kW that differ only in their id."""
    return [job(f"{name}{index}", **({"power_mw": 0.001} | changes)) for index in range(count)]


def prepared(headroom_mw=4.0, regions=2):
    return prepared_of(np.full((ORIGINS, regions, HORIZON), headroom_mw), regions=REGIONS[:regions])


def decided_once(jobs, rules=FEW, policy="greedy", **options):
    """Return the result of the first hour and the state after it."""
    ahead = prepared(**options)
    work = Workload.of(jobs, ahead.fleet.region_ids)
    state = State.empty(ahead, longest_job_h=48)
    state = replace(state, controller=replace(controller_of(len(ahead.fleet.regions)), rules=rules))
    return decide(ahead, state, work, np.arange(len(jobs)), POLICIES[policy]())


@pytest.mark.parametrize("policy", ["greedy", "priced"])
@pytest.mark.parametrize("count", [1, 7, 2000])
def test_an_array_is_placed_whole_and_counts_once(policy, count):
    result, after = decided_once(array(count), policy=policy)
    assert (result.places.region == 0).all()
    assert counted(after.controller.unresolved) == [1, 0]
    assert counted(after.controller.peak_unresolved) == [1, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"power_mw": 0.002},
        {"duration_h": 1},
        {"deadline_utc": hour("2024-05-20T06")},
        {"earliest_utc": hour("2024-05-20T00")},
        {"home_region": "beta"},
        {"regions": ("alpha",)},
        {"priority": 1},
        {"data_gb": 1.0},
    ],
)
def test_jobs_that_differ_in_anything_but_their_id_are_counted_apart(change):
    work = Workload.of([*array(2, "a"), *array(2, "b", **change), *array(1, "c")], REGIONS)
    assert work.array.tolist() == [0, 0, 2, 2, 0]
    result, after = decided_once(work.jobs)
    assert (result.places.region != NOWHERE).all()
    assert sum(counted(after.controller.unresolved)) == 2


def test_an_array_in_two_places_is_two_approvals():
    # 3 of 5 jobs fit at one start, and the others wait for the next start.
    result, after = decided_once(array(5, power_mw=1.0, duration_h=1), headroom_mw=3.0, regions=1)
    assert sorted(result.places.start_h - result.first_h) == [0, 0, 0, 1, 1]
    assert counted(after.controller.unresolved) == [2]


@pytest.mark.parametrize("policy", ["greedy", "priced"])
def test_an_array_takes_no_more_places_than_the_region_may_give(policy):
    rules = replace(FEW, max_unresolved=1)
    result, after = decided_once(array(5, power_mw=1.0, duration_h=1), rules, policy, headroom_mw=3.0, regions=1)
    placed = result.places.region != NOWHERE
    assert placed.sum() in (2, 3)
    assert len(set(result.places.start_h[placed].tolist())) == 1
    assert (counted(after.controller.unresolved), counted(after.controller.out_of_turn)) == ([1], [0])
    if result.objective_usd is not None:
        assert result.objective_usd >= result.bound_usd


def test_an_approval_ends_in_a_region_only_when_its_last_job_has_left():
    jobs = array(2, power_mw=1.0, regions=("alpha",), earliest_utc=FIRST, deadline_utc=FIRST + 8)
    full = job("full", power_mw=4.0, duration_h=2, regions=("alpha",), deadline_utc=FIRST + 2)
    result, after = decided_once([full, *jobs], policy="priced", regions=1)
    assert set(result.queued.approval.tolist()) == {result.first_h * 3 + 1}
    assert counted(after.controller.unresolved) == [2]
    # One hour later there is headroom for one of the two at the old start.
    tight = np.full((ORIGINS, 1, HORIZON), 4.0)
    tight[1, 0, :3] = 1.0
    ahead = prepared_of(tight, regions=REGIONS[:1])
    work = Workload.of([full, *jobs], ahead.fleet.region_ids)
    result, after = decide(ahead, after, work, np.arange(0), POLICIES["priced"]())
    assert len(result) == 1
    assert counted(after.controller.unresolved) == [3]


@st.composite
def workloads(draw):
    """Arrays and single jobs that arrive over ten hours, sorted by arrival."""
    jobs = []
    for number in range(draw(st.integers(1, 12))):
        earliest = FIRST + draw(st.integers(0, 9))
        duration = draw(st.integers(1, 3))
        jobs += array(
            draw(st.sampled_from([1, 1, 2, 9])),
            f"{number}-",
            power_mw=draw(st.sampled_from([0.001, 0.8, 1.7])),
            duration_h=duration,
            earliest_utc=earliest,
            deadline_utc=earliest + duration + draw(st.integers(0, 5)),
        )
    return sorted(jobs, key=lambda one: (one.earliest_utc, one.id))


@pytest.mark.slow
@given(jobs=workloads(), seed=st.integers(0, 10_000), policy=st.sampled_from(["greedy", "priced"]))
def test_the_bound_holds_for_any_outcomes_of_arrays(jobs, seed, policy):
    rng = np.random.default_rng(seed)
    ahead = prepared_of(rng.uniform(0, 5, (ORIGINS, 2, HORIZON)), regions=REGIONS)
    work = Workload.of(jobs, REGIONS)
    state = replace(State.empty(ahead, longest_job_h=48), controller=replace(controller_of(2), rules=FEW))
    # Hour -> approval -> its jobs. All jobs of an approval end together.
    ending: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    region_of: dict[int, int] = {}
    reported: set[int] = set()
    for step in range(ORIGINS):
        first_h = int(ahead.origin_utc[step].astype(np.int64)) + 1
        ended = ending.pop(first_h, {})
        assert not reported & ended.keys()
        reported |= ended.keys()
        outcomes = [
            JobOutcome(
                region=REGIONS[region_of[approval]],
                breached=bool(rng.random() < 0.7),
                duration_h=int(work.duration_h[members[0]]),
                energy_wh=int(work.energy_wh[members].sum()),
            )
            for approval, members in ended.items()
        ]
        arrived = np.flatnonzero(work.earliest_h == first_h)
        result, state = decide(ahead, state, work, arrived, POLICIES[policy](), outcomes)
        started = result.started
        for entry in range(len(started)):
            end_h = int(started.start_h[entry] + work.duration_h[started.job[entry]])
            approval = int(started.approval[entry])
            ending[end_h][approval].append(int(started.job[entry]))
            region_of[approval] = int(started.region[entry])
        controller = state.controller
        assert (controller.unresolved >= 0).all()
        assert (controller.unresolved[JOBS] <= FEW.max_unresolved).all()
        assert (controller.out_of_turn == 0).all()
        assert (controller.breached.sum(axis=1) <= controller.bound * controller.resolved.sum(axis=1) + 1e-3).all()
        queued = set(zip(result.queued.region.tolist(), result.queued.approval.tolist(), strict=True))
        runs = {(region_of[approval], approval) for by_hour in ending.values() for approval in by_hour}
        assert counted(controller.unresolved) == [
            sum(place[0] == region for place in queued | runs) for region in (0, 1)
        ]
        held = [*result.queued.job.tolist(), *(job for by in ending.values() for jobs in by.values() for job in jobs)]
        assert controller.unresolved[ENERGY].sum() == work.energy_wh[held].sum()
