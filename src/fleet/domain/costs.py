"""What running jobs takes, as money: the fleet's weights on energy, carbon, water, data moved and time waited."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Costs, Region
from fleet.units import KWH_PER_MWH, M3_PER_LITRE, TONNES_PER_KG, FloatArray


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Arrays of one shape; NaN where something in them is not known.

    water_l: on site, and that of the electricity if the fleet counts it.
    cost_usd: energy, carbon and water.
    """

    carbon_kg: FloatArray
    water_l: FloatArray
    cost_usd: FloatArray


def bill_of(
    region: Region,
    costs: Costs,
    *,
    facility_mwh: FloatArray,
    site_water_l: FloatArray,
    carbon_g_per_kwh: FloatArray,
    price_usd_per_mwh: FloatArray,
) -> Bill:
    """The bill of a region, elementwise; one for what is expected and for what was taken, so that both agree.

    Args:
        facility_mwh: energy from the grid, and site_water_l: water on site; both of the same jobs, or both of one MWh
            of IT energy.
    """
    # 1 g/kWh is 1 kg/MWh.
    carbon_kg = facility_mwh * carbon_g_per_kwh
    grid_water_l = _grid_water_l(region, costs, facility_mwh)
    carbon_usd = costs.carbon_usd_per_t * TONNES_PER_KG * carbon_kg
    site_water_usd = costs.water_usd_per_m3 * region.water_scarcity * M3_PER_LITRE * site_water_l
    # Power stations draw their water elsewhere, where the site's scarcity says nothing.
    grid_water_usd = costs.water_usd_per_m3 * M3_PER_LITRE * grid_water_l
    return Bill(
        carbon_kg=carbon_kg,
        water_l=site_water_l + grid_water_l,
        cost_usd=facility_mwh * price_usd_per_mwh + carbon_usd + site_water_usd + grid_water_usd,
    )


def transfer_usd(costs: Costs, data_gb: FloatArray | float, away: NDArray[np.bool_] | bool) -> FloatArray:
    """Cost of moving a job's data, elementwise.

    Args:
        away: the job would run outside its home region, where its data is.
    """
    return np.where(away, costs.transfer_usd_per_gb * np.asarray(data_gb), 0.0)


def waiting_usd(costs: Costs, energy_mwh: FloatArray | float, waited_h: FloatArray | float) -> FloatArray:
    """Value that jobs of so much IT energy lose by starting `waited_h` after their earliest start, elementwise."""
    return np.asarray(costs.waiting_usd_per_mwh_per_h * np.asarray(energy_mwh) * waited_h)


def change_usd(costs: Costs, energy_mwh: FloatArray | float) -> FloatArray:
    """What moving planned jobs of so much IT energy must save, elementwise; weighed in a plan, and nobody's expense."""
    return np.asarray(costs.change_usd_per_mwh * np.asarray(energy_mwh))


def _grid_water_l(region: Region, costs: Costs, facility_mwh: FloatArray) -> FloatArray:
    if not costs.count_grid_water:
        return np.zeros_like(facility_mwh)
    return KWH_PER_MWH * region.grid_water_l_per_kwh * facility_mwh
