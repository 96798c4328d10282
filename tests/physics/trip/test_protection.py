import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.white_space import WhiteSpace
from fleet.physics.trip.protection import Guard, layers_at, settled_guard, updated_guard

LAYERS = layers_at(WhiteSpace(), 0)


def guards(*inlets: float) -> list[Guard]:
    guard, history = settled_guard(LAYERS, np.array([20.0])), []
    for inlet in inlets:
        guard = updated_guard(LAYERS, guard, np.array([inlet]))
        history.append(guard)
    return history


def test_layers_are_lower_in_thin_air_and_keep_their_order() -> None:
    # 1,860 m: (1,860 - 900) / 300 = 3.2 K
    high = layers_at(WhiteSpace(), 1_860)
    levels = (high.warn_c, high.stop_c, high.migrate_c, high.trip_c)
    assert levels == pytest.approx((23.8, 28.8, 31.8, 36.8))
    assert high.hysteresis_k == 2


def test_a_layer_acts_at_its_level_and_not_below() -> None:
    below, stop, migrate, trip = guards(31.9, 32.0, 35.0, 40.0)
    assert below.admitting[0]
    assert (stop.admitting[0], stop.draining[0]) == (False, False)
    assert (migrate.draining[0], migrate.tripped[0]) == (True, False)
    assert (trip.tripped[0], trip.draining[0]) == (True, False)


def test_admission_resumes_only_a_hysteresis_below_the_stop() -> None:
    # The inlet must fall below 32 - 2 = 30 degC; 30 degC itself is not enough.
    assert [bool(guard.admitting[0]) for guard in guards(32, 31, 30, 29.9, 31)] == [False, False, False, True, True]


def test_jobs_stop_leaving_a_hysteresis_below_the_migrate_level() -> None:
    assert [bool(guard.draining[0]) for guard in guards(34.9, 35, 33, 32.9, 34)] == [False, True, True, False, False]


def test_a_trip_is_final() -> None:
    last = guards(40, 20)[-1]
    assert (last.tripped[0], last.admitting[0], last.draining[0]) == (True, False, False)


def test_a_hall_above_the_stop_level_admits_nothing_from_the_start() -> None:
    np.testing.assert_array_equal(settled_guard(LAYERS, np.array([31.0, 33.0])).admitting, [True, False])


@given(st.lists(st.floats(15, 45), min_size=1, max_size=40))
def test_no_job_is_admitted_while_others_leave_or_after_a_trip(inlets: list[float]) -> None:
    for guard in guards(*inlets):
        assert not (guard.admitting & (guard.draining | guard.tripped)).any()
