"""The numbers behind the pictures and tables of the twin."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from fleet.fleets import load_fleet

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("twin_numbers")


def test_a_bin_of_few_hours_is_left_out(numbers: ModuleType) -> None:
    x = np.concatenate([np.full(41, 3.2), np.full(19, -0.5)])
    middle, (low, median, high) = numbers.binned(x, np.concatenate([np.arange(41.0), np.zeros(19)]), 1.0)
    assert middle == pytest.approx([3.5])
    # 0.05 x 40 = 2, 0.5 x 40 = 20, 0.95 x 40 = 38.
    assert (low[0], median[0], high[0]) == pytest.approx((2, 20, 38))


def test_hours_of_the_day_are_those_of_the_given_clock(numbers: ModuleType) -> None:
    local = np.datetime64("2024-01-01T05", "h") + np.arange(48)
    values = np.stack([np.arange(48.0), np.arange(48.0)])
    mean, *_ = numbers.by_hour(local, values)
    # The first and the 25th hour are 5 h: (0 + 24) / 2.
    assert mean[5] == pytest.approx(12)
    assert mean[4] == pytest.approx((23 + 47) / 2)


def test_the_persistence_error_is_relative_to_the_later_hour(numbers: ModuleType) -> None:
    day = np.full(24, 100.0)
    # |125 - 100| / 125 = 20 % and |100 - 125| / 100 = 25 %.
    values = np.concatenate([day, 1.25 * day, day])[None]
    assert numbers.persistence_pct(values) == pytest.approx(22.5)


def test_chillers_carry_the_heat_of_the_hall_on_a_hot_day(numbers: ModuleType) -> None:
    arizona = load_fleet().regions[0]
    for name in numbers.CHILLERS:
        region = numbers.with_chillers(arizona, name)
        plant = importlib.import_module("fleet.physics.trip.room").plant_in(region, np.array([48.0]), np.array([10.0]))
        assert plant.capacity_mw[0] >= arizona.it_capacity_mw
