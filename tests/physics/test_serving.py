"""What the servers of a hall draw as jobs come and leave. 10 MW are installed, and an idle server draws 27.5 %."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import region

from fleet.domain.region import WhiteSpace
from fleet.physics.serving import Servers
from fleet.physics.trip.protection import Guard
from fleet.physics.trip.room import plant_in

OPEN, LEAVING = (
    Guard(admitting=np.array([not leave]), draining=np.array([leave]), tripped=np.array([False]))
    for leave in (False, True)
)


def drawing(load_mw: float, **changes: Any) -> Servers:
    own = region(**changes)
    return Servers.drawing(own, plant_in(own, np.array([10.0]), np.array([5.0])), np.array([load_mw]))


def test_a_load_below_that_of_an_idle_hall_has_fewer_servers_on() -> None:
    assert drawing(1.1).on_mw[0] == pytest.approx(4)  # 4 x 0.275
    assert drawing(2.75).on_mw[0] == pytest.approx(10)
    assert drawing(6.0).on_mw[0] == 10
    assert drawing(0.0).on_mw[0] == 0
    assert drawing(1.1, white_space=WhiteSpace(server_idle_share=0.0)).on_mw[0] == 10


@pytest.mark.parametrize("load_mw", [0.0, 1.1, 6.0])
def test_load_rises_by_what_is_let_in(load_mw: float) -> None:
    after = drawing(load_mw).after(OPEN, np.array([0.5]), 1.0)
    assert after.load_mw[0] == pytest.approx(load_mw + 0.5)


def test_jobs_are_given_servers_that_are_off_first() -> None:
    assert drawing(1.1).after(OPEN, np.array([0.5]), 1.0).on_mw[0] == pytest.approx(4.5)
    assert drawing(2.6).after(OPEN, np.array([3.0]), 1.0).on_mw[0] == 10


def test_jobs_fit_up_to_what_is_installed() -> None:
    assert drawing(9.7).fitting_mw(0.1)[0] == pytest.approx(0.1)
    assert drawing(9.7).fitting_mw(0.5)[0] == pytest.approx(0.3)
    assert drawing(10.0).fitting_mw(0.5)[0] == 0


def test_jobs_fit_up_to_what_the_grid_carries() -> None:
    # 5.681 x 1.04 + 0.5 fixed + 0.5 x 0.5681^3 of fans = 6.5 MW
    servers = drawing(5.0, grid_limit_mw=6.5)
    assert servers.limit_mw[0] == pytest.approx(5.681, abs=1e-3)
    assert servers.fitting_mw(2.0)[0] == pytest.approx(0.681, abs=1e-3)


def test_what_steps_leave_as_dust_is_no_room() -> None:
    servers = drawing(9.0)
    for _ in range(10):
        servers = servers.after(OPEN, servers.fitting_mw(0.1), 1.0)
    assert servers.load_mw[0] == pytest.approx(10)
    assert servers.fitting_mw(0.1)[0] == 0


def test_half_of_the_work_leaves_in_a_minute_and_idle_servers_stay_on() -> None:
    # 4 MW of servers, fully busy: u 0.5 after a minute, 0.275 + 0.725 (2 x 0.5 - 0.5^1.4) = 0.7253 of 4 MW
    busy = drawing(0.0).after(OPEN, np.array([4.0]), 1.0)
    assert busy.after(LEAVING, np.zeros(1), 60.0).load_mw[0] == pytest.approx(4 * 0.7253, abs=1e-3)
    assert busy.after(LEAVING, np.zeros(1), 6_000.0).load_mw[0] == pytest.approx(4 * 0.275)


def test_servers_that_are_switched_off_draw_nothing() -> None:
    off = drawing(6.0).without(np.array([True]))
    assert (off.load_mw[0], off.on_mw[0]) == (0, 0)
    assert drawing(6.0).without(np.array([False])).load_mw[0] == 6


@given(st.floats(0, 10), st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=12))
def test_load_stays_between_nothing_and_what_is_installed(load_mw: float, steps: list[tuple[bool, float]]) -> None:
    servers = drawing(load_mw)
    for leave, asked in steps:
        admitted = np.zeros(1) if leave else servers.fitting_mw(asked)
        servers = servers.after(LEAVING if leave else OPEN, admitted, 20.0)
        assert 0 <= servers.load_mw[0] <= servers.on_mw[0] + 1e-9 <= 10 + 2e-9
