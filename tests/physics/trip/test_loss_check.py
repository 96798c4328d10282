"""Refused arguments of a simulated loss of cooling."""

from typing import Any

import numpy as np
import pytest
from support.sites import region

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import EVENTS, Episode
from fleet.physics.trip.room import plant_in
from fleet.units import FloatArray

SITE = region()


def lose(
    loads: Any,
    *,
    site: Region = SITE,
    outdoors: tuple[float, float] = (20.0, 10.0),
    seconds: float = 60.0,
    queue: float = 0.1,
    error_k: FloatArray | None = None,
) -> Episode:
    load = np.atleast_1d(np.asarray(loads, dtype=np.float64))
    plant = plant_in(site, np.full(load.shape, outdoors[0]), np.full(load.shape, outdoors[1]))
    event = EVENTS["pump-trip"]
    return lose_cooling(site, plant, load, event, duration_s=seconds, queue_mw_per_min=queue, sensor_error_k=error_k)


@pytest.mark.parametrize("load", [-0.1, 10.1, np.nan, np.inf])
def test_a_load_outside_zero_to_capacity_is_refused(load: float) -> None:
    with pytest.raises(DataError, match=rf"region alpha: it_load_mw is {load:g}, expected 0 to 10"):
        lose([5.0, load])


def test_a_hall_that_has_tripped_already_is_refused() -> None:
    with pytest.raises(DataError, match=r"settle at an inlet of .* expected below the trip at 40\.0"):
        lose(10.0, outdoors=(33.0, 10.0))


def test_missing_weather_is_refused() -> None:
    with pytest.raises(DataError, match="weather is missing"):
        lose(5.0, outdoors=(np.nan, 10.0))


def test_weather_of_another_shape_is_refused() -> None:
    plant = plant_in(SITE, np.full(3, 20.0), np.full(3, 10.0))
    with pytest.raises(DataError, match="shape"):
        lose_cooling(SITE, plant, np.array([5.0]), EVENTS["pump-trip"], duration_s=60, queue_mw_per_min=0)


@pytest.mark.parametrize("seconds", [0.0, -60.0, np.nan, np.inf])
def test_a_duration_that_is_not_positive_and_finite_is_refused(seconds: float) -> None:
    with pytest.raises(DataError, match=f"region alpha: duration_s is {seconds:g}, expected above 0 and finite"):
        lose(5.0, seconds=seconds)


@pytest.mark.parametrize("queue", [-1.0, 10.1, np.nan, np.inf])
def test_a_queue_outside_zero_to_capacity_is_refused(queue: float) -> None:
    with pytest.raises(DataError, match=f"region alpha: queue_mw_per_min is {queue:g}, expected 0 to 10"):
        lose(5.0, queue=queue)


def test_sensor_errors_of_another_length_or_without_a_value_are_refused() -> None:
    with pytest.raises(DataError, match="region alpha: sensor_error_k has shape"):
        lose(5.0, error_k=np.zeros((1, 60)))
    error_k = np.zeros((2, 61))
    error_k[1, 7] = np.inf
    with pytest.raises(DataError, match="region alpha: sensor_error_k is inf in scenario 1, sample 7, expected a fin"):
        lose([5.0, 5.0], error_k=error_k)


def test_a_load_above_the_grid_limit_is_refused() -> None:
    # 5.681 x 1.04 + 0.5 + 0.5 x 0.5681^3 = 6.5 MW
    with pytest.raises(
        DataError, match=r"it_load_mw is 6, expected 0 to 5\.7, the load that its grid_limit_mw of 6\.5 allows"
    ):
        lose([5.0, 6.0], site=region(grid_limit_mw=6.5))


def test_a_hall_without_a_steady_state_is_refused() -> None:
    # The exhaust limit is 24 + 10 degC. Supply air of this temperature removes no heat.
    with pytest.raises(DataError, match="region alpha: 5 MW have no steady state before the loss"):
        lose(5.0, outdoors=(34.0, 10.0))
