"""Every limit as a term: none of them rises with heat, humidity, margins or conservatism."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plants import PLANTS, region_with

from fleet.decisions.limit_loads import limits_mw
from fleet.domain.conditions import Limit
from fleet.physics.headroom import PlantWeather, safe_loads_mw
from fleet.preparation.headroom_levels import GRID_LEVEL

NAMES = ("temperature_c", "dew_point_c", "it_load_mw")
DUST = 1e-6  # of the wet-bulb solve
SITES = [region_with(plant, outdoor_limit_c=40.0) for plant in PLANTS]

sites = st.sampled_from(SITES)
temperatures = st.floats(-35, 62)
dew_points = st.floats(-45, 37)
levels = st.floats(0, 4)
margins = st.floats(-1, 5)
steps = st.one_of(st.floats(0, 20), st.floats(0, 0.3))


def terms(own, temperature_c, dew_point_c, margin=1.0, level=1.0, grid_mw=100.0) -> np.ndarray:
    """(limit,); what is not known allows nothing."""
    forecast = dict(zip(NAMES, (np.array([each]) for each in (temperature_c, dew_point_c, 40.0)), strict=True))
    margin = {name: np.array([margin]) for name in NAMES}
    found = limits_mw(own, forecast, margin, np.array([level]), np.array([grid_mw]))[:, 0]
    return np.where(np.isnan(found), 0.0, found)


@given(sites, temperatures, dew_points, margins, levels, st.tuples(steps, steps, steps, steps))
def test_no_limit_rises_with_heat_humidity_margins_or_conservatism(own, dry, dew, margin, level, more):
    hotter, damper, wider, surer = more
    before = terms(own, dry, dew, margin, level)
    for after in (
        terms(own, dry + hotter, dew, margin, level),
        terms(own, dry, dew + damper, margin, level),
        terms(own, dry, dew, margin + wider, level),
        terms(own, dry, dew, margin, level + surer),
    ):
        assert (after <= before + DUST).all()


@given(sites, temperatures, dew_points, margins, levels)
def test_a_term_is_no_more_than_the_physics_allow_at_the_bound(own, dry, dew, margin, level):
    up = max(margin, 0)
    found = terms(own, dry, dew, margin, level)
    for limit in Limit:
        at = max(level, GRID_LEVEL) if limit is Limit.GRID else level
        air = PlantWeather.at(own, np.array([dry + at * up]), np.array([dew + at * up]))
        assert found[limit] <= safe_loads_mw(own, air, 100.0)[limit, 0] + DUST


@pytest.mark.parametrize("own", SITES, ids=lambda own: own.plant.kind)
@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_without_a_bound_no_term_is_known(own, unknown):
    one = {name: np.array([10.0]) for name in NAMES}
    for name in NAMES:
        margin = {each: np.array([unknown if each == name else 1.0]) for each in NAMES}
        assert np.isnan(limits_mw(own, one, margin, np.array([1.0]), np.array([100.0]))).all()
    too_hot = one | {"temperature_c": np.array([61.0])}
    margin = {each: np.array([0.0]) for each in NAMES}
    assert np.isnan(limits_mw(own, too_hot, margin, np.array([1.0]), np.array([100.0]))).all()
