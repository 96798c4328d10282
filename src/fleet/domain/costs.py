"""The cost of running jobs in money: energy, carbon, water, data transfer and waiting time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.region import Costs, Region
from fleet.units import KWH_PER_MWH, M3_PER_LITRE, TONNES_PER_KG, FloatArray


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Carbon, water and cost as arrays of one shape; NaN where an input is unknown.

    water_l: water used on site, plus the water of the electricity if the fleet counts it.
    cost_usd: cost of energy, carbon and water.
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
    """Return the bill of energy and water that a region uses, element by element.

    Expected and actual bills both come from this function, so they agree.

    Args:
        region: gives the water scarcity and the water per grid energy.
        costs: the weights of the fleet.
        facility_mwh: energy from the grid.
        site_water_l: water used on site, for the same load as `facility_mwh` (or both per MWh of IT energy).
        carbon_g_per_kwh: carbon intensity of the grid.
        price_usd_per_mwh: energy price.
    """
    # 1 g/kWh is 1 kg/MWh.
    carbon_kg = facility_mwh * carbon_g_per_kwh
    grid_water_l = _grid_water_l(region, costs, facility_mwh)
    carbon_usd = costs.carbon_usd_per_t * TONNES_PER_KG * carbon_kg
    site_water_usd = costs.water_usd_per_m3 * region.water_scarcity * M3_PER_LITRE * site_water_l
    # Power stations use water at their own sites, so the scarcity at this site does not apply.
    grid_water_usd = costs.water_usd_per_m3 * M3_PER_LITRE * grid_water_l
    return Bill(
        carbon_kg=carbon_kg,
        water_l=site_water_l + grid_water_l,
        cost_usd=facility_mwh * price_usd_per_mwh + carbon_usd + site_water_usd + grid_water_usd,
    )


def transfer_usd(costs: Costs, data_gb: FloatArray | float, away: NDArray[np.bool_] | bool) -> FloatArray:
    """Return the cost of moving a job's data, element by element.

    Args:
        costs: the weights of the fleet.
        data_gb: size of the job's data.
        away: True if the job runs outside its home region, where its data is stored.
    """
    return np.where(away, costs.transfer_usd_per_gb * np.asarray(data_gb), 0.0)


def waiting_usd(costs: Costs, energy_mwh: FloatArray | float, waited_h: FloatArray | float) -> FloatArray:
    """Return the value that jobs lose by waiting, element by element.

    Args:
        costs: the weights of the fleet.
        energy_mwh: IT energy of the job.
        waited_h: hours from the job's earliest start to its start.
    """
    return np.asarray(costs.waiting_usd_per_mwh_per_h * np.asarray(energy_mwh) * waited_h)


def change_usd(costs: Costs, energy_mwh: FloatArray | float) -> FloatArray:
    """Return the saving that justifies moving a planned job, element by element.

    The planner uses this value as a threshold. It is no expense.

    Args:
        costs: the weights of the fleet.
        energy_mwh: IT energy of the job.
    """
    return np.asarray(costs.change_usd_per_mwh * np.asarray(energy_mwh))


def _grid_water_l(region: Region, costs: Costs, facility_mwh: FloatArray) -> FloatArray:
    if not costs.count_grid_water:
        return np.zeros_like(facility_mwh)
    return KWH_PER_MWH * region.grid_water_l_per_kwh * facility_mwh
