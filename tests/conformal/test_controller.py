import json
from dataclasses import replace

import numpy as np
import pytest

from fleet.conformal.controller import Controller, Rules

RULES = Rules(miscoverage=0.05)
QUICK = replace(RULES, max_unresolved=12, reopen_after_h=10, gain=0.2)
ONE = np.array([1])


def one_region(rules: Rules = RULES, **changes) -> Controller:
    """Returns the initial controller of one region, with some fields changed."""
    return replace(Controller.initial(rules, 1), **{name: np.array([value]) for name, value in changes.items()})


def after_outcomes(controller: Controller, *breached: bool | None) -> Controller:
    """Returns the controller after approvals whose outcomes become known one by one."""
    for outcome in breached:
        controller = controller.with_approvals(ONE).with_outcome(0, breached=outcome)
    return controller


def after_hours(controller: Controller, hours: int) -> Controller:
    for _ in range(hours):
        controller = controller.next_hour()
    return controller


def test_a_breach_raises_the_level_and_a_safe_outcome_lowers_it():
    controller = after_outcomes(one_region(level=1.0), True)
    assert controller.level[0] == pytest.approx(1 + 0.05 * 0.95)
    assert after_outcomes(controller, False).level[0] == pytest.approx(1 + 0.05 * 0.95 - 0.05 * 0.05)


def test_nineteen_safe_outcomes_lower_the_level_as_much_as_one_breach_raises_it():
    controller = after_outcomes(one_region(level=1.0), True, *[False] * 19)
    assert controller.level[0] == pytest.approx(1.0)
    assert controller.resolved[0] == 20
    assert controller.breached[0] == 1


@pytest.mark.parametrize("floor", [0.0, 0.5])
def test_quiet_seasons_do_not_lower_the_level_below_its_floor(floor):
    controller = after_outcomes(one_region(replace(RULES, floor=floor), level=0.6), *[False] * 500)
    assert controller.level[0] == floor
    # One breach later, the level is one step above the floor.
    assert after_outcomes(controller, True).level[0] == pytest.approx(floor + 0.05 * 0.95)
    assert controller.lowered[0] == 0


def test_an_outcome_that_stays_unknown_only_lowers_the_unresolved_count():
    controller = one_region(level=1.0).with_approvals(np.array([3]))
    after = controller.with_outcome(0, breached=None)
    assert after.unresolved[0] == 2
    for name in ("level", "resolved", "breached", "lowered"):
        np.testing.assert_array_equal(getattr(after, name), getattr(controller, name))


def test_a_region_closes_at_the_closing_level_and_not_below():
    assert one_region(level=np.nextafter(4.0, 0)).open[0]
    assert not one_region(level=4.0).open[0]
    assert not one_region(level=9.0).open[0]


def test_a_region_with_the_most_unresolved_approvals_is_closed_until_one_ends():
    full = one_region().with_approvals(np.array([RULES.max_unresolved]))
    assert not full.open[0]
    assert full.with_outcome(0, breached=False).open[0]
    assert full.with_outcome(0, breached=None).open[0]
    assert one_region().with_approvals(np.array([RULES.max_unresolved - 1])).open[0]


def test_a_region_closes_without_closing_others():
    controller = Controller.initial(QUICK, 3)
    for _ in range(30):
        controller = (
            controller.with_approvals(np.array([1, 1, 0]))
            .with_outcome(1, breached=True)
            .with_outcome(0, breached=False)
        )
    np.testing.assert_array_equal(controller.open, [True, False, True])
    np.testing.assert_array_equal(controller.resolved, [30, 30, 0])
    np.testing.assert_array_equal(controller.breached, [0, 30, 0])


def test_a_closed_region_is_reset_and_the_reset_counts_as_lowered():
    closed = one_region(level=5.5)
    assert not after_hours(closed, RULES.reopen_after_h - 1).open[0]
    reopened = after_hours(closed, RULES.reopen_after_h)
    assert reopened.open[0]
    assert reopened.level[0] == RULES.reopening_level
    assert reopened.lowered[0] == 5.5 - 2.0
    assert reopened.resets[0] == 1
    assert reopened.closed_h[0] == 0
    assert after_hours(reopened, 500).resets[0] == 1  # the region is no longer closed


def test_a_closed_region_is_not_reset_while_an_approval_is_unresolved():
    waiting = after_hours(one_region(level=5.0).with_approvals(ONE), 1_000)
    assert not waiting.open[0]
    assert waiting.closed_h[0] == 0
    resolved = waiting.with_outcome(0, breached=True)
    assert not after_hours(resolved, RULES.reopen_after_h - 1).open[0]
    assert after_hours(resolved, RULES.reopen_after_h).open[0]


def test_only_closed_hours_in_a_row_count():
    # An operator's approval, or a safe outcome that lowers the level below the closing level, ends the count.
    closed = after_hours(one_region(level=4.001), 50)
    interrupted = after_hours(closed.with_approvals(ONE), 1).with_outcome(0, breached=False)
    assert interrupted.closed_h[0] == 0
    assert interrupted.level[0] == pytest.approx(4.001 - 0.0025)
    assert interrupted.open[0]
    assert interrupted.resets[0] == 0
    assert interrupted.lowered[0] == 0  # the outcome lowered the level, not a reset


def test_a_controller_is_not_changed_in_place():
    controller = Controller.initial(QUICK, 2)
    before = {
        name: getattr(controller, name).copy() for name in ("level", "unresolved", "resolved", "lowered", "closed_h")
    }
    for name in before:
        getattr(controller, name).flags.writeable = False
    controller.with_approvals(np.array([1, 0])).with_outcome(0, breached=True).next_hour()
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(controller, name), values)


def test_the_bound_follows_its_formula():
    controller = one_region(resolved=2_000, breached=7, lowered=3.0, peak_unresolved=100)
    # 0.05 + ((4 - 0 + 3) / 0.05 + 100 x 0.95) / 2,000 = 0.05 + (140 + 95) / 2,000 = 0.1675
    assert controller.bound[0] == pytest.approx(0.1675)
    assert controller.fleet_bound == pytest.approx(0.1675)
    # With too few resolved approvals, the bound is 1.
    assert one_region(resolved=100, lowered=3.0).bound[0] == 1.0
    assert one_region().bound[0] == 1.0
    assert one_region().fleet_bound == 1.0


def test_approvals_out_of_turn_are_counted_in_the_bound():
    full = one_region(unresolved=498, resolved=10_000).with_approvals(np.array([5]))
    # 500 may be unresolved. Of five more, three are too many.
    assert full.out_of_turn.tolist() == [3]
    closed = one_region(level=4.0, resolved=10_000).with_approvals(np.array([2]))
    assert closed.out_of_turn.tolist() == [2]
    # They also count as unresolved: 2 + 2 x 0.95 = 3.9.
    assert closed.bound[0] - one_region(level=4.0, resolved=10_000).bound[0] == pytest.approx(3.9 / 10_000)


def test_the_bound_of_the_fleet_adds_up_the_regions():
    rules = replace(RULES, gain=0.5, max_unresolved=10)
    controller = replace(
        Controller.initial(rules, 2), resolved=np.array([1_000, 3_000]), peak_unresolved=np.array([10, 10])
    )
    # Each region may have 4 / 0.5 + 10 x 0.95 = 17.5 breaches above its share: 0.05 + 2 x 17.5 / 4,000 = 0.05875.
    assert controller.fleet_bound == pytest.approx(0.05875)


def test_the_published_numbers_can_be_written_as_json():
    controller = Controller.initial(RULES, 2).with_approvals(np.array([3, 0])).with_outcome(0, breached=True)
    published = json.loads(json.dumps(controller.as_dict(("alpha", "beta"))))
    assert published["alpha"]["breach_rate"] == 1.0
    assert published["alpha"]["bound"] == 1.0
    assert published["alpha"]["unresolved"] == 2
    assert published["alpha"]["most_unresolved"] == 3
    assert published["beta"]["breach_rate"] is None
    assert published["beta"]["bound"] == 1.0
