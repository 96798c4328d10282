"""What every entry of POLICIES must do."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet import placement
from fleet.placement import DEFAULT_POLICY, POLICIES, Options, Policy

every_policy = pytest.mark.parametrize("name", POLICIES)


@st.composite
def some_options(draw) -> Options:
    """Any room, any cost, some of it unknown; the home region is always allowed, as a job's construction sees to."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 24)))
    cost = np.where(rng.random(shape) < 0.1, np.nan, rng.normal(50, 30, shape))
    home = int(rng.integers(shape[0]))
    allowed = np.repeat(rng.random((shape[0], 1)) < 0.6, shape[1], axis=1)
    allowed[home] = True
    room = rng.normal(draw(st.sampled_from([-5.0, 0.0, 5.0])), 3, shape)
    return Options(
        allowed=allowed, room_mw=room, forecast_room_mw=room + rng.normal(0, 3, shape), cost_usd=cost, home=home
    )


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


@every_policy
@given(options=some_options())
def test_the_same_options_give_the_same_choice_and_stay_as_they_were(name, options):
    arrays = [options.allowed, options.room_mw, options.forecast_room_mw, options.cost_usd]
    before = [values.copy() for values in arrays]
    for values in arrays:
        values.flags.writeable = False
    first = POLICIES[name]().choose(options)
    policy = POLICIES[name]()
    assert policy.choose(options) == policy.choose(options) == first
    for values, kept in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(values, kept)


@every_policy
@given(options=some_options())
def test_a_choice_is_an_allowed_option(name, options):
    choice = POLICIES[name]().choose(options)
    if choice is not None:
        assert all(isinstance(part, int) for part in choice)
        assert options.allowed[choice]


@given(options=some_options())
def test_greedy_never_breaks_the_envelope_and_takes_the_cheapest_that_keeps_it(options):
    choice = POLICIES["greedy"]().choose(options)
    safe = options.allowed & (options.room_mw >= 0)
    assert (choice is None) == (not safe.any())
    if choice is not None:
        assert safe[choice]
        known = options.cost_usd[safe & np.isfinite(options.cost_usd)]
        assert not known.size or options.cost_usd[choice] <= known.min() + 1e-6


@given(options=some_options())
def test_a_point_forecast_believes_the_forecast_alone(options):
    choice = POLICIES["point_forecast"]().choose(options)
    believed = options.allowed & (options.forecast_room_mw >= 0)
    assert (choice is None) == (not believed.any())
    assert choice is None or believed[choice]


@given(options=some_options())
def test_home_region_runs_at_home_now_whatever_the_envelope_says(options):
    assert POLICIES["home_region"]().choose(options) == (options.home, 0)


def test_room_for_exactly_the_job_is_room():
    nothing = np.zeros((1, 1))
    options = Options(
        allowed=np.ones((1, 1), dtype=np.bool_), room_mw=nothing, forecast_room_mw=nothing, cost_usd=nothing, home=0
    )
    assert POLICIES["greedy"]().choose(options) == (0, 0)


def test_the_default_policy_is_in_the_catalogue():
    assert DEFAULT_POLICY in POLICIES


def test_every_policy_is_in_the_catalogue_and_in_a_file_of_its_name():
    assert unlisted() == set()
    assert [policy.__module__.rsplit(".", 1)[1] for policy in POLICIES.values()] == list(POLICIES)


def test_an_unlisted_policy_would_be_noticed(monkeypatch):
    stray = type("Stray", (Policy,), {"__module__": "fleet.placement.greedy"})
    monkeypatch.setattr(importlib.import_module("fleet.placement.greedy"), "Stray", stray, raising=False)
    assert unlisted() == {stray}
