"""Expected and bounded weather, load, carbon and price to the conditions that placement sees."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.costs import bill_of
from fleet.domain.region import Costs, Fleet, Region
from fleet.physics.grid_limit import sure_grid_limit_mw
from fleet.physics.headroom import (
    PlantWeather,
    added_facility_mw_per_mw,
    added_water_l_per_mwh,
    headroom,
    inlet_c,
    inlet_limit_c,
)
from fleet.units import FloatArray

BOUNDED = ("temperature_c", "dew_point_c", "it_load_mw")
EXPECTED = ("carbon_g_per_kwh", "price_usd_per_mwh")
NEAR_LIMIT_K = 3.0
NEAR_LIMIT_SHARE = 0.05
# What a rule of thumb adds to every forecast.
FIXED_MARGIN_K = 2.0


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Arrays (..., region, hour) of one shape: a forecast, a bound, or the actuals."""

    temperature_c: FloatArray
    dew_point_c: FloatArray
    it_load_mw: FloatArray
    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray

    def of_region(self, region: int) -> "Expected":
        return Expected(**{name: values[..., region, :] for name, values in self.__dict__.items()})


def sure_limits_mw(fleet: Fleet, hours: HourArray) -> FloatArray:
    """(region, hour) grid power that no call takes away."""
    return np.stack([sure_grid_limit_mw(region, hours) for region in fleet.regions])


def conditions_of(fleet: Fleet, *, expected: Expected, bound: Expected, grid_limit_mw: FloatArray) -> Conditions:
    """Limits from the bound, costs and closeness from what is expected.

    Args:
        bound: upper bounds of temperature, dew point and load; its carbon and price are not used.
        grid_limit_mw: (..., region, hour), or what broadcasts to it; holds for both.
    """
    parts = [
        _of_region(region, fleet.costs, expected.of_region(index), bound.of_region(index), grid_limit_mw[..., index, :])
        for index, region in enumerate(fleet.regions)
    ]
    return Conditions.stacked(parts, axis=-2)


def _of_region(
    region: Region, costs: Costs, expected: Expected, bound: Expected, grid_limit_mw: FloatArray
) -> Conditions:
    likely = PlantWeather.at(region, expected.temperature_c, expected.dew_point_c)
    worst = PlantWeather.at(region, bound.temperature_c, bound.dew_point_c)
    at_bound = headroom(region, worst, bound.it_load_mw, grid_limit_mw)
    at_forecast = headroom(region, likely, expected.it_load_mw, grid_limit_mw)
    warmer = PlantWeather.at(region, expected.temperature_c + FIXED_MARGIN_K, expected.dew_point_c + FIXED_MARGIN_K)
    at_margin = headroom(region, warmer, expected.it_load_mw, grid_limit_mw)
    inlet = inlet_c(likely, expected.it_load_mw)
    near = inlet >= inlet_limit_c(region) - NEAR_LIMIT_K
    if region.outdoor_limit_c is not None:
        near |= expected.temperature_c >= region.outdoor_limit_c - NEAR_LIMIT_K
    bill = bill_of(
        region,
        costs,
        facility_mwh=added_facility_mw_per_mw(likely, expected.it_load_mw),
        site_water_l=added_water_l_per_mwh(likely, expected.it_load_mw),
        carbon_g_per_kwh=expected.carbon_g_per_kwh,
        price_usd_per_mwh=expected.price_usd_per_mwh,
    )
    return Conditions.of(
        headroom_mw=at_bound.mw,
        binding=at_bound.binding,
        safe_load_mw=at_bound.safe_load_mw,
        forecast_headroom_mw=at_forecast.mw,
        margin_headroom_mw=at_margin.mw,
        near_limit=near,
        near_limit_mw=at_forecast.mw - NEAR_LIMIT_SHARE * at_forecast.safe_load_mw,
        temperature_bound_c=bound.temperature_c,
        load_bound_mw=bound.it_load_mw,
        carbon_kg_per_mwh=bill.carbon_kg,
        water_l_per_mwh=bill.water_l,
        cost_usd_per_mwh=bill.cost_usd,
    )
