import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fleet.conformal.controller import Controller, Rules

RULES = Rules(miscoverage=0.05)
QUICK = replace(RULES, most_unresolved=12, rest_h=10, gain=0.2)
ONE = np.array([1])


def alone(rules: Rules = RULES, **changes) -> Controller:
    return replace(Controller.beginning(rules, 1), **{name: np.array([value]) for name, value in changes.items()})


def after(controller: Controller, *breached: bool | None) -> Controller:
    """Approvals whose outcomes become known one by one."""
    for each in breached:
        controller = controller.approved(ONE).heard(0, breached=each)
    return controller


def rest(controller: Controller, hours: int) -> Controller:
    for _ in range(hours):
        controller = controller.hour_passed()
    return controller


def test_a_breach_raises_the_level_and_its_absence_lowers_it():
    controller = after(alone(level=1.0), True)
    assert controller.level[0] == pytest.approx(1 + 0.05 * 0.95)
    assert after(controller, False).level[0] == pytest.approx(1 + 0.05 * 0.95 - 0.05 * 0.05)


def test_nineteen_hits_pay_for_one_breach_in_twenty():
    controller = after(alone(level=1.0), True, *[False] * 19)
    assert controller.level[0] == pytest.approx(1.0)
    assert controller.resolved[0] == 20
    assert controller.breached[0] == 1


@pytest.mark.parametrize("floor", [0.0, 0.5])
def test_quiet_seasons_bank_nothing(floor):
    controller = after(alone(replace(RULES, floor=floor), level=0.6), *[False] * 500)
    assert controller.level[0] == floor
    # One breach later the level stands where a single one puts it.
    assert after(controller, True).level[0] == pytest.approx(floor + 0.05 * 0.95)
    assert controller.lowered[0] == 0


def test_an_outcome_that_will_never_be_known_counts_for_nothing_but_its_place():
    controller = alone(level=1.0).approved(np.array([3]))
    heard = controller.heard(0, breached=None)
    assert heard.unresolved[0] == 2
    for name in ("level", "resolved", "breached", "lowered"):
        np.testing.assert_array_equal(getattr(heard, name), getattr(controller, name))


def test_a_region_closes_at_its_level_and_not_before():
    assert alone(level=np.nextafter(4.0, 0)).open[0]
    assert not alone(level=4.0).open[0]
    assert not alone(level=9.0).open[0]


def test_a_region_that_waits_for_as_many_as_it_may_approves_no_more_until_one_ends():
    full = alone().approved(np.array([RULES.most_unresolved]))
    assert not full.open[0]
    assert full.heard(0, breached=False).open[0]
    assert full.heard(0, breached=None).open[0]
    assert alone().approved(np.array([RULES.most_unresolved - 1])).open[0]


def test_a_region_closes_by_itself_alone():
    controller = Controller.beginning(QUICK, 3)
    for _ in range(30):
        controller = controller.approved(np.array([1, 1, 0])).heard(1, breached=True).heard(0, breached=False)
    np.testing.assert_array_equal(controller.open, [True, False, True])
    np.testing.assert_array_equal(controller.resolved, [30, 30, 0])
    np.testing.assert_array_equal(controller.breached, [0, 30, 0])


def test_a_closed_region_opens_again_after_its_rest_which_is_counted_as_lowered():
    closed = alone(level=5.5)
    assert not rest(closed, RULES.rest_h - 1).open[0]
    again = rest(closed, RULES.rest_h)
    assert again.open[0]
    assert again.level[0] == RULES.reopens_at
    assert again.lowered[0] == 5.5 - 2.0
    assert again.resets[0] == 1
    assert again.closed_h[0] == 0
    assert rest(again, 500).resets[0] == 1  # it is not closed any more


def test_a_closed_region_does_not_rest_while_anything_is_unresolved():
    waiting = rest(alone(level=5.0).approved(ONE), 1_000)
    assert not waiting.open[0]
    assert waiting.closed_h[0] == 0
    heard = waiting.heard(0, breached=True)
    assert not rest(heard, RULES.rest_h - 1).open[0]
    assert rest(heard, RULES.rest_h).open[0]


def test_a_rest_is_one_on_end():
    # An operator's approval, or a level that fell below by a late hit, ends it.
    resting = rest(alone(level=4.001), 50)
    interrupted = rest(resting.approved(ONE), 1).heard(0, breached=False)
    assert interrupted.closed_h[0] == 0
    assert interrupted.level[0] == pytest.approx(4.001 - 0.0025)
    assert interrupted.open[0]
    assert interrupted.resets[0] == 0
    assert interrupted.lowered[0] == 0  # what an outcome did is no reset


def test_nothing_is_changed_in_place():
    controller = Controller.beginning(QUICK, 2)
    kept = {
        name: getattr(controller, name).copy() for name in ("level", "unresolved", "resolved", "lowered", "closed_h")
    }
    for values in kept:
        getattr(controller, values).flags.writeable = False
    controller.approved(np.array([1, 0])).heard(0, breached=True).hour_passed()
    for name, values in kept.items():
        np.testing.assert_array_equal(getattr(controller, name), values)


def test_the_bound_shows_its_arithmetic():
    controller = alone(resolved=2_000, breached=7, lowered=3.0, most_seen=100)
    # 0.05 + ((4 - 0 + 3) / 0.05 + 100 x 0.95) / 2,000 = 0.05 + (140 + 95) / 2,000 = 0.1675
    assert controller.bound[0] == pytest.approx(0.1675)
    assert controller.fleet_bound == pytest.approx(0.1675)
    # With few jobs it says nothing.
    assert alone(resolved=100, lowered=3.0).bound[0] == 1.0
    assert alone().bound[0] == 1.0
    assert alone().fleet_bound == 1.0


def test_approvals_out_of_turn_are_counted_in_the_bound():
    full = alone(unresolved=498, resolved=10_000).approved(np.array([5]))
    # 500 may be unresolved: of five more, three are too many.
    assert full.out_of_turn.tolist() == [3]
    shut = alone(level=4.0, resolved=10_000).approved(np.array([2]))
    assert shut.out_of_turn.tolist() == [2]
    # They are among the unresolved too: 2 + 2 x 0.95.
    assert shut.bound[0] - alone(level=4.0, resolved=10_000).bound[0] == pytest.approx(3.9 / 10_000)


def test_the_bound_of_the_fleet_adds_up_what_each_region_may():
    rules = replace(RULES, gain=0.5, most_unresolved=10)
    controller = replace(
        Controller.beginning(rules, 2), resolved=np.array([1_000, 3_000]), most_seen=np.array([10, 10])
    )
    # Each region: 4 / 0.5 + 10 x 0.95 = 17.5 breaches beside its share; 0.05 + 2 x 17.5 / 4,000 = 0.05875.
    assert controller.fleet_bound == pytest.approx(0.05875)


def test_what_is_published_is_plain_json():
    controller = Controller.beginning(RULES, 2).approved(np.array([3, 0])).heard(0, breached=True)
    published = json.loads(json.dumps(controller.as_dict(("alpha", "beta"))))
    assert published["alpha"]["breach_rate"] == 1.0
    assert published["alpha"]["bound"] == 1.0
    assert published["alpha"]["unresolved"] == 2
    assert published["alpha"]["most_unresolved"] == 3
    assert published["beta"]["breach_rate"] is None
    assert published["beta"]["bound"] == 1.0


# Worlds: how many hours after its approval a job's outcome is heard of (None for never), and whether it breached.
World = Callable[[int, int, Controller, np.random.Generator], tuple[int | None, bool | None]]
Meddle = Callable[[Controller], Controller]
REGIONS_DELAY_H = (0, 1, 7, 24, 200)


def delayed_by_region(breaches: Callable[[int, np.random.Generator], bool | None]) -> World:
    return lambda hour, region, controller, rng: (REGIONS_DELAY_H[region], breaches(hour, rng))


def at_once(every_h: int, breaches: Callable[[int], bool]) -> World:
    """Outcomes are held back and all heard of in the same hour."""
    return lambda hour, region, controller, rng: ((-hour) % every_h, breaches(hour + (-hour) % every_h))


def just_before_it_closes(hour, region, controller, rng):
    """Breach by breach up to the last level at which it is open, and from there with all that may be under way."""
    rules = controller.rules
    last = controller.level[region] + rules.gain * (1 - rules.miscoverage) >= rules.closes_at
    return (30 - hour % 30 if last else 0), True


WORLDS: dict[str, World] = {
    "always a breach": delayed_by_region(lambda hour, rng: True),
    "never a breach": delayed_by_region(lambda hour, rng: False),
    "alternating": delayed_by_region(lambda hour, rng: hour % 2 == 0),
    "one in twenty": delayed_by_region(lambda hour, rng: rng.random() < 0.05),
    "three in ten": delayed_by_region(lambda hour, rng: rng.random() < 0.3),
    "seasonal": delayed_by_region(lambda hour, rng: rng.random() < 0.3 * (hour // 500 % 2)),
    "a day in ten": delayed_by_region(lambda hour, rng: hour // 24 % 10 == 0),
    "quiet, then always": delayed_by_region(lambda hour, rng: hour > 1_000),
    "some delay": lambda hour, region, controller, rng: (int(rng.integers(0, 25)), rng.random() < 0.2),
    "all at once": at_once(50, lambda hour: True),
    "all at once, by turns": at_once(50, lambda hour: hour // 50 % 3 == 0),
    "just before it closes": just_before_it_closes,
    "never known": delayed_by_region(lambda hour, rng: None),
    "often never known": lambda hour, region, controller, rng: (5, None if rng.random() < 0.5 else rng.random() < 0.4),
    "sometimes never heard of": lambda hour, region, controller, rng: (
        None if rng.random() < 0.01 else 3,
        rng.random() < 0.3,
    ),
}


def simulate(
    world: World,
    rules: Rules = QUICK,
    *,
    hours: int = 1_500,
    asked: int = 2,
    seed: int = 0,
    each_hour: Meddle = lambda controller: controller,
    each_outcome: Meddle = lambda controller: controller,
) -> tuple[Controller, bool]:
    """The controller after so many hours, and whether its bound, and its limit, have held in every one of them."""
    rng = np.random.default_rng(seed)
    regions = len(REGIONS_DELAY_H)
    controller = Controller.beginning(rules, regions)
    due: dict[int, list[tuple[int, bool | None]]] = defaultdict(list)
    held = True
    for hour in range(hours):
        for region, breached in due.pop(hour, []):
            controller = each_outcome(controller.heard(region, breached=breached))
        controller = each_hour(controller.hour_passed())
        for region in range(regions):
            for _ in range(asked):
                if not controller.open[region]:
                    break
                controller = controller.approved(np.eye(regions, dtype=np.int64)[region])
                late_h, breached = world(hour, region, controller, rng)
                if late_h == 0:
                    controller = each_outcome(controller.heard(region, breached=breached))
                elif late_h is not None:
                    due[hour + late_h].append((region, breached))
        rate = controller.breached / np.maximum(controller.resolved, 1)
        held &= bool((rate <= controller.bound + 1e-9).all())
        fleet_rate = controller.breached.sum() / max(controller.resolved.sum(), 1)
        held &= fleet_rate <= controller.fleet_bound + 1e-9
        assert (controller.most_seen <= rules.most_unresolved).all()
        assert (controller.level >= rules.floor).all()
    return controller, held


@pytest.mark.parametrize("world", WORLDS)
def test_the_bound_holds_in_every_hour_of_every_world(world):
    for seed, rules in enumerate((QUICK, replace(QUICK, floor=0.5, first=1.0), replace(QUICK, miscoverage=0.2))):
        _, held = simulate(WORLDS[world], rules, seed=seed)
        assert held


@pytest.mark.parametrize("world", ["always a breach", "three in ten", "all at once", "just before it closes"])
def test_the_bound_holds_through_many_resets(world):
    controller, held = simulate(WORLDS[world], replace(QUICK, rest_h=5))
    assert held
    assert (controller.resets[:-1] >= 3).all()  # outcomes after 200 hours leave room for fewer
    # Each reset lowers by what the level had reached, at least from where it closes to where it opens again.
    assert (controller.lowered >= controller.resets * (4.0 - 2.0)).all()


def test_the_bound_is_reached_but_for_one_step():
    # Whoever breaches up to the edge, and then with twelve at once, makes as many as the bound allows: 21 before it
    # closes, of 4 / (0.2 x 0.95) = 21.05, and 12 under way.
    controller, held = simulate(just_before_it_closes, replace(QUICK, rest_h=10**6))
    assert held
    np.testing.assert_array_equal(controller.breached, 21 + 12)
    allowed = controller.bound * controller.resolved
    assert (controller.breached > allowed - 1).all()


def test_a_hostile_world_is_closed_for_good_where_no_reset_opens_it():
    controller, _ = simulate(WORLDS["always a breach"], replace(QUICK, rest_h=10**6))
    np.testing.assert_array_equal(controller.open, False)
    assert (controller.resolved <= 4 / (0.2 * 0.95) + 1 + 12).all()


def test_an_honest_world_is_left_alone():
    controller, _ = simulate(WORLDS["never a breach"])
    assert (controller.level == 0).all()
    # Told at once or an hour late, both jobs of each of 1,500 hours run. Told a day late, 12 a day do.
    np.testing.assert_array_equal(controller.resolved[:2], [3_000, 2_998])
    assert controller.resolved[3] == pytest.approx(1_500 / 24 * 12, rel=0.02)


def test_outcomes_that_are_never_heard_of_leave_a_region_full():
    controller, held = simulate(lambda hour, region, controller, rng: (None, None), hours=200)
    assert held
    np.testing.assert_array_equal(controller.unresolved, QUICK.most_unresolved)
    assert not controller.open.any()
    np.testing.assert_array_equal(controller.resets, 0)


def test_raising_the_level_is_free():
    rng = np.random.default_rng(1)

    def raised(controller: Controller) -> Controller:
        return replace(controller, level=controller.level + rng.exponential(0.01, len(controller.level)))

    for world in WORLDS.values():
        _, held = simulate(world, hours=600, each_hour=raised)
        assert held


def denied_count(controller: Controller, *, counted: bool) -> Controller:
    """Ten denied jobs an hour in each closed region, none of which would have breached, lower its level."""
    shut = controller.level >= controller.rules.closes_at
    lower = np.where(shut, 10 * controller.rules.gain * controller.rules.miscoverage, 0.0)
    moved = replace(controller, level=controller.level - lower)
    return replace(moved, lowered=moved.lowered + lower) if counted else moved


def test_scoring_denied_jobs_voids_the_bound_unless_it_is_counted():
    # Whatever is approved breaches; whatever is denied would not have: an hour later the region is open again.
    world, rules = delayed_by_region(lambda hour, rng: True), replace(QUICK, rest_h=10**6)
    controller, held = simulate(world, rules, each_hour=lambda each: denied_count(each, counted=False))
    assert not held
    assert (controller.breached == controller.resolved).all()  # a rate of 1
    assert (controller.bound[:4] < 0.15).all()
    controller, held = simulate(world, rules, each_hour=lambda each: denied_count(each, counted=True))
    assert held
    assert (controller.bound >= 1).all()  # true, and says so


def clipped(controller: Controller, *, counted: bool) -> Controller:
    level = np.minimum(controller.level, controller.rules.closes_at)
    lowered = controller.lowered + (controller.level - level if counted else 0.0)
    return replace(controller, level=level, lowered=lowered)


def test_clipping_the_level_from_above_voids_the_bound_unless_it_is_counted():
    # All that is under way breaches at once, past the level at which the region closes: what lies above is forgotten
    # before the reset can count it.
    rules = replace(QUICK, rest_h=5, most_unresolved=40)
    _, held = simulate(just_before_it_closes, rules, asked=10, each_outcome=lambda each: clipped(each, counted=False))
    assert not held
    _, held = simulate(just_before_it_closes, rules, asked=10, each_outcome=lambda each: clipped(each, counted=True))
    assert held
    _, held = simulate(just_before_it_closes, rules, asked=10)
    assert held
