"""The grid of each region, hour by hour, from demand, weather and plants."""

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
_REGIONS_AT_ONCE = 16  # so few regions fit in a processor's cache


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The grids of a fleet. Arrays are (region, hour); NaN where the weather is unknown.

    limit_mw: power that the utility lets the site draw, lower during calls. NaN only in hours in which a call is
        allowed.
    wind_mw, solar_mw: output of the whole grid, after curtailment.
    """

    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray
    limit_mw: FloatArray
    wind_mw: FloatArray
    solar_mw: FloatArray


def make_grid(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Grid:
    """Make carbon, price and limits of each region's grid under the region's own weather.

    Carbon is the intensity of the dispatched plants times random noise (`IntensitySpread`). A region's grid does not
    depend on other regions. A longer series begins with the shorter one.

    Args:
        regions, mixes: one mix per region.
        weather: arrays are (region, hour) of these regions and hours; NaN where unknown.
        time_utc: (hour,) consecutive hours.
        seed: seed of the twin.
    Raises: DataError if mixes, weather, regions and hours do not fit each other.
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
        weather_rows = TwinWeather(**{f.name: getattr(weather, f.name)[rows] for f in fields(TwinWeather)})
        block = _block(regions[rows], mixes[rows], weather_rows, time_utc, seed)
        for f in fields(Grid):
            getattr(grid, f.name)[rows] = getattr(block, f.name)
    return grid


def _block(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Grid:
    supply = supply_of(regions, mixes, weather, time_utc, seed)
    dispatched = dispatch(mixes, supply, time_utc)
    is_unknown = np.isnan(weather.temperature_c + weather.wind_speed_m_s + weather.clearness)

    def market_noise(name: str, memory_h: float) -> FloatArray:
        return noise(regions, name, len(time_utc), [memory_h] * len(regions), seed)

    price = price_usd_per_mwh(
        mixes,
        dispatched,
        supply.full_sun,
        market_noise("fuel", _FUEL_MEMORY_H),
        market_noise("outages", _OUTAGE_MEMORY_H),
        market_noise("price", _PRICE_MEMORY_H),
    )
    carbon = carbon_g_per_kwh(mixes, dispatched) * np.exp(_carbon_noise(regions, mixes, len(time_utc), seed))
    tightness = np.where(is_unknown, np.nan, supply.demand - supply.hydro - supply.wind - supply.solar)
    limits = [limit_mw(region, row, time_utc, seed) for region, row in zip(regions, tightness, strict=True)]
    mean_mw = column(mixes, lambda m: m.demand.mean_mw)
    return Grid(
        carbon_g_per_kwh=np.where(is_unknown, np.nan, carbon),
        price_usd_per_mwh=np.where(is_unknown, np.nan, price),
        limit_mw=np.stack(limits),
        wind_mw=np.where(is_unknown, np.nan, mean_mw * dispatched.wind),
        solar_mw=np.where(is_unknown, np.nan, mean_mw * dispatched.solar),
    )


def _carbon_noise(regions: Sequence[Region], mixes: Sequence[GridMix], hours: int, seed: int) -> FloatArray:
    """Draw the logarithm of the random factor of the carbon intensity, (region, hour). The factor has mean one."""
    spreads = [m.spread for m in mixes]
    slow_share = column(spreads, lambda s: s.slow_share)
    slow = noise(regions, "carbon slow", hours, [s.slow_h for s in spreads], seed)
    fast = noise(regions, "carbon fast", hours, [s.fast_h for s in spreads], seed)
    relative = column(spreads, lambda s: s.relative)
    log_factor: FloatArray = relative * (np.sqrt(slow_share) * slow + np.sqrt(1 - slow_share) * fast) - relative**2 / 2
    return log_factor
