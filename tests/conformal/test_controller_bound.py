"""The published bounds hold for any sequence of outcomes, by job and by energy, and only with the rules."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.controller_worlds import (
    DELAY_BY_REGION_H,
    WORLDS,
    World,
    delayed_by_region,
    just_before_it_closes,
    safe_on_probation_alone,
)
from support.controllers import CAPACITY_MW, some

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import ENERGY, FAR, JOBS, NEAR, ControllerRules
from fleet.units import WH_PER_MWH

QUICK = ControllerRules(
    miscoverage=0.05, max_unresolved=12, reopen_after_h=10, longest_wait_h=40, gain=0.2, energy_gain=0.2
)
Change = Callable[[Controller], Controller]
# Rules, and the energy of the largest job [MWh].
CASES = (
    (QUICK, 1.0),
    (QUICK, 60.0),
    (replace(QUICK, floor=0.5, first_level=1.0), 60.0),
    (replace(QUICK, miscoverage=0.2), 60.0),
)


def holds(controller: Controller) -> bool:
    """Tell whether breaches are within the bounds: of each region, each track and the fleet, by job and by energy."""
    breached, resolved = controller.breached.sum(axis=1), controller.resolved.sum(axis=1)
    fleet = np.array([controller.fleet_bound, controller.fleet_energy_bound])
    # Rounding errors of the sums in watt-hours are below one.
    return bool(
        (breached <= controller.bound * resolved + np.array([[1e-6], [1.0]])).all()
        and (breached.sum(axis=1) <= fleet * resolved.sum(axis=1) + np.array([1e-6, 1.0])).all()
    )


def simulate(
    world: World,
    rules: ControllerRules = QUICK,
    *,
    hours: int = 1_500,
    asked: int = 2,
    seed: int = 0,
    largest_mwh: float = 1.0,
    each_hour: Change = lambda controller: controller,
    each_outcome: Change = lambda controller: controller,
) -> tuple[Controller, bool]:
    """Returns the controller after a number of hours, and whether its bounds held in each of them.

    Args:
        asked: jobs per region and hour.
        largest_mwh: above 1 MWh, each second job is long, and has up to this energy if it breaches.
        each_hour: a change of the controller in each hour.
        each_outcome: a change of the controller after each outcome.
    """
    rng = np.random.default_rng(seed)
    regions = len(DELAY_BY_REGION_H)
    controller = Controller.initial(rules, np.full(regions, CAPACITY_MW))
    due: dict[int, list[tuple[np.ndarray, bool | None]]] = defaultdict(list)
    held = True

    def ended(controller: Controller, amount: np.ndarray, breached: bool | None) -> Controller:
        if breached is None:
            return each_outcome(controller.without(amount))
        return each_outcome(controller.with_outcomes(amount, amount * breached))

    for hour in range(hours):
        for amount, breached in due.pop(hour, []):
            controller = ended(controller, amount, breached)
        controller = each_hour(controller.next_hour())
        for region in range(regions):
            for number in range(asked):
                track = FAR if largest_mwh > 1 and number % 2 else NEAR
                if controller.places()[track, region] == 0:
                    continue
                delay_h, breached = world(hour, region, controller, rng)
                mwh = float(rng.uniform(1, largest_mwh)) if breached else 1.0
                amount = some(np.eye(regions, dtype=np.int64)[region], track, round(mwh, 3))
                controller = controller.with_approvals(amount)
                if delay_h == 0:
                    controller = ended(controller, amount, breached)
                elif delay_h is not None:
                    due[hour + delay_h].append((amount, breached))
        held &= holds(controller)
        assert (controller.peak_unresolved[JOBS].sum(axis=0) <= 2 * rules.max_unresolved).all()
        assert (controller.unresolved[JOBS].sum(axis=0) <= rules.max_unresolved).all()
        assert (controller.level >= rules.floor).all()
        assert (controller.out_of_turn == 0).all()
    return controller, held


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_the_bounds_hold_in_every_hour_of_every_world(world):
    for seed, (rules, largest_mwh) in enumerate(CASES):
        _, held = simulate(WORLDS[world], rules, seed=seed, hours=600, largest_mwh=largest_mwh)
        assert held


@pytest.mark.parametrize("world", ["always a breach", "three in ten", "all at once", "just before it closes"])
def test_the_bounds_hold_through_many_probations(world):
    controller, held = simulate(WORLDS[world], replace(QUICK, reopen_after_h=5), hours=700, largest_mwh=60.0)
    assert held
    assert (controller.resets.sum(axis=0)[:-1] >= 3).all()  # with a delay of 200 hours, there is time for fewer


events = st.lists(
    st.tuples(
        st.integers(0, 3),  # approvals that are asked for
        st.booleans(),  # long jobs
        st.sampled_from([0.001, 0.5, 3.0, 80.0]),  # energy of each [MWh]
        st.sampled_from([0, 0, 1, 5, 30]),  # hours until the outcome is known
        st.sampled_from([True, True, False, None]),  # outcome
    ),
    min_size=1,
    max_size=120,
)


@given(sequence=events)
def test_no_sequence_of_approvals_and_outcomes_exceeds_the_bounds(sequence):
    rules = replace(QUICK, max_unresolved=6, reopen_after_h=2, longest_wait_h=4, gain=1.0, energy_gain=2.0)
    controller, due = Controller.initial(rules, np.full(1, CAPACITY_MW)), defaultdict(list)
    for hour, (asked, is_long, mwh, delay_h, outcome) in enumerate(sequence):
        for amount, breached in due.pop(hour, []):
            known = controller.without(amount) if breached is None else None
            controller = known or controller.with_outcomes(amount, amount * breached)
        controller = controller.next_hour()
        track = FAR if is_long else NEAR
        count = min(asked, int(controller.places()[track, 0]))
        amount = some([count], track, mwh)
        controller = controller.with_approvals(amount)
        due[hour + 1 + delay_h].append((amount, outcome))
        assert holds(controller)
        assert (controller.out_of_turn == 0).all()


def test_the_bound_is_reached_to_within_one_breach():
    # This world breaches as often as the bound allows: 21 times one by one, of 4 / (0.2 x 0.95) = 21.05, and then 12
    # times at once.
    controller, held = simulate(just_before_it_closes, replace(QUICK, reopen_after_h=10**6, energy_gain=0.001))
    assert held
    np.testing.assert_array_equal(controller.breached[JOBS, NEAR], 21 + 12)
    allowed = controller.bound[JOBS] * controller.resolved[JOBS, NEAR]
    assert (controller.breached[JOBS, NEAR] > allowed - 1).all()


def test_by_energy_the_bound_is_reached_to_within_the_largest_job():
    # Each job has the energy of an hour at the IT capacity and moves the level by 0.2 x 0.95: 22 close the track.
    controller = Controller.initial(replace(QUICK, gain=0.001, reopen_after_h=10**6), np.full(1, CAPACITY_MW))
    amount = some([1], FAR, CAPACITY_MW)
    while controller.is_open(48)[0]:
        controller = controller.with_approvals(amount).with_outcomes(amount, amount)
    assert controller.breached[ENERGY, FAR, 0] == 22 * CAPACITY_MW * WH_PER_MWH
    # 0.05 x 22 + 4 / 0.2 + 1 x 0.95 = 22.05 hours at the IT capacity.
    assert controller._most_breached()[ENERGY, FAR, 0] == pytest.approx(22.05 * CAPACITY_MW * WH_PER_MWH)


def test_a_region_that_always_breaches_gets_a_few_small_jobs_at_ever_longer_intervals():
    rules = ControllerRules(miscoverage=0.05)
    controller, hours = Controller.initial(rules, np.full(1, CAPACITY_MW)), 8_760
    due = defaultdict(list)
    for hour in range(hours):
        for amount in due.pop(hour, []):
            controller = controller.with_outcomes(amount, amount)
        controller = controller.next_hour()
        count = int(controller.places()[NEAR, 0])
        controller = controller.with_approvals(some([count]))
        due[hour + 5].append(some([count]))
    # 500 approvals close it. Then it waits 72, 144, 288 and 576 h, and 672 h from there on, each time for 5 approvals.
    breached = controller.breached[JOBS, NEAR, 0]
    resets = int(controller.resets[NEAR, 0])
    assert resets == 15
    assert breached == 500 + 5 * resets
    assert holds(controller)


@pytest.mark.slow
def test_without_breaches_no_level_acts():
    controller, _ = simulate(WORLDS["never a breach"])
    assert (controller.track_level == 0).all()
    # With a delay of no or one hour, both jobs of each of 1,500 hours run. With a delay of a day, 12 jobs a day run.
    np.testing.assert_array_equal(controller.resolved[JOBS, NEAR, :2], [3_000, 2_998])
    assert controller.resolved[JOBS, NEAR, 3] == pytest.approx(1_500 / 24 * 12, rel=0.02)


def test_outcomes_that_never_become_known_leave_a_region_closed():
    controller, held = simulate(lambda hour, region, controller, rng: (None, None), hours=200)
    assert held
    np.testing.assert_array_equal(controller.unresolved[JOBS, NEAR], QUICK.max_unresolved)
    assert not controller.is_open(1).any()
    np.testing.assert_array_equal(controller.resets, 0)


@pytest.mark.slow
def test_raising_the_level_keeps_the_bound():
    rng = np.random.default_rng(1)

    def raised(controller: Controller) -> Controller:
        return replace(controller, level=controller.level + rng.exponential(0.01, controller.level.shape))

    for world in WORLDS.values():
        _, held = simulate(world, hours=600, each_hour=raised)
        assert held


def lowered_by_denied_jobs(controller: Controller, *, counted: bool) -> Controller:
    """Lowers the level of each closed region as if ten denied jobs an hour had run without a breach."""
    is_closed = controller.level >= controller.rules.closing_level
    step = np.where(is_closed, 10 * controller.rules.gain * controller.rules.miscoverage, 0.0)
    changed = replace(controller, level=controller.level - step)
    return replace(changed, lowered=changed.lowered + step) if counted else changed


@pytest.mark.slow
def test_scoring_denied_jobs_voids_the_bound_unless_it_is_counted():
    # Every approved job breaches. The denied jobs would not have breached, so that the region opens an hour later.
    world, rules = delayed_by_region(lambda hour, rng: True), replace(QUICK, reopen_after_h=10**6)
    controller, held = simulate(
        world, rules, each_hour=lambda controller: lowered_by_denied_jobs(controller, counted=False)
    )
    assert not held
    np.testing.assert_array_equal(controller.breached, controller.resolved)  # a rate of 1
    assert (controller.bound[JOBS, :4] < 0.15).all()
    controller, held = simulate(
        world, rules, each_hour=lambda controller: lowered_by_denied_jobs(controller, counted=True)
    )
    assert held
    assert (controller.bound[JOBS] >= 1).all()  # the bound holds but allows everything


def clipped(controller: Controller, *, counted: bool) -> Controller:
    level = np.minimum(controller.level, controller.rules.closing_level)
    lowered = controller.lowered + (controller.level - level if counted else 0.0)
    return replace(controller, level=level, lowered=lowered)


@pytest.mark.slow
def test_clipping_the_level_from_above_voids_the_bound_unless_it_is_counted():
    # All unresolved approvals breach at once and raise the level above the closing level. Clipping removes this excess
    # before the reset can count it.
    rules = replace(QUICK, reopen_after_h=5, max_unresolved=40)
    _, held = simulate(
        safe_on_probation_alone, rules, asked=10, each_outcome=lambda controller: clipped(controller, counted=False)
    )
    assert not held
    _, held = simulate(
        safe_on_probation_alone, rules, asked=10, each_outcome=lambda controller: clipped(controller, counted=True)
    )
    assert held
    _, held = simulate(safe_on_probation_alone, rules, asked=10)
    assert held
