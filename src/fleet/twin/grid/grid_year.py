"""The grid of each region: demand, weather and plants, hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.twin.grid.calls import limit_mw
from fleet.twin.grid.columns import column, noise
from fleet.twin.grid.dispatch import carbon_g_per_kwh, dispatch
from fleet.twin.grid.mix import GridMix
from fleet.twin.grid.price import price_usd_per_mwh
from fleet.twin.grid.supply import supply_of
from fleet.twin.weather import TwinWeather
from fleet.units import FloatArray

_FUEL_MEMORY_H = 700.0
_OUTAGE_MEMORY_H = 60.0
_PRICE_MEMORY_H = 8.0
_REGIONS_AT_ONCE = 16  # keeps a fleet of hundreds within a processor's cache and a laptop's memory


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The grids of a fleet, every array (region, hour); NaN where the weather is.

    limit_mw: what the utility lets the site draw, calls included. wind_mw, solar_mw: of the whole grid, curtailed.
    """

    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray
    limit_mw: FloatArray
    wind_mw: FloatArray
    solar_mw: FloatArray


def make_grid(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Grid:
    """Carbon, price and limits of each region's grid under the region's own weather.

    Carbon is what the dispatched plants emit, times the spread that the mix states. Each region is made alone: another
    region changes nothing, and a longer series begins with the shorter one.

    Args:
        mixes: one per region.
        weather: its arrays are (region, hour) of the regions and times given; NaN where unknown.
    Raises: DataError if mixes, weather, regions and times do not fit each other.
    """
    shape = (len(regions), len(time_utc))
    if len(mixes) != len(regions) or weather.temperature_c.shape != shape:
        raise DataError(
            f"found {len(mixes)} grids and weather of shape {weather.temperature_c.shape}, expected {len(regions)} and "
            f"{shape}; give one grid and one row of weather per region"
        )
    grid = Grid(**{f.name: np.empty(shape) for f in fields(Grid)})
    for first in range(0, len(regions), _REGIONS_AT_ONCE):
        rows = slice(first, first + _REGIONS_AT_ONCE)
        some = TwinWeather(**{f.name: getattr(weather, f.name)[rows] for f in fields(TwinWeather)})
        block = _block(regions[rows], mixes[rows], some, time_utc, seed)
        for f in fields(Grid):
            getattr(grid, f.name)[rows] = getattr(block, f.name)
    return grid


def _block(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Grid:
    supply = supply_of(regions, mixes, weather, time_utc, seed)
    made = dispatch(mixes, supply, time_utc)
    unknown = np.isnan(weather.temperature_c + weather.wind_speed_m_s + weather.clearness)

    def wander(name: str, memory_h: float) -> FloatArray:
        return noise(regions, name, len(time_utc), [memory_h] * len(regions), seed)

    spreads = [m.spread for m in mixes]
    slow_share = column(spreads, lambda s: s.slow_share)
    slow = noise(regions, "carbon slow", len(time_utc), [s.slow_h for s in spreads], seed)
    fast = noise(regions, "carbon fast", len(time_utc), [s.fast_h for s in spreads], seed)
    relative = column(spreads, lambda s: s.relative)
    aside = relative * (np.sqrt(slow_share) * slow + np.sqrt(1 - slow_share) * fast) - relative**2 / 2
    price = price_usd_per_mwh(
        mixes,
        made,
        supply.full_sun,
        wander("fuel", _FUEL_MEMORY_H),
        wander("outages", _OUTAGE_MEMORY_H),
        wander("price", _PRICE_MEMORY_H),
    )
    tightness = np.where(unknown, np.nan, supply.demand - supply.hydro - supply.wind - supply.solar)
    limits = [limit_mw(r, row, time_utc, seed) for r, row in zip(regions, tightness, strict=True)]
    mean_mw = column(mixes, lambda m: m.demand.mean_mw)
    return Grid(
        carbon_g_per_kwh=np.where(unknown, np.nan, carbon_g_per_kwh(mixes, made) * np.exp(aside)),
        price_usd_per_mwh=np.where(unknown, np.nan, price),
        limit_mw=np.stack(limits),
        wind_mw=np.where(unknown, np.nan, mean_mw * made.wind),
        solar_mw=np.where(unknown, np.nan, mean_mw * made.solar),
    )
