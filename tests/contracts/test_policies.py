"""What every entry of POLICIES must do."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from support.offers import assert_feasible, some_offers

from fleet import placement
from fleet.placement import DEFAULT_POLICY, NOWHERE, ORACLE, POLICIES, Batch, Belief, Offer, Policy

every_policy = pytest.mark.parametrize("name", POLICIES)
# All but the one that asks for nothing.
careful = pytest.mark.parametrize("name", [name for name in POLICIES if name != "home_region"])


def offer_of(room_mw: Any, *, starts: int | None = None, cost_usd_per_mwh: Any = None, **changes: Any) -> Offer:
    """One rung of (region, hour) spare power at 1 USD/MWh; a job may start in every hour unless said otherwise."""
    spare = np.asarray(room_mw, dtype=np.float64)
    regions, hours = spare.shape
    starts = starts or hours
    usual: dict[str, Any] = {
        "spare_mw": spare[None],
        "rung": np.zeros((1, regions, starts), dtype=np.int8),
        "bucket": np.zeros((hours - starts + 2, starts), dtype=np.int8),
        "reserved_mw": np.zeros((regions, hours)),
        "most_jobs": np.full(regions, 1_000),
        "cost_usd_per_mwh": np.ones((regions, hours)) if cost_usd_per_mwh is None else np.asarray(cost_usd_per_mwh),
    }
    return Offer(**(usual | changes))


def batch_of(power_mw: Any, **changes: Any) -> Batch:
    """Jobs of an hour each that start at once or never, in either of two regions, and have no place yet."""
    power = np.asarray(power_mw, dtype=np.float64)
    jobs = len(power)
    zero, nowhere = np.zeros(jobs, dtype=np.int64), np.full(jobs, NOWHERE)
    usual: dict[str, Any] = {
        "power_mw": power,
        "duration_h": zero + 1,
        "first": zero,
        "last": zero,
        "sets": np.ones((1, changes.pop("regions", 2)), dtype=np.bool_),
        "region_set": zero,
        "home": zero,
        "priority": zero,
        "waited_h": zero,
        "data_gb": np.zeros(jobs),
        "kept_region": nowhere,
        "kept_start": nowhere,
    }
    return Batch(**(usual | {name: np.asarray(value) for name, value in changes.items()}))


def unlisted() -> set[type[Policy]]:
    found = set()
    for each in pkgutil.iter_modules(placement.__path__):
        module = importlib.import_module(f"{placement.__name__}.{each.name}")
        found |= {
            thing
            for thing in vars(module).values()
            if inspect.isclass(thing) and issubclass(thing, Policy) and thing.__module__ == module.__name__
        }
    return found - {Policy} - set(POLICIES.values())


def arrays(*parts) -> list[np.ndarray]:
    values = [getattr(part, item.name) for part in parts for item in fields(part)]
    return [value for value in values if isinstance(value, np.ndarray)]


@every_policy
@given(case=some_offers())
def test_the_same_offer_gives_the_same_plan_and_stays_as_it_was(name, case):
    offer, batch = case
    before = [values.copy() for values in arrays(offer, batch)]
    policy = POLICIES[name]()
    first, again = policy.plan(offer, batch), POLICIES[name]().plan(offer, batch)
    np.testing.assert_array_equal(first.region, again.region)
    np.testing.assert_array_equal(first.start, again.start)
    for values, kept in zip(arrays(offer, batch), before, strict=True):
        np.testing.assert_array_equal(values, kept)


@every_policy
@given(case=some_offers())
def test_a_place_is_one_where_and_when_the_job_may_run(name, case):
    offer, batch = case
    plan = POLICIES[name]().plan(offer, batch)
    placed = plan.region != NOWHERE
    np.testing.assert_array_equal(placed, plan.start != NOWHERE)
    assert batch.sets[batch.region_set[placed], plan.region[placed]].all()
    assert (plan.start >= batch.first)[placed].all()
    assert (plan.start <= batch.last)[placed].all()


@careful
@given(case=some_offers())
def test_together_the_jobs_stay_within_the_offer_and_go_where_the_cost_is_known(name, case):
    offer, batch = case
    assert_feasible(offer, batch, POLICIES[name]().plan(offer, batch))


@careful
def test_room_for_exactly_the_job_is_room_and_a_watt_less_is_none(name):
    offer, batch = offer_of([[1.0, 1.0]], starts=1), batch_of(power_mw=[1.0], duration_h=[2], last=[0], regions=1)
    assert POLICIES[name]().plan(offer, batch).region.tolist() == [0]
    tight = replace(offer, spare_mw=offer.spare_mw - 1e-6)
    assert POLICIES[name]().plan(tight, batch).region.tolist() == [NOWHERE]


def test_home_region_runs_at_home_now_whatever_the_envelope_says():
    offer, batch = offer_of([[0.0], [9.0]]), batch_of(power_mw=[1.0], home=[0])
    plan = POLICIES["home_region"]().plan(offer, batch)
    assert (plan.region.tolist(), plan.start.tolist()) == ([0], [0])


def test_present_conditions_are_no_reason_to_wait():
    offer, batch = offer_of([[0.0, 9.0]], starts=2), batch_of(power_mw=[1.0], last=[1], regions=1)
    assert POLICIES["current_conditions"]().plan(offer, batch).region.tolist() == [NOWHERE]
    assert POLICIES["point_forecast"]().plan(offer, batch).start.tolist() == [1]


def test_each_policy_is_shown_what_it_believes():
    found = {name: policy.belief for name, policy in POLICIES.items()}
    assert found["current_conditions"] is Belief.PRESENT
    assert found["point_forecast"] is Belief.FORECAST
    assert found["fixed_margin"] is Belief.MARGIN
    assert found["greedy"] is found[DEFAULT_POLICY] is Belief.BOUND
    assert found[ORACLE] is Belief.TRUTH


def test_the_default_policy_is_in_the_catalogue():
    assert DEFAULT_POLICY in POLICIES


def test_every_policy_is_in_the_catalogue_and_in_a_file_of_its_name():
    assert unlisted() == set()
    assert [policy.__module__.rsplit(".", 1)[1] for policy in POLICIES.values()] == list(POLICIES)


def test_an_unlisted_policy_would_be_noticed(monkeypatch):
    stray = type("Stray", (Policy,), {"__module__": "fleet.placement.greedy"})
    monkeypatch.setattr(importlib.import_module("fleet.placement.greedy"), "Stray", stray, raising=False)
    assert unlisted() == {stray}
