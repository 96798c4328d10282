"""Computes the conditions that placement uses: limits from bounds, and costs from expected values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.costs import bill_of
from fleet.domain.region import Costs, Fleet, Region
from fleet.physics.grid_limit import sure_grid_limit_mw
from fleet.physics.headroom import added_facility_mw_per_mw, added_water_l_per_mwh, headroom
from fleet.physics.limits import ENVELOPE
from fleet.physics.plant_weather import PlantWeather
from fleet.units import FloatArray

# Columns whose bounds set the limits, and columns whose expected values set the costs.
BOUNDED = ("temperature_c", "dew_point_c", "it_load_mw")
EXPECTED = ("carbon_g_per_kwh", "price_usd_per_mwh")
# A job is contested if it brings the load to within this share of a limit.
NEAR_LIMIT_SHARE = 0.05
# The policy `fixed_margin` adds these to the forecasts of temperature and dew point, and of the load.
FIXED_MARGIN_K = 3.0
FIXED_MARGIN_CAPACITY_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class HourlyValues:
    """Weather, load, carbon and price, all (..., region, hour): a forecast, a bound or the actual values."""

    temperature_c: FloatArray
    dew_point_c: FloatArray
    it_load_mw: FloatArray
    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray

    def of_region(self, region: int) -> "HourlyValues":
        """Return the (..., hour) values of one region."""
        return HourlyValues(**{name: values[..., region, :] for name, values in self.__dict__.items()})


def sure_limits_mw(fleet: Fleet, hours: HourArray) -> FloatArray:
    """Return the (region, hour) grid power that no call of the utility can take away."""
    return np.stack([sure_grid_limit_mw(region, hours) for region in fleet.regions])


def conditions_of(
    fleet: Fleet, *, expected: HourlyValues, bound: HourlyValues, grid_limit_mw: FloatArray
) -> Conditions:
    """Compute the limits from the bound. Compute the costs, and whether a limit is near, from the expected values.

    Args:
        expected: forecasts, or actual values.
        bound: upper bounds of temperature, dew point and load; the carbon and price of `bound` are not used.
        grid_limit_mw: (..., region, hour), or an array that broadcasts to it; used at the bound and at the forecast.
    """
    parts = [
        _of_region(region, fleet.costs, expected.of_region(index), bound.of_region(index), grid_limit_mw[..., index, :])
        for index, region in enumerate(fleet.regions)
    ]
    return Conditions.stacked(parts, axis=-2)


def _of_region(
    region: Region, costs: Costs, expected: HourlyValues, bound: HourlyValues, grid_limit_mw: FloatArray
) -> Conditions:
    forecast_weather = PlantWeather.at(region, expected.temperature_c, expected.dew_point_c)
    bound_weather = PlantWeather.at(region, bound.temperature_c, bound.dew_point_c)
    warmer_weather = PlantWeather.at(
        region, expected.temperature_c + FIXED_MARGIN_K, expected.dew_point_c + FIXED_MARGIN_K
    )
    at_bound = headroom(region, bound_weather, bound.it_load_mw, grid_limit_mw)
    at_forecast = headroom(region, forecast_weather, expected.it_load_mw, grid_limit_mw)
    higher_load_mw = expected.it_load_mw + FIXED_MARGIN_CAPACITY_SHARE * region.it_capacity_mw
    at_margin = headroom(region, warmer_weather, higher_load_mw, grid_limit_mw)
    facility_mwh = added_facility_mw_per_mw(forecast_weather, expected.it_load_mw)
    bill = bill_of(
        region,
        costs,
        # A plant cannot cool in such weather with any power, so the energy is not known.
        facility_mwh=np.where(np.isinf(facility_mwh), np.nan, facility_mwh),
        site_water_l=added_water_l_per_mwh(forecast_weather, expected.it_load_mw),
        carbon_g_per_kwh=expected.carbon_g_per_kwh,
        price_usd_per_mwh=expected.price_usd_per_mwh,
    )
    return Conditions.of(
        headroom_mw=at_bound.mw,
        binding=at_bound.binding,
        safe_load_mw=at_bound.safe_load_mw,
        forecast_headroom_mw=at_forecast.mw,
        margin_headroom_mw=at_margin.mw,
        near_limit=is_near_a_limit(region, forecast_weather, expected.it_load_mw),
        near_limit_mw=at_forecast.mw - NEAR_LIMIT_SHARE * at_forecast.safe_load_mw,
        temperature_bound_c=bound.temperature_c,
        load_bound_mw=bound.it_load_mw,
        carbon_kg_per_mwh=bill.carbon_kg,
        water_l_per_mwh=bill.water_l,
        cost_usd_per_mwh=bill.cost_usd,
    )


def is_near_a_limit(region: Region, weather: PlantWeather, load_mw: FloatArray) -> NDArray[np.bool_]:
    """Return whether the forecast comes within NEAR_LIMIT_K of a limit of temperature."""
    is_near = np.zeros(np.shape(load_mw), dtype=np.bool_)
    for limit in ENVELOPE:
        if limit.is_near is not None:
            is_near |= limit.is_near(region, weather, load_mw)
    return is_near
