"""The load of the servers of a hall as jobs start and leave. 10 MW are installed; an idle server draws 27.5 %."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import region

from fleet.domain.white_space import WhiteSpace
from fleet.physics.serving import Servers
from fleet.physics.trip.protection import Guard
from fleet.physics.trip.room import plant_in

OPEN, LEAVING = (
    Guard(admitting=np.array([not leave]), draining=np.array([leave]), tripped=np.array([False]))
    for leave in (False, True)
)


def servers_at(load_mw: float, **changes: Any) -> Servers:
    site = region(**changes)
    return Servers.at_load(site, plant_in(site, np.array([10.0]), np.array([5.0])), np.array([load_mw]))


def test_a_load_below_that_of_an_idle_hall_has_fewer_servers_on() -> None:
    assert servers_at(1.1).on_mw[0] == pytest.approx(4)  # 4 x 0.275
    assert servers_at(2.75).on_mw[0] == pytest.approx(10)
    assert servers_at(6.0).on_mw[0] == 10
    assert servers_at(0.0).on_mw[0] == 0
    assert servers_at(1.1, white_space=WhiteSpace(server_idle_share=0.0)).on_mw[0] == 10


@pytest.mark.parametrize("load_mw", [0.0, 1.1, 6.0])
def test_load_rises_by_the_admitted_power(load_mw: float) -> None:
    after = servers_at(load_mw).advance(OPEN, np.array([0.5]), 1.0)
    assert after.load_mw[0] == pytest.approx(load_mw + 0.5)


def test_jobs_get_servers_that_are_off_first() -> None:
    assert servers_at(1.1).advance(OPEN, np.array([0.5]), 1.0).on_mw[0] == pytest.approx(4.5)
    assert servers_at(2.6).advance(OPEN, np.array([3.0]), 1.0).on_mw[0] == 10


def test_jobs_fit_up_to_the_installed_power() -> None:
    assert servers_at(9.7).fitting_mw(0.1)[0] == pytest.approx(0.1)
    assert servers_at(9.7).fitting_mw(0.5)[0] == pytest.approx(0.3)
    assert servers_at(10.0).fitting_mw(0.5)[0] == 0


def test_jobs_fit_up_to_the_grid_limit() -> None:
    # 5.681 x 1.04 + 0.5 fixed + 0.5 x 0.5681^3 of fans = 6.5 MW
    servers = servers_at(5.0, grid_limit_mw=6.5)
    assert servers.limit_mw[0] == pytest.approx(5.681, abs=1e-3)
    assert servers.fitting_mw(2.0)[0] == pytest.approx(0.681, abs=1e-3)


def test_a_rounding_error_is_no_room() -> None:
    servers = servers_at(9.0)
    for _ in range(10):
        servers = servers.advance(OPEN, servers.fitting_mw(0.1), 1.0)
    assert servers.load_mw[0] == pytest.approx(10)
    assert servers.fitting_mw(0.1)[0] == 0


def test_half_of_the_work_leaves_in_a_minute_and_idle_servers_stay_on() -> None:
    # 4 MW of fully used servers: u = 0.5 after a minute, and 0.275 + 0.725 (2 x 0.5 - 0.5^1.4) = 0.7253 of 4 MW.
    busy = servers_at(0.0).advance(OPEN, np.array([4.0]), 1.0)
    assert busy.advance(LEAVING, np.zeros(1), 60.0).load_mw[0] == pytest.approx(4 * 0.7253, abs=1e-3)
    assert busy.advance(LEAVING, np.zeros(1), 6_000.0).load_mw[0] == pytest.approx(4 * 0.275)


def test_servers_that_are_switched_off_draw_nothing() -> None:
    off = servers_at(6.0).switched_off(np.array([True]))
    assert (off.load_mw[0], off.on_mw[0]) == (0, 0)
    assert servers_at(6.0).switched_off(np.array([False])).load_mw[0] == 6


@given(st.floats(0, 10), st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=12))
def test_load_stays_between_zero_and_the_installed_power(load_mw: float, steps: list[tuple[bool, float]]) -> None:
    servers = servers_at(load_mw)
    for leave, requested_mw in steps:
        admitted = np.zeros(1) if leave else servers.fitting_mw(requested_mw)
        servers = servers.advance(LEAVING if leave else OPEN, admitted, 20.0)
        assert 0 <= servers.load_mw[0] <= servers.on_mw[0] + 1e-9 <= 10 + 2e-9
