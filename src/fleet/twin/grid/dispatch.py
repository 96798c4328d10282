"""Merit-order dispatch: the plants that serve the demand, and the resulting carbon intensity.

Nuclear, hydro, wind and solar output and must-run output come first, then coal, gas and peakers.

Source: merit-order (economic) dispatch, as in Wood and Wollenberg, "Power Generation, Operation, and Control",
without a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import HourArray
from fleet.twin.almanac import Year
from fleet.twin.grid.columns import column
from fleet.twin.grid.mix import Exchange, GridMix, Thermal
from fleet.twin.grid.supply import Supply
from fleet.units import FloatArray

# Life-cycle factors [g/kWh], from a regression on published CarbonCast intensities. Each grid has its own coal factor.
GAS_G_PER_KWH = 490.0
PEAKER_G_PER_KWH = 650.0  # oil or gas in open cycle
NUCLEAR_G_PER_KWH = 12.0
HYDRO_G_PER_KWH = 24.0
SOLAR_G_PER_KWH = 45.0
WIND_G_PER_KWH = 11.0


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Power by source, (region, hour), as shares of the grid's mean demand.

    wind, solar: output after curtailment.
    curtailed: wind and solar output that is not taken.
    imports: zero or more.
    exports: zero or more; includes output that must run and exceeds the demand.
    least: coal and gas output that must run.
    coal_available: largest possible coal output.
    """

    demand: FloatArray
    wind: FloatArray
    solar: FloatArray
    curtailed: FloatArray
    hydro: FloatArray
    nuclear: FloatArray
    coal: FloatArray
    gas: FloatArray
    peaker: FloatArray
    imports: FloatArray
    exports: FloatArray
    least: FloatArray
    coal_available: FloatArray


def dispatch(mixes: Sequence[GridMix], supply: Supply, time_utc: HourArray) -> Dispatch:
    """Serve the demand of every hour at least cost.

    Wind and solar output are curtailed in equal shares in hours in which thermal plants would fall below their must-run
    output. Must-run output that exceeds the demand is exported. Peakers have no limit, so every hour is served, in some
    hours at a high price.

    Args:
        mixes: one per region.
        supply: arrays are (region, hour).
        time_utc: (hour,).
    Returns: arrays (region, hour), as shares of mean demand.
    """
    thermal: list[Thermal] = [mix.thermal for mix in mixes]
    trade: list[Exchange] = [mix.exchange for mix in mixes]
    coal_available = Year.of(time_utc).interpolate([plants.coal_by_month for plants in thermal])
    demand, wind, solar, hydro = supply.demand, supply.wind, supply.solar, supply.hydro
    nuclear = np.broadcast_to(column(thermal, lambda t: t.nuclear), demand.shape)
    coal_least = coal_available * column(thermal, lambda t: t.coal_least)
    gas_least = column(thermal, lambda t: t.gas_least)

    residual = demand - nuclear - hydro - wind - solar
    limit = column(trade, lambda x: x.limit)
    wanted_import = column(trade, lambda x: x.slope) * (residual - column(trade, lambda x: x.usual))
    net_import = np.clip(wanted_import, -limit, limit)
    thermal_output = residual - net_import
    least = coal_least + gas_least
    curtailed = np.clip(least - thermal_output, 0, wind + solar)
    kept_share = 1 - curtailed / np.maximum(wind + solar, np.finfo(np.float64).tiny)
    thermal_output = thermal_output + curtailed
    surplus = np.maximum(least - thermal_output, 0)
    thermal_output = thermal_output + surplus

    coal = np.clip(thermal_output - gas_least, coal_least, coal_available)
    gas = np.minimum(thermal_output - coal, column(thermal, lambda t: t.gas))
    return Dispatch(
        demand=demand,
        wind=wind * kept_share,
        solar=solar * kept_share,
        curtailed=curtailed,
        hydro=hydro,
        nuclear=nuclear,
        coal=coal,
        gas=gas,
        peaker=thermal_output - coal - gas,
        imports=np.maximum(net_import, 0),
        exports=np.maximum(-net_import, 0) + surplus,
        least=least,
        coal_available=coal_available,
    )


def carbon_g_per_kwh(mixes: Sequence[GridMix], dispatched: Dispatch) -> FloatArray:
    """Return the life-cycle carbon intensity of the grid, (region, hour).

    The intensity is the mean over the grid's own plants and its imports. Exports have the same intensity.
    """
    emitted = (
        column(mixes, lambda m: m.thermal.coal_g_per_kwh) * dispatched.coal
        + GAS_G_PER_KWH * dispatched.gas
        + PEAKER_G_PER_KWH * dispatched.peaker
        + NUCLEAR_G_PER_KWH * dispatched.nuclear
        + HYDRO_G_PER_KWH * dispatched.hydro
        + SOLAR_G_PER_KWH * dispatched.solar
        + WIND_G_PER_KWH * dispatched.wind
        + column(mixes, lambda m: m.exchange.import_g_per_kwh) * dispatched.imports
    )
    carbon: FloatArray = emitted / (dispatched.demand + dispatched.exports)
    return carbon
