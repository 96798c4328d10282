"""Beyond the table of weather, the load under the grid limit is that of the worst weather that telemetry may hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import IT_MW, PLANTS, region_with

from fleet.domain.quantities import QUANTITIES
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.grid_beyond_table import grid_load_beyond_table_mw

SITES = [region_with(plant) for plant in PLANTS]
HOTTEST_C, DAMPEST_C = QUANTITIES["temperature_c"].high, QUANTITIES["dew_point_c"].high


def grid_load_mw(site, grid_mw, temperature_c, dew_point_c):
    weather = PlantWeather.at(site, np.array([temperature_c]), np.array([dew_point_c]))
    return safe_loads_mw(site, weather, grid_mw)[code_of(GRID), 0]


@given(st.sampled_from(SITES), st.floats(80, 250), st.floats(-30, HOTTEST_C), st.floats(-40, DAMPEST_C))
def test_no_weather_that_telemetry_may_hold_allows_less(site, grid_mw, temperature_c, dew_point_c):
    beyond_mw = grid_load_beyond_table_mw(site, np.array([grid_mw]))[0]
    assert 0 <= beyond_mw <= grid_load_mw(site, grid_mw, temperature_c, dew_point_c) + 1e-6


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.plant.kind)
def test_the_load_is_that_of_the_worst_weather_also_below_the_installed_power(site):
    grids_mw = np.arange(60.0, 200.0, 2.0)
    beyond_mw = grid_load_beyond_table_mw(site, grids_mw)
    in_worst_mw = np.array([grid_load_mw(site, grid_mw, HOTTEST_C, DAMPEST_C) for grid_mw in grids_mw])
    np.testing.assert_array_equal(beyond_mw, in_worst_mw)
    assert beyond_mw.min() < IT_MW < beyond_mw.max()


def test_each_hour_gets_the_load_of_its_own_limit():
    site = SITES[0]
    limits_mw = np.array([[200.0, 70.0], [120.0, 200.0]])
    loads_mw = grid_load_beyond_table_mw(site, limits_mw)
    # Fans run at full flow in the worst weather: 5 MW. 4 MW are fixed, and the supply loses a share of the IT power.
    per_mw = 1 + site.plant.ups_loss_fraction
    np.testing.assert_allclose(loads_mw, np.array([[191, 61], [111, 191]]) / per_mw)
