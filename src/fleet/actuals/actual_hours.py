"""What really happened in each region and hour, and what jobs that ran there took and breached."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Limit
from fleet.domain.costs import bill_of
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.physics.headroom import PlantWeather, added_water_l, facility_mw, safe_loads_mw
from fleet.preparation.build_conditions import sure_limits_mw
from fleet.preparation.prepare import flat_prices
from fleet.units import DUST_MW, FloatArray


@dataclass(frozen=True, kw_only=True)
class ResourceUse:
    """(region, hour) what the jobs added to the fleet; NaN where what happened is not known."""

    energy_mwh: FloatArray
    carbon_kg: FloatArray
    water_l: FloatArray
    cost_usd: FloatArray


@dataclass(frozen=True, kw_only=True)
class ActualHours:
    """Arrays are (region, hour); NaN is missing.

    safe_load_mw, binding: the largest total load that the actual weather and grid allowed, and the Limit that set it.
    """

    fleet: Fleet
    weather: tuple[PlantWeather, ...]
    base_load_mw: FloatArray
    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]

    @classmethod
    def of(cls, telemetry: Telemetry, fleet: Fleet) -> Self:
        """The grid's limit is that of the column `grid_limit_mw` where it is known, else what no call takes.

        Raises: DataError if a region or another column is missing.
        """
        telemetry = telemetry.select(fleet.region_ids)
        temperature, dew_point = telemetry.column("temperature_c"), telemetry.column("dew_point_c")
        weather = tuple(
            PlantWeather.at(region, temperature[index], dew_point[index]) for index, region in enumerate(fleet.regions)
        )
        limits = _grid_limits_mw(telemetry, fleet)
        loads = np.stack(
            [
                safe_loads_mw(region, air, limit)
                for region, air, limit in zip(fleet.regions, weather, limits, strict=True)
            ],
            axis=1,
        )
        binding = loads.argmin(axis=0)
        safe = np.take_along_axis(loads, binding[None], axis=0)[0]
        return cls(
            fleet=fleet,
            weather=weather,
            base_load_mw=telemetry.column("it_load_mw"),
            carbon_g_per_kwh=telemetry.values.get("carbon_g_per_kwh", np.full(loads.shape[1:], np.nan)),
            price_usd_per_mwh=flat_prices(telemetry, fleet),
            safe_load_mw=np.where(binding == Limit.UNKNOWN, np.nan, safe),
            binding=binding.astype(np.int8),
        )

    def breached(self, job_mw: FloatArray) -> NDArray[np.bool_]:
        """(region, hour): the actual weather and the actual total load were outside some limit.

        An hour without actual weather or load is no breach here, and not judged either; see `judged`.
        """
        return self.base_load_mw + job_mw > self.safe_load_mw + DUST_MW

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(region, hour): the actual weather and load are known."""
        return np.isfinite(self.base_load_mw) & np.isfinite(self.safe_load_mw)

    def resource_use(self, job_mw: FloatArray) -> ResourceUse:
        """What the jobs added: the difference that their load makes to the facility, and the water of their heat and,
        if the fleet counts it, of their electricity.
        """
        return self._added(self.base_load_mw, job_mw)

    def base_resource_use(self) -> ResourceUse:
        """What the regions' own load added to an idle facility."""
        return self._added(np.zeros_like(self.base_load_mw), self.base_load_mw)

    def _added(self, below_mw: FloatArray, load_mw: FloatArray) -> ResourceUse:
        rows = []
        for index, (region, air) in enumerate(zip(self.fleet.regions, self.weather, strict=True)):
            below, load = below_mw[index], load_mw[index]
            energy = facility_mw(air, below + load) - facility_mw(air, below)
            bill = bill_of(
                region,
                self.fleet.costs,
                facility_mwh=energy,
                site_water_l=added_water_l(air, below, load),
                carbon_g_per_kwh=self.carbon_g_per_kwh[index],
                price_usd_per_mwh=self.price_usd_per_mwh[index],
            )
            rows.append((energy, bill.carbon_kg, bill.water_l, bill.cost_usd))
        energy_mwh, carbon_kg, water_l, cost_usd = (np.stack(column) for column in zip(*rows, strict=True))
        return ResourceUse(energy_mwh=energy_mwh, carbon_kg=carbon_kg, water_l=water_l, cost_usd=cost_usd)


def _grid_limits_mw(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    sure = sure_limits_mw(fleet, telemetry.time_utc)
    known = telemetry.values.get("grid_limit_mw")
    return sure if known is None else np.where(np.isfinite(known), known, sure)
