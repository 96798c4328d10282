"""Worlds that answer the approvals of a controller, most of them hostile."""

from collections.abc import Callable

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import NEAR

# A world returns the hours from an approval until its outcome is known (None for never), and whether the job breached.
World = Callable[[int, int, Controller, np.random.Generator], tuple[int | None, bool | None]]
DELAY_BY_REGION_H = (0, 1, 7, 24, 200)


def delayed_by_region(breaches: Callable[[int, np.random.Generator], bool | None]) -> World:
    return lambda hour, region, controller, rng: (DELAY_BY_REGION_H[region], breaches(hour, rng))


def at_once(every_h: int, breaches: Callable[[int], bool]) -> World:
    """Returns a world in which all outcomes of `every_h` hours become known in the same hour."""
    return lambda hour, region, controller, rng: ((-hour) % every_h, breaches(hour + (-hour) % every_h))


def just_before_it_closes(hour, region, controller, rng):
    """Breaches one by one until one more breach would close the region, and then many at once."""
    rules = controller.rules
    is_last = controller.track_level[:, region].max() + rules.gain * (1 - rules.miscoverage) >= rules.closing_level
    return (30 - hour % 30 if is_last else 0), True


def safe_on_probation_alone(hour, region, controller, rng):
    """Ends each probation well, and then breaches as above."""
    is_on_probation = controller.on_probation[NEAR, region]
    return (0, False) if is_on_probation else just_before_it_closes(hour, region, controller, rng)


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
    "all at once, every third time": at_once(50, lambda hour: hour // 50 % 3 == 0),
    "just before it closes": just_before_it_closes,
    "safe on probation alone": safe_on_probation_alone,
    "never known": delayed_by_region(lambda hour, rng: None),
    "often never known": lambda hour, region, controller, rng: (5, None if rng.random() < 0.5 else rng.random() < 0.4),
    "outcomes sometimes lost": lambda hour, region, controller, rng: (
        None if rng.random() < 0.01 else 3,
        rng.random() < 0.3,
    ),
}
