"""A planner refuses the calls and options that it cannot use."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from support.planning import NOW, REGIONS, STEP, a_job, a_planner, at, verdicts

from fleet import FleetError, Planner, Transfers

WRONG_CALLS = {
    "naive": (lambda p: p.step(datetime(2026, 1, 5)), "without a time zone"),
    "text": (lambda p: p.step("2026-01-05"), "has the type str, expected a datetime"),
    "back": (lambda p: p.step(NOW), "goes back"),
    "skip": (lambda p: p.step(at(3)), "skips time"),
    "between": (lambda p: p.step(NOW + STEP / 2), "goes back"),
    "duplicate": (lambda p: p.step(at(1), [a_job("same"), a_job("same")]), "knows this id already"),
    "known": (lambda p: p.step(at(1), [a_job("known")]), "knows this id already"),
    "one job": (lambda p: p.step(at(1), a_job("next")), "has the type PlannerJob, expected a list"),
    "none": (lambda p: p.step(at(1), None), "has the type NoneType, expected a list"),
    "no ids": (lambda p: p.step(at(1), cancelled=None), "expected a list of ids"),
    "number": (lambda p: p.step(at(1), cancelled=[7]), "expected a list of ids"),
    "no job": (lambda p: p.step(at(1), [{"id": "x"}]), "holds a value of type dict, expected PlannerJob"),
    "region": (lambda p: p.step(at(1), [a_job(regions=("north",))]), "expected one of east, west"),
    "home": (lambda p: p.step(at(1), [a_job(home_region="north")]), "expected one of east, west"),
    "factor": (lambda p: p.step(at(1), [a_job(energy_factor={"north": 2.0})]), "expected one of east, west"),
    "resource": (lambda p: p.step(at(1), [a_job(more={"tpu": 1})]), "expected resources of the planner: mw"),
    "no energy": (lambda p: p.step(at(1), [a_job(mw=0.0)]), "expected more than zero"),
    "long": (lambda p: p.step(at(1), [a_job(steps=16, deadline=99)]), "16 steps .* at most the 15"),
    "cancelled": (lambda p: p.step(at(1), cancelled=["nobody"]), "cancelled names nobody"),
    "shape": (lambda p: p.step(at(1), capacity=np.ones((3, 15))), r"shape \(3, 15\), expected"),
    "steps": (lambda p: p.step(at(1), costs=np.ones((2, 9))), "pass both"),
    "negative": (lambda p: p.step(at(1), capacity=np.full((2, 15), -1.0)), "-1 in east at step 0"),
    "infinite": (lambda p: p.step(at(1), costs=np.full((2, 15), np.inf)), "expected a finite cost"),
    "other": (lambda p: p.step(at(1), capacity={"gpu": np.ones((2, 15))}), "energy resource 'mw'"),
    "words": (lambda p: p.step(at(1), costs=[["a"] * 15] * 2), "holds no numbers"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_a_wrong_call_is_refused_in_one_line_and_changes_nothing(name):
    call, words = WRONG_CALLS[name]
    planner, untouched = a_planner(), a_planner()
    for each in (planner, untouched):
        each.step(NOW, [a_job("known", earliest=5)])
    with pytest.raises(FleetError, match=words) as caught:
        call(planner)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
    one, other = (each.step(at(1), [a_job("next")]) for each in (planner, untouched))
    assert verdicts(one) == verdicts(other)
    assert one.objective_usd == other.objective_usd


def test_the_table_ends_with_an_error_that_says_what_to_do():
    planner = a_planner(steps=2)
    planner.step(NOW)
    planner.step(at(1))
    with pytest.raises(FleetError, match="pass both again"):
        planner.step(at(2))
    assert planner.step(at(2), capacity=np.ones((2, 4)), costs=np.ones((2, 4))).ended == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step": "soon"}, '"15min"'),
        ({"step": timedelta(days=2)}, "expected a duration"),
        ({"regions": ("a", "a")}, "each name once"),
        ({"regions": None}, "expected a list of names"),
        ({"regions": "ab"}, "expected a list of names"),
        ({"regions": ("a",)}, r"expected numbers of shape"),
        ({"energy": "gpu", "capacity": {"mw": np.ones((2, 4))}}, "energy resource 'gpu'"),
        ({"transfers": "none"}, "expected Transfers"),
        ({"transfers": Transfers(usd_per_gb=np.ones((3, 3)))}, r"expected \(home, region\) = \(2, 2\)"),
        ({"costs": np.ones((2, 0))}, "shape"),
        ({"costs": np.ones(4)}, "shape"),
    ],
)
def test_a_planner_that_cannot_work_is_refused(options, words):
    given = {"capacity": np.ones((2, 4)), "costs": np.ones((2, 4)), "regions": REGIONS, "step": STEP} | options
    with pytest.raises(FleetError, match=words):
        Planner(given.pop("capacity"), given.pop("costs"), **given)
