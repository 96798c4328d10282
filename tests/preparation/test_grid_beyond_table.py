"""Beyond the table of weather a grid counts only if it cannot bind in any weather."""

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
def test_a_grid_with_a_load_beyond_the_table_binds_in_no_weather(site, grid_mw, temperature_c, dew_point_c):
    beyond_mw = grid_load_beyond_table_mw(site, np.array([grid_mw]))[0]
    assert np.isnan(beyond_mw) or IT_MW <= beyond_mw <= grid_load_mw(site, grid_mw, temperature_c, dew_point_c) + 1e-6


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.plant.kind)
def test_a_grid_that_does_not_carry_the_installed_power_in_the_worst_weather_has_no_load_beyond_the_table(site):
    grids_mw = np.arange(60.0, 200.0, 2.0)
    beyond_mw = grid_load_beyond_table_mw(site, grids_mw)
    in_worst_mw = np.array([grid_load_mw(site, grid_mw, HOTTEST_C, DAMPEST_C) for grid_mw in grids_mw])
    np.testing.assert_array_equal(np.isnan(beyond_mw), in_worst_mw < IT_MW)
    assert 0 < np.isnan(beyond_mw).sum() < len(grids_mw)


def test_each_hour_gets_the_load_of_its_own_limit():
    site = SITES[0]
    limits_mw = np.array([[200.0, 70.0], [120.0, 200.0]])
    loads_mw = grid_load_beyond_table_mw(site, limits_mw)
    assert np.isnan(loads_mw[0, 1])
    # Fans run at full flow in the worst weather: 5 MW. 4 MW are fixed, and the supply loses a share of the IT power.
    per_mw = 1 + site.plant.ups_loss_fraction
    np.testing.assert_allclose(loads_mw[[0, 1, 1], [0, 0, 1]], [191 / per_mw, 111 / per_mw, 191 / per_mw])
