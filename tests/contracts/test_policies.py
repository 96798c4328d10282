"""Rules that every entry of POLICIES follows."""

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

all_policies = pytest.mark.parametrize("name", POLICIES)
# All policies but the one that ignores capacity.
capacity_policies = pytest.mark.parametrize("name", [name for name in POLICIES if name != "home_region"])


def offer_of(spare_mw: Any, *, starts: int | None = None, cost_usd_per_mwh: Any = None, **changes: Any) -> Offer:
    """One level of (region, hour) spare power at 1 USD/MWh; by default, a job may start in every hour."""
    spare = np.asarray(spare_mw, dtype=np.float64)
    regions, hours = spare.shape
    starts = starts or hours
    defaults: dict[str, Any] = {
        "spare_mw": spare[None],
        "level_index": np.zeros((1, regions, starts), dtype=np.int8),
        "bucket": np.zeros((hours - starts + 2, starts), dtype=np.int8),
        "reserved_mw": np.zeros((regions, hours)),
        "most_jobs": np.full(regions, 1_000),
        "cost_usd_per_mwh": np.ones((regions, hours)) if cost_usd_per_mwh is None else np.asarray(cost_usd_per_mwh),
    }
    return Offer(**(defaults | changes))


def batch_of(power_mw: Any, **changes: Any) -> Batch:
    """Jobs of one hour that may start in hour 0 only, in either of two regions, and hold no region and start yet."""
    power = np.asarray(power_mw, dtype=np.float64)
    jobs = len(power)
    zero, nowhere = np.zeros(jobs, dtype=np.int64), np.full(jobs, NOWHERE)
    defaults: dict[str, Any] = {
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
    return Batch(**(defaults | {name: np.asarray(value) for name, value in changes.items()}))


def unlisted() -> set[type[Policy]]:
    """Policies that some module of the package defines and the catalogue does not contain."""
    policies = set()
    for info in pkgutil.iter_modules(placement.__path__):
        module = importlib.import_module(f"{placement.__name__}.{info.name}")
        policies |= {
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Policy) and value.__module__ == module.__name__
        }
    return policies - {Policy} - set(POLICIES.values())


def arrays(*parts) -> list[np.ndarray]:
    values = [getattr(part, item.name) for part in parts for item in fields(part)]
    return [value for value in values if isinstance(value, np.ndarray)]


@all_policies
@given(case=some_offers())
def test_the_same_offer_gives_the_same_plan_and_does_not_change(name, case):
    offer, batch = case
    before = [values.copy() for values in arrays(offer, batch)]
    policy = POLICIES[name]()
    first, again = policy.plan(offer, batch), POLICIES[name]().plan(offer, batch)
    np.testing.assert_array_equal(first.region, again.region)
    np.testing.assert_array_equal(first.start, again.start)
    for values, copy in zip(arrays(offer, batch), before, strict=True):
        np.testing.assert_array_equal(values, copy)


@pytest.mark.slow
@all_policies
@given(case=some_offers())
def test_a_job_runs_only_where_and_when_it_may(name, case):
    offer, batch = case
    plan = POLICIES[name]().plan(offer, batch)
    is_placed = plan.region != NOWHERE
    np.testing.assert_array_equal(is_placed, plan.start != NOWHERE)
    assert batch.sets[batch.region_set[is_placed], plan.region[is_placed]].all()
    assert (plan.start >= batch.first)[is_placed].all()
    assert (plan.start <= batch.last)[is_placed].all()


@pytest.mark.slow
@capacity_policies
@given(case=some_offers())
def test_all_jobs_together_stay_within_the_offer_and_run_where_the_cost_is_known(name, case):
    offer, batch = case
    assert_feasible(offer, batch, POLICIES[name]().plan(offer, batch))


@capacity_policies
def test_a_job_fits_exactly_and_does_not_fit_with_a_watt_less(name):
    offer, batch = offer_of([[1.0, 1.0]], starts=1), batch_of(power_mw=[1.0], duration_h=[2], last=[0], regions=1)
    assert POLICIES[name]().plan(offer, batch).region.tolist() == [0]
    tight = replace(offer, spare_mw=offer.spare_mw - 1e-6)
    assert POLICIES[name]().plan(tight, batch).region.tolist() == [NOWHERE]


def test_home_region_runs_a_job_at_home_at_once_without_spare_power():
    offer, batch = offer_of([[0.0], [9.0]]), batch_of(power_mw=[1.0], home=[0])
    plan = POLICIES["home_region"]().plan(offer, batch)
    assert (plan.region.tolist(), plan.start.tolist()) == ([0], [0])


def test_current_conditions_never_starts_a_job_later():
    offer, batch = offer_of([[0.0, 9.0]], starts=2), batch_of(power_mw=[1.0], last=[1], regions=1)
    assert POLICIES["current_conditions"]().plan(offer, batch).region.tolist() == [NOWHERE]
    assert POLICIES["point_forecast"]().plan(offer, batch).start.tolist() == [1]


def test_each_policy_states_its_belief():
    beliefs = {name: policy.belief for name, policy in POLICIES.items()}
    assert beliefs["current_conditions"] is Belief.PRESENT
    assert beliefs["point_forecast"] is Belief.FORECAST
    assert beliefs["fixed_margin"] is Belief.MARGIN
    assert beliefs["greedy"] is beliefs[DEFAULT_POLICY] is Belief.BOUND
    assert beliefs[ORACLE] is Belief.TRUTH


def test_the_default_policy_is_in_the_catalogue():
    assert DEFAULT_POLICY in POLICIES


def test_every_policy_is_in_the_catalogue_and_in_a_file_of_its_name():
    assert unlisted() == set()
    assert [policy.__module__.rsplit(".", 1)[1] for policy in POLICIES.values()] == list(POLICIES)


def test_every_policy_states_its_own_name():
    assert all("name" in vars(policy) for policy in POLICIES.values())


def test_a_policy_outside_the_catalogue_is_noticed(monkeypatch):
    stray = type("Stray", (Policy,), {"__module__": "fleet.placement.greedy"})
    monkeypatch.setattr(importlib.import_module("fleet.placement.greedy"), "Stray", stray, raising=False)
    assert unlisted() == {stray}
