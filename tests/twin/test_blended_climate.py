"""Tables for the southern hemisphere: July in the north is January in the south."""

import numpy as np
import pytest
from twin_study.likeness import by_calendar_month

from fleet.fleets import load_fleet
from fleet.twin.blended_climate import southern
from fleet.twin.climate import Climate
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import make_weather
from fleet.units import FloatArray

DUBLIN = load_fleet().regions[1]
TIME = np.datetime64("2000-01-01T00", "h") + np.arange(40 * 8_766)


def test_memories_change_their_season_and_keep_their_values() -> None:
    for north in CLIMATES.values():
        south = southern(north)
        for of_north, of_south in (
            (north.temperature_anomaly, south.temperature_anomaly),
            (north.dew_point_anomaly, south.dew_point_anomaly),
        ):
            assert of_south.january == of_north.july
            assert of_south.july == of_north.january
            assert of_south.january != of_north.january


def autocorrelation_24_h(climate: Climate) -> FloatArray:
    """Autocorrelation of the temperature anomaly at 24 h, (month,)."""
    anomaly = make_weather([DUBLIN], [climate], TIME, 3).temperature_anomaly[0]
    return by_calendar_month(TIME[24:], anomaly[24:] * anomaly[:-24]) / by_calendar_month(TIME, anomaly**2)


@pytest.mark.slow
def test_the_memory_of_a_southern_january_is_that_of_a_northern_july() -> None:
    north, south = (autocorrelation_24_h(climate) for climate in (CLIMATES["dublin"], southern(CLIMATES["dublin"])))
    assert abs(north[0] - north[6]) > 0.08
    # The mean of 40 Januaries has a standard error of 0.03.
    assert south[[0, 6]] == pytest.approx(north[[6, 0]], abs=0.05)
