import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from

from fleet.conformal.ticks import Ticks
from fleet.errors import DataError

START = np.datetime64("2024-01-01T00", "h")


@pytest.mark.parametrize(
    ("hours", "step_h", "position"),
    [
        ([0, 1, 2, 3], 1, [0, 1, 2, 3]),
        ([0, 24, 48], 24, [0, 1, 2]),
        ([0, 24, 96], 24, [0, 1, 4]),  # two days without a forecast count as ticks
        ([0, 6, 10], 2, [0, 3, 5]),  # gcd(6, 4) = 2
        ([0, 24, 49], 1, [0, 24, 49]),  # gcd(24, 25) = 1
        ([7], 1, [0]),
    ],
)
def test_the_clock_has_the_largest_step_with_a_tick_at_every_origin(hours, step_h, position):
    origin_utc = START + np.array(hours)
    ticks = Ticks.from_origins(origin_utc)
    assert ticks.step_h == step_h
    np.testing.assert_array_equal(ticks.position, position)
    np.testing.assert_array_equal(ticks.utc[ticks.position], origin_utc)
    assert ticks.utc[0] == origin_utc[0]
    assert ticks.utc[-1] == origin_utc[-1]


def test_without_origins_there_is_no_tick():
    ticks = Ticks.from_origins(np.empty(0, dtype="datetime64[h]"))
    assert len(ticks.utc) == len(ticks.position) == 0


@pytest.mark.parametrize(("hours", "second", "first"), [([0, 1, 1], "T01", "T01"), ([0, 5, 3, 9], "T03", "T05")])
def test_origins_that_repeat_or_go_back_are_refused(hours, second, first):
    with pytest.raises(DataError, match=rf"origin 2024-01-01{second}:00Z follows 2024-01-01{first}:00Z.*time order"):
        Ticks.from_origins(START + np.array(hours))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(1, 48))
def test_ticks_are_regular_and_include_every_origin(gaps, step):
    origin_utc = START + step * np.cumsum(gaps)
    ticks = Ticks.from_origins(origin_utc)
    assert ticks.step_h % step == 0 or len(gaps) == 1
    assert (np.diff(ticks.utc) == np.timedelta64(ticks.step_h, "h")).all()
    np.testing.assert_array_equal(ticks.utc[ticks.position], origin_utc)


@given(st.integers(1, 48), st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_a_delay_is_rounded_up_to_whole_ticks(step_h, delay_h):
    ticks = Ticks(utc=hours_from("2024-01-01", 1), step_h=step_h, position=np.zeros(1, dtype=np.int64))
    delay = ticks.delay(np.array(delay_h))
    assert (delay >= 1).all()
    assert (delay * step_h >= delay_h).all()
    assert ((delay - 1) * step_h < delay_h).all()


def test_values_are_missing_at_ticks_without_an_origin():
    ticks = Ticks.from_origins(START + np.array([0, 24, 96]))
    values = np.arange(6.0).reshape(3, 2)
    by_tick = ticks.on_ticks(values)
    np.testing.assert_array_equal(by_tick[[0, 1, 4]], values)
    assert np.isnan(by_tick[[2, 3]]).all()
    np.testing.assert_array_equal(values, np.arange(6.0).reshape(3, 2))


def test_values_at_every_tick_are_returned_unchanged():
    values = np.arange(4.0)[:, None]
    assert Ticks.from_origins(hours_from("2024-01-01", 4)).on_ticks(values) is values
