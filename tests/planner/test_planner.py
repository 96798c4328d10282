"""A planner places the jobs of each step and keeps what has begun."""

from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from support.planning import NOW, REGIONS, STEP, a_job, a_planner, at, verdicts

from fleet import Planner, PlannerJob


def test_a_job_runs_at_once_in_the_cheapest_region():
    result = a_planner().step(NOW, [a_job()])
    verdict = verdicts(result)["job"]
    assert (verdict.verdict, verdict.region, verdict.start_utc) == ("approve", "west", NOW)
    assert verdict.end_utc == at(2)
    # 0.4 MW for half an hour at 40 USD/MWh.
    assert result.objective_usd == pytest.approx(0.4 * 0.5 * 40)
    assert result.bound_usd == pytest.approx(result.objective_usd)
    assert all((price == 0).all() for price in result.prices.values())


def test_a_job_waits_for_a_cheaper_step():
    planner = a_planner(costs=[[50.0] * 8 + [10.0] * 8] * 2)
    first = verdicts(planner.step(NOW, [a_job()]))["job"]
    assert (first.verdict, first.start_utc) == ("defer", at(8))
    for step in range(1, 8):
        assert verdicts(planner.step(at(step)))["job"].verdict == "defer"
    assert verdicts(planner.step(at(8)))["job"].verdict == "approve"


def test_every_resource_keeps_its_capacity_and_the_scarce_one_has_a_price():
    """Two jobs need 8 GPUs for 4 steps. Each region has 8, and the window has room for two jobs in a row."""
    planner = a_planner({"mw": np.full((2, 8), 9.0), "gpu": np.full((2, 8), 8.0)}, steps=8)
    jobs = [a_job(f"job{n}", steps=4, deadline=8, more={"gpu": 8}) for n in range(5)]
    result = planner.step(NOW, jobs)
    placed = [verdict for verdict in result.verdicts if verdict.region]
    assert len(placed) == 4
    assert sorted((verdict.region, verdict.start_utc) for verdict in placed) == [
        (region, start) for region in REGIONS for start in (NOW, at(4))
    ]
    assert result.prices["gpu"].max() > 0
    assert (result.prices["mw"] == 0).all()


def test_an_energy_factor_scales_cost_and_use_of_the_energy_resource_alone():
    # West is cheaper per MWh, but the job needs twice the energy there: 2 x 40 > 50.
    planner = a_planner({"mw": np.full((2, 16), 1.0), "gpu": np.full((2, 16), 1.0)})
    job = a_job(mw=0.6, more={"gpu": 1}, energy_factor={"west": 2.0})
    assert verdicts(planner.step(NOW, [job]))["job"].region == "east"
    # 1.2 MW do not fit into 1 MW; one GPU stays one GPU.
    only_west = a_job(mw=0.6, more={"gpu": 1}, energy_factor={"west": 2.0}, regions=("west",))
    planner = a_planner({"mw": np.full((2, 16), 1.2), "gpu": np.full((2, 16), 1.0)})
    assert verdicts(planner.step(NOW, [only_west]))["job"].verdict == "approve"
    assert verdicts(a_planner(1.19).step(NOW, [only_west_without_gpu()]))["job"].region is None


def only_west_without_gpu() -> PlannerJob:
    return a_job(mw=0.6, energy_factor={"west": 2.0}, regions=("west",))


def test_times_and_durations_are_rounded_to_the_safe_side():
    job = PlannerJob(
        id="job",
        uses={"mw": 0.4},
        duration=timedelta(minutes=20),
        earliest_utc=NOW + timedelta(minutes=1),
        deadline_utc=NOW + timedelta(minutes=59),
    )
    verdict = verdicts(a_planner().step(NOW, [job]))["job"]
    # 20 minutes are two steps; the earliest start becomes 00:15 and the deadline 00:45.
    assert (verdict.start_utc, verdict.end_utc) == (at(1), at(3))


def test_a_window_that_rounding_makes_too_short_is_denied():
    job = PlannerJob(
        id="job",
        uses={"mw": 0.4},
        duration=timedelta(minutes=30),
        earliest_utc=NOW + timedelta(minutes=1),
        deadline_utc=NOW + timedelta(minutes=40),
    )
    assert verdicts(a_planner().step(NOW, [job]))["job"].verdict == "deny"


def test_times_of_other_zones_are_converted():
    berlin = timezone(timedelta(hours=1))
    planner = a_planner()
    planner.step(NOW.astimezone(berlin))
    job = a_job(earliest=1)
    verdict = verdicts(planner.step(at(1).astimezone(berlin), [job]))["job"]
    assert verdict.start_utc == at(1)


def test_a_running_job_stays_and_is_released_at_its_end():
    planner = a_planner()
    planner.step(NOW, [a_job("first", mw=1.0, steps=2, regions=("west",))])
    other = a_job("other", mw=1.0, steps=2, regions=("west",))
    assert verdicts(planner.step(at(1), [other]))["other"].start_utc == at(2)
    result = planner.step(at(2))
    assert result.ended == ("first",)
    assert verdicts(result)["other"].verdict == "approve"


def test_a_cancelled_job_gives_its_capacity_back():
    planner = a_planner()
    planner.step(NOW, [a_job("first", mw=1.0, steps=8, regions=("west",))])
    result = planner.step(at(1), [a_job("other", mw=1.0, regions=("west",))], cancelled=["first"])
    assert verdicts(result)["other"].verdict == "approve"
    # The id is free again.
    assert "first" in verdicts(planner.step(at(2), [a_job("first", mw=0.1)]))


def test_capacity_that_shrinks_under_a_running_job_is_reported_and_the_job_stays():
    planner = a_planner()
    planner.step(NOW, [a_job("runs", mw=0.8, steps=4, regions=("west",))])
    less = np.array([[1.0] * 8, [0.5] * 8])
    result = planner.step(at(1), [a_job("other", mw=0.1, regions=("west",))], capacity=less, costs=np.ones((2, 8)))
    overload = result.overloads[0]
    assert (overload.resource, overload.region, overload.time_utc) == ("mw", "west", at(1))
    assert (overload.used, overload.capacity, overload.job_ids) == (0.8, 0.5, ("runs",))
    assert len(result.overloads) == 3
    # The other job starts after the overload.
    assert verdicts(result)["other"].start_utc == at(4)


def test_a_place_that_no_longer_fits_is_lost_and_reported():
    planner = a_planner(costs=[[50.0] * 8 + [10.0] * 8] * 2)
    assert verdicts(planner.step(NOW, [a_job(deadline=10)]))["job"].start_utc == at(8)
    result = planner.step(at(1), capacity=np.zeros((2, 15)), costs=np.ones((2, 15)))
    verdict = verdicts(result)["job"]
    assert (verdict.verdict, verdict.region, verdict.lost_place) == ("defer", None, True)
    assert result.objective_usd > 0


def test_a_job_is_denied_when_no_later_start_meets_its_deadline():
    planner = a_planner(0.1)
    for step in range(4):
        verdict = verdicts(planner.step(at(step), [a_job(deadline=5)] if step == 0 else []))["job"]
        assert verdict.verdict == ("deny" if step == 3 else "defer")
    assert len(planner.step(at(4))) == 0


def test_a_higher_priority_takes_the_room_of_a_waiting_job():
    planner = a_planner(costs=[[50.0] * 8 + [10.0] * 8] * 2)
    only = {"mw": 1.0, "steps": 2, "deadline": 10, "regions": ("west",), "earliest": 8}
    assert verdicts(planner.step(NOW, [a_job("low", **only)]))["low"].start_utc == at(8)
    result = verdicts(planner.step(at(1), [a_job("high", priority=1, **only)]))
    assert result["high"].start_utc == at(8)
    assert (result["low"].region, result["low"].lost_place) == (None, True)


def test_nan_capacity_is_zero_and_nan_cost_closes_the_place():
    cost = np.full((2, 16), 40.0)
    cost[0] = np.nan
    capacity = np.full((2, 16), 1.0)
    capacity[1, :4] = np.nan
    result = Planner(capacity, cost, regions=REGIONS, step=STEP).step(NOW, [a_job()])
    verdict = verdicts(result)["job"]
    assert (verdict.region, verdict.start_utc) == ("west", at(4))
    assert np.isnan(result.prices["mw"][0]).all()


def test_infinite_capacity_is_no_limit():
    jobs = [a_job(f"job{n}", mw=1e6) for n in range(50)]
    result = a_planner(np.inf).step(NOW, jobs)
    assert {verdict.verdict for verdict in result.verdicts} == {"approve"}
    assert result.overloads == ()


def test_free_and_negative_costs_place_jobs_too():
    for cost in (0.0, -20.0):
        result = a_planner(costs=[[cost], [cost]]).step(NOW, [a_job()])
        assert verdicts(result)["job"].verdict == "approve"
        assert result.bound_usd <= result.objective_usd


def test_the_arrays_of_the_caller_are_neither_changed_nor_kept():
    capacity, cost = {"mw": np.full((2, 16), 1.0)}, np.full((2, 16), 40.0)
    planner = Planner(capacity, cost, regions=REGIONS, step=STEP)
    before = capacity["mw"].copy()
    result = planner.step(NOW, [a_job()])
    assert np.array_equal(capacity["mw"], before)
    capacity["mw"][:] = 0.0
    result.prices["mw"][:] = 1e9
    assert verdicts(planner.step(at(1), [a_job("next")]))["next"].verdict == "approve"


def test_a_table_of_the_result_has_a_row_per_verdict():
    table = a_planner().step(NOW, [a_job("a"), a_job("b", deadline=4)]).to_frame()
    assert set(table["job_id"]) == {"a", "b"}
    assert table.schema["start_utc"].time_zone == "UTC"
    assert a_planner().step(NOW).to_frame().height == 0


def test_the_order_of_the_jobs_in_a_call_changes_nothing():
    rng = np.random.default_rng(3)
    jobs = [a_job(f"job{n}", mw=float(rng.uniform(0.1, 0.5)), steps=int(rng.integers(1, 5))) for n in range(30)]
    one, other = (verdicts(a_planner().step(NOW, order)) for order in (jobs, jobs[::-1]))
    assert one == other


@pytest.mark.slow
def test_the_plan_continues_from_the_last_prices_and_stays_near_a_new_plan():
    rng = np.random.default_rng(0)
    cost = rng.uniform(20, 90, (2, 64))
    jobs = [
        a_job(f"job{n:03d}", mw=float(rng.uniform(0.05, 0.2)), steps=int(rng.integers(1, 9)), deadline=60)
        for n in range(150)
    ]
    rolling, anew = a_planner(costs=cost), a_planner(costs=cost)
    for step in range(8):
        new = jobs[step * 15 : (step + 1) * 15]
        rolling.step(at(step), new)
        anew.step(at(step), new)
    anew._state = replace(anew._state, prices=None)
    later, first = rolling.step(at(8), jobs[120:]), anew.step(at(8), jobs[120:])
    assert later.objective_usd <= 1.02 * first.objective_usd
    assert later.bound_usd >= 0.97 * first.bound_usd


def test_three_hundred_regions_and_one_region_work():
    for regions in (1, 300):
        names = tuple(f"r{n}" for n in range(regions))
        planner = Planner(np.ones((regions, 8)), np.ones((regions, 8)), regions=names, step=STEP)
        result = planner.step(NOW, [a_job(f"job{n}", mw=1.0, deadline=8) for n in range(4)])
        assert {verdict.verdict for verdict in result.verdicts} <= {"approve", "defer"}
        assert all(verdict.region for verdict in result.verdicts)
