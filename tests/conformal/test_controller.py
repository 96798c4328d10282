from dataclasses import replace

import numpy as np
import pytest
from support.controllers import CAPACITY_MW, at_level, controller_of, counted, some

from fleet.conformal.controller import Controller
from fleet.conformal.controller_numbers import published_numbers
from fleet.conformal.controller_rules import ENERGY, FAR, JOBS, NEAR
from fleet.units import WH_PER_MWH


def one_region(level: float = 0.0, **rules) -> Controller:
    """Return the initial controller of one region, with a level by job of the near track."""
    return at_level(controller_of(1, **rules), [level])


def after_outcomes(controller: Controller, *breached: bool, track: int = NEAR, mwh: float = 1.0) -> Controller:
    """Return the controller after approvals whose outcomes become known one by one."""
    for outcome in breached:
        amount = some([1], track, mwh)
        controller = controller.with_approvals(amount).with_outcomes(amount, amount * outcome)
    return controller


def after_hours(controller: Controller, hours: int) -> Controller:
    for _ in range(hours):
        controller = controller.next_hour()
    return controller


def on_probation(controller: Controller) -> Controller:
    """Return the controller of a region that closed and has waited."""
    return after_hours(at_level(controller, [4.0] * controller.level.shape[-1]), controller.rules.reopen_after_h)


def level_of(controller: Controller, unit: int = JOBS, track: int = NEAR) -> float:
    return float(controller.level[unit, track, 0])


def test_a_breach_raises_the_level_and_a_safe_outcome_lowers_it():
    controller = after_outcomes(one_region(1.0), True)
    assert level_of(controller) == pytest.approx(1 + 0.05 * 0.95)
    assert level_of(after_outcomes(controller, False)) == pytest.approx(1 + 0.05 * 0.95 - 0.05 * 0.05)


def test_outcomes_of_one_hour_move_the_level_whatever_their_order():
    both = one_region().with_approvals(some([2])).with_outcomes(some([2]), some([1]))
    assert level_of(both) == pytest.approx(0.05 * (1 - 0.05 * 2))


def test_a_breach_weighs_as_much_as_its_energy():
    # 10 MW for an hour, at 0.05 margins for each hour at the IT capacity: 0.05 x (1 - 0.05).
    controller = after_outcomes(one_region(), True, mwh=CAPACITY_MW)
    assert level_of(controller, ENERGY) == pytest.approx(0.0475)
    large = after_outcomes(one_region(), True, mwh=80 * CAPACITY_MW)
    assert level_of(large) == pytest.approx(0.0475)
    assert level_of(large, ENERGY) == pytest.approx(3.8)
    # The higher of the two levels acts.
    assert large.track_level[NEAR, 0] == pytest.approx(3.8)


def test_long_jobs_move_the_level_of_the_far_track_only():
    controller = after_outcomes(one_region(), True, track=FAR)
    assert (level_of(controller, track=NEAR), level_of(controller, track=FAR)) == (0.0, pytest.approx(0.0475))
    rules = controller.rules
    assert (rules.track_of(24), rules.track_of(25)) == (NEAR, FAR)


def test_a_level_below_zero_acts_as_zero_and_is_used_up_by_the_next_breaches():
    # 400 safe approvals lower the level by a margin, which is the most.
    quiet = after_outcomes(one_region(), *[False] * 500)
    assert level_of(quiet) == pytest.approx(-1.0)
    assert quiet.track_level[NEAR, 0] == 0
    spell = after_outcomes(quiet, *[True] * 21)
    assert spell.track_level[NEAR, 0] == 0
    assert after_outcomes(spell, True).track_level[NEAR, 0] == pytest.approx(22 * 0.0475 - 1)


@pytest.mark.parametrize("floor", [0.0, 0.5])
def test_quiet_seasons_do_not_lower_the_level_below_its_floor(floor):
    controller = after_outcomes(one_region(0.6, floor=floor), *[False] * 500)
    assert level_of(controller) == floor
    # One breach later, the level is one step above the floor.
    assert level_of(after_outcomes(controller, True)) == pytest.approx(floor + 0.05 * 0.95)
    assert controller.lowered.sum() == 0


def test_an_outcome_that_stays_unknown_only_lowers_the_unresolved_count():
    controller = one_region(1.0).with_approvals(some([3]))
    after = controller.without(some([1]))
    assert counted(after.unresolved) == [2]
    for name in ("level", "resolved", "breached", "lowered"):
        np.testing.assert_array_equal(getattr(after, name), getattr(controller, name))


def test_a_region_closes_at_the_closing_level_and_not_below():
    assert one_region(np.nextafter(4.0, 0)).is_open(1)[0]
    assert not one_region(4.0).is_open(1)[0]
    assert not one_region(9.0).is_open(1)[0]


def test_a_closed_far_track_leaves_short_jobs_alone_and_a_closed_near_track_does_not():
    far = one_region()
    level = far.level.copy()
    level[ENERGY, FAR] = 4.0
    far = replace(far, level=level)
    assert (far.is_open(24)[0], far.is_open(25)[0]) == (True, False)
    near = one_region(4.0)
    assert (near.is_open(24)[0], near.is_open(25)[0]) == (False, False)


def test_a_region_with_the_most_unresolved_approvals_is_closed_until_one_ends():
    half = one_region().with_approvals(some([250])).with_approvals(some([249], FAR))
    assert half.is_open(1)[0]
    full = half.with_approvals(some([1]))
    assert not full.is_open(1)[0]
    assert not full.is_open(48)[0]
    assert full.with_outcomes(some([1]), some([0])).is_open(1)[0]
    assert full.without(some([1])).is_open(1)[0]
    # Approvals that are decided again do not count as taken.
    assert full.places(np.array([[3], [0]])).tolist() == [[3], [3]]


def test_a_region_closes_without_closing_others():
    controller = controller_of(3, gain=0.2)
    for _ in range(30):
        controller = controller.with_approvals(some([1, 1, 0])).with_outcomes(some([1, 1, 0]), some([0, 1, 0]))
    np.testing.assert_array_equal(controller.is_open(1), [True, False, True])
    assert (counted(controller.resolved), counted(controller.breached)) == ([30, 30, 0], [0, 30, 0])


def test_a_closed_region_opens_on_probation_and_the_move_counts_as_lowered():
    closed = one_region(5.5)
    assert not after_hours(closed, 71).is_open(1)[0]
    reopened = after_hours(closed, 72)
    assert reopened.places().tolist() == [[5], [5]]
    assert reopened.most_mw.tolist() == [[0.5], [0.5]]  # 5 % of 10 MW
    assert level_of(reopened) == 2.0
    assert reopened.lowered[JOBS, NEAR, 0] == 5.5 - 2.0
    assert reopened.resets.tolist() == [[1], [0]]
    assert after_hours(reopened, 500).resets.sum() == 1  # the region is no longer closed


def test_a_probation_without_a_breach_opens_the_region():
    controller = on_probation(one_region())
    controller = after_outcomes(controller, *[False] * 4)
    assert controller.on_probation[NEAR, 0]
    controller = after_outcomes(controller, False)
    assert not controller.on_probation.any()
    assert controller.places().tolist() == [[500], [500]]
    assert np.isinf(controller.most_mw).all()


def test_a_probation_with_a_breach_suspends_the_region_for_twice_as_long():
    controller = on_probation(one_region())
    for wait_h in (144, 288, 576, 672, 672):
        full = controller.with_approvals(some([5]))
        assert not full.is_open(1)[0]
        controller = full.with_outcomes(some([5]), some([1]))
        assert not controller.is_open(1)[0]
        assert not after_hours(controller, wait_h - 1).is_open(1)[0]
        controller = after_hours(controller, wait_h)
        assert controller.is_open(1)[0]
    # After a passed probation the next wait is short again.
    passed = after_outcomes(controller, *[False] * 5)
    assert not after_hours(at_level(passed, [4.0]), 71).is_open(1)[0]
    assert after_hours(at_level(passed, [4.0]), 72).is_open(1)[0]


def test_a_probation_of_the_far_track_leaves_short_jobs_alone():
    far = one_region()
    level = far.level.copy()
    level[JOBS, FAR] = 4.0
    far = after_hours(replace(far, level=level), 72)
    assert far.places().tolist() == [[500], [5]]
    assert far.most_mw.tolist() == [[np.inf], [0.5]]


def test_a_closed_region_stays_closed_while_an_approval_is_unresolved():
    waiting = after_hours(one_region(5.0).with_approvals(some([1])), 1_000)
    assert not waiting.is_open(1)[0]
    assert waiting.closed_h[NEAR, 0] == 0
    resolved = waiting.with_outcomes(some([1]), some([1]))
    assert not after_hours(resolved, 71).is_open(1)[0]
    assert after_hours(resolved, 72).is_open(1)[0]


def test_only_closed_hours_in_a_row_count():
    # An operator's approval, or a safe outcome that lowers the level below the closing level, ends the count.
    closed = after_hours(one_region(4.001), 50)
    interrupted = after_hours(closed.with_approvals(some([1])), 1).with_outcomes(some([1]), some([0]))
    assert interrupted.closed_h[NEAR, 0] == 0
    assert level_of(interrupted) == pytest.approx(4.001 - 0.0025)
    assert interrupted.is_open(1)[0]
    assert interrupted.resets.sum() == 0
    assert interrupted.lowered.sum() == 0  # the outcome lowered the level, not a probation


def test_a_controller_is_not_changed_in_place():
    controller = controller_of(2)
    names = ("level", "unresolved", "resolved", "lowered", "closed_h", "passed", "failed")
    before = {name: getattr(controller, name).copy() for name in names}
    for name in before:
        getattr(controller, name).flags.writeable = False
    controller.with_approvals(some([1, 0])).with_outcomes(some([1, 0]), some([1, 0])).next_hour()
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(controller, name), values)


def with_sums(controller: Controller, **changes: tuple[float, float]) -> Controller:
    """Return the controller with sums (by job, by energy in MWh) of the near track of all regions."""
    values = {}
    for name, (jobs, mwh) in changes.items():
        amount = np.zeros_like(controller.level)
        amount[JOBS, NEAR], amount[ENERGY, NEAR] = jobs, mwh * (1.0 if name == "lowered" else WH_PER_MWH)
        values[name] = amount
    return replace(controller, **values)


def test_the_bounds_follow_their_formula():
    controller = with_sums(
        one_region(), resolved=(2_000, 8_000), breached=(7, 9), lowered=(3.0, 1.0), peak_unresolved=(100, 400)
    )
    # By job: 0.05 + ((4 - 0 + 3) / 0.05 + 100 x 0.95) / 2,000 = 0.05 + (140 + 95) / 2,000 = 0.1675.
    # By energy: 0.05 + ((4 - 0 + 1) / 0.05 x 10 MWh + 400 x 0.95) / 8,000 = 0.05 + (1,000 + 380) / 8,000 = 0.2225.
    np.testing.assert_allclose(controller.bound[:, 0], [0.1675, 0.2225])
    assert controller.fleet_bound == pytest.approx(0.1675)
    assert controller.fleet_energy_bound == pytest.approx(0.2225)
    # With too few resolved approvals, the bounds are 1.
    few = with_sums(one_region(), resolved=(100, 100), lowered=(3.0, 3.0), peak_unresolved=(1, 1))
    assert few.bound.tolist() == [[1.0], [1.0]]
    assert (one_region().fleet_bound, one_region().fleet_energy_bound) == (1.0, 1.0)


def test_approvals_out_of_turn_are_counted_in_the_bounds():
    full = one_region().with_approvals(some([498])).with_approvals(some([5]))
    # 500 may be unresolved. Of five more, three are too many. The energy of all five counts.
    assert full.out_of_turn[JOBS, NEAR, 0] == 3
    assert full.out_of_turn[ENERGY, NEAR, 0] == 5 * WH_PER_MWH
    closed = with_sums(one_region(4.0), resolved=(10_000, 10_000), peak_unresolved=(10, 10))
    late = replace(closed, unresolved=closed.peak_unresolved).with_approvals(some([2]))
    assert counted(late.out_of_turn) == [2]
    # They also count as unresolved: 2 + 2 x 0.95 = 3.9.
    np.testing.assert_allclose((late.bound - closed.bound)[:, 0], 3.9 / 10_000)


def test_the_bound_of_the_fleet_adds_up_regions_and_tracks():
    controller = controller_of(2, gain=0.5)
    amount = np.zeros_like(controller.level)
    amount[JOBS] = [[1_000, 3_000], [0, 1_000]]
    peak = np.zeros_like(controller.level)
    peak[JOBS] = [[10, 10], [0, 10]]
    controller = replace(controller, resolved=amount, peak_unresolved=peak)
    # Each of three tracks may have 4 / 0.5 + 10 x 0.95 = 17.5 breaches above its share. The fourth has no approval.
    assert controller.fleet_bound == pytest.approx(0.05 + 3 * 17.5 / 5_000)


def test_the_published_numbers_have_their_json_types():
    controller = controller_of(2).with_approvals(some([3, 0])).with_outcomes(some([1, 0]), some([1, 0]))
    published = published_numbers(controller, ("alpha", "beta"))
    assert published["alpha"]["breach_rate"] == published["alpha"]["energy_breach_rate"] == 1.0
    assert (published["alpha"]["bound"], published["alpha"]["energy_bound"]) == (1.0, 1.0)
    assert (published["alpha"]["unresolved"], published["alpha"]["most_unresolved"]) == (2, 3)
    assert (published["alpha"]["resolved_mwh"], published["alpha"]["most_unresolved_mwh"]) == (1.0, 3.0)
    assert (published["beta"]["breach_rate"], published["beta"]["energy_breach_rate"]) == (None, None)
    assert {type(value) for value in published["alpha"].values()} <= {int, float, bool, type(None)}
