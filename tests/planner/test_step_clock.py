from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import ConfigError
from fleet.planner.step_clock import StepClock, length_of

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(("text", "minutes"), [("15min", 15), ("1h", 60), ("90 s", 1.5), ("1d", 1_440)])
def test_a_step_is_read_from_a_text(text, minutes):
    assert length_of(text) == timedelta(minutes=minutes)
    assert length_of(timedelta(minutes=minutes)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("step", ["", "15", "15m", "-1h", "0s", "2d", timedelta(0), 15, None, "1h\n"])
def test_anything_else_is_refused(step):
    with pytest.raises(ConfigError, match="expected a duration"):
        length_of(step)


@given(seconds=st.integers(-100_000, 100_000), length_s=st.integers(1, 86_400))
def test_rounding_is_to_the_safe_side(seconds, length_s):
    clock = StepClock(first_utc=NOW, length=timedelta(seconds=length_s))
    moment = NOW + timedelta(seconds=seconds)
    first, last = clock.first_step_from(moment), clock.last_step_until(moment)
    assert clock.time_utc(first - 1) < moment <= clock.time_utc(first)
    assert clock.time_utc(last) <= moment < clock.time_utc(last + 1)
    duration = timedelta(seconds=abs(seconds) + 1)
    steps = clock.steps_for(duration)
    assert (steps - 1) * clock.length < duration <= steps * clock.length
