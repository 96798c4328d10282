"""The actual weather, load and limits of each region and hour, and the resources that jobs used there."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.breach import can_judge, is_breach
from fleet.domain.costs import bill_of
from fleet.domain.limit import UNKNOWN_CODE
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.physics.headroom import added_water_l, facility_mw, safe_loads_mw
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.build_conditions import sure_limits_mw
from fleet.preparation.observed_limit import COLUMN, last_observed_mw
from fleet.preparation.prepare import flat_prices
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class ResourceUse:
    """The resources that a load added to the fleet, (region, hour); NaN where the actual values are not known."""

    energy_mwh: FloatArray
    carbon_kg: FloatArray
    water_l: FloatArray
    cost_usd: FloatArray


@dataclass(frozen=True, kw_only=True)
class ActualHours:
    """The actual values of all regions and hours. Arrays are (region, hour); NaN is missing.

    Args:
        weather: the plant's state in the actual weather, one per region.
        base_load_mw: IT load without the jobs.
        safe_load_mw: the largest total load that the actual weather and grid allowed.
        binding: code of the limit that set the safe load.
    """

    fleet: Fleet
    weather: tuple[PlantWeather, ...]
    base_load_mw: FloatArray
    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]

    @classmethod
    def of(cls, telemetry: Telemetry, fleet: Fleet, *, first: int = 0) -> Self:
        """Compute the safe loads of the telemetry's hours from position `first` on.

        The grid limit of an hour is the observed limit of this hour. Where it is missing, the grid limit is the lower
        of the last observed limit and the power that no call of the utility can take away.

        Raises: DataError if temperature, dew point or load has no value in any region, or as `Telemetry.of_regions`.
        """
        telemetry = telemetry.of_regions(fleet.region_ids)
        temperature_c, dew_point_c, it_load_mw = (
            telemetry.column_somewhere(name)[:, first:] for name in ("temperature_c", "dew_point_c", "it_load_mw")
        )
        weather = tuple(
            PlantWeather.at(region, temperature_c[index], dew_point_c[index])
            for index, region in enumerate(fleet.regions)
        )
        limits_mw = _grid_limits_mw(telemetry, fleet)[:, first:]
        loads = np.stack(
            [
                safe_loads_mw(region, air, limit_mw)
                for region, air, limit_mw in zip(fleet.regions, weather, limits_mw, strict=True)
            ],
            axis=1,
        )
        binding = loads.argmin(axis=0)
        safe_load_mw = np.take_along_axis(loads, binding[None], axis=0)[0]
        return cls(
            fleet=fleet,
            weather=weather,
            base_load_mw=it_load_mw,
            carbon_g_per_kwh=_values(telemetry, "carbon_g_per_kwh")[:, first:],
            price_usd_per_mwh=flat_prices(telemetry, fleet)[:, first:],
            safe_load_mw=np.where(binding == UNKNOWN_CODE, np.nan, safe_load_mw),
            binding=binding.astype(np.int8),
        )

    def breached(self, job_mw: FloatArray) -> NDArray[np.bool_]:
        """Tell in which (region, hour) the base load and the jobs together breached a limit."""
        return is_breach(self.base_load_mw + job_mw, self.safe_load_mw)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(region, hour) where the actual weather and load are known."""
        return can_judge(self.base_load_mw, self.safe_load_mw)

    def resource_use(self, job_mw: FloatArray) -> ResourceUse:
        """Compute the resources that the jobs added: those of the facility with the jobs, minus those without the jobs.

        Water is the water used on site, plus the water of the electricity if the fleet counts it.
        """
        return self._added(self.base_load_mw, job_mw)

    def base_resource_use(self) -> ResourceUse:
        """Compute the resources that the base load added to a facility without load."""
        return self._added(np.zeros_like(self.base_load_mw), self.base_load_mw)

    def _added(self, base_mw: FloatArray, load_mw: FloatArray) -> ResourceUse:
        rows = []
        for index, (region, air) in enumerate(zip(self.fleet.regions, self.weather, strict=True)):
            base, load = base_mw[index], load_mw[index]
            energy_mwh = facility_mw(air, base + load) - facility_mw(air, base)
            bill = bill_of(
                region,
                self.fleet.costs,
                facility_mwh=energy_mwh,
                site_water_l=added_water_l(air, base, load),
                carbon_g_per_kwh=self.carbon_g_per_kwh[index],
                price_usd_per_mwh=self.price_usd_per_mwh[index],
            )
            rows.append((energy_mwh, bill.carbon_kg, bill.water_l, bill.cost_usd))
        energy_mwh, carbon_kg, water_l, cost_usd = (np.stack(column) for column in zip(*rows, strict=True))
        return ResourceUse(energy_mwh=energy_mwh, carbon_kg=carbon_kg, water_l=water_l, cost_usd=cost_usd)


def _values(telemetry: Telemetry, column: str) -> FloatArray:
    values = telemetry.values.get(column)
    return np.full((len(telemetry.regions), len(telemetry.time_utc)), np.nan) if values is None else values


def _grid_limits_mw(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    sure_mw = sure_limits_mw(fleet, telemetry.time_utc)
    observed_mw = telemetry.values.get(COLUMN)
    if observed_mw is None:
        return sure_mw
    # A missing value does not show that a call has ended, so it never raises the limit.
    return np.where(np.isfinite(observed_mw), observed_mw, np.minimum(sure_mw, last_observed_mw(telemetry)))
