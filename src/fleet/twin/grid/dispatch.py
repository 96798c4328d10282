"""Who serves the demand: must-take plants first, then coal, gas and peakers, with the carbon that follows.

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

# Life-cycle factors [g/kWh] that regression finds behind published CarbonCast intensities; coal has one for each grid.
GAS_G_PER_KWH = 490.0
PEAKER_G_PER_KWH = 650.0  # oil or gas in open cycle
NUCLEAR_G_PER_KWH = 12.0
HYDRO_G_PER_KWH = 24.0
SOLAR_G_PER_KWH = 45.0
WIND_G_PER_KWH = 11.0


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Power by source, (region, hour), in shares of the grid's mean demand.

    wind, solar: after curtailment. imports: positive; exports: positive, and what must run beyond the demand.
    least: what must run of coal and gas. coal_available: in that month.
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
    """Every hour served at least cost, arrays (region, hour) in shares of mean demand.

    Wind and sun are curtailed, alike, where they would push thermal plants below what must run; what must run beyond
    the demand is exported. Peakers have no limit: no hour goes unserved, it gets dear.
    """
    thermal: list[Thermal] = [mix.thermal for mix in mixes]
    trade: list[Exchange] = [mix.exchange for mix in mixes]
    available = Year.of(time_utc).along([each.coal_by_month for each in thermal])
    demand, wind, solar, hydro = supply.demand, supply.wind, supply.solar, supply.hydro
    nuclear = np.broadcast_to(column(thermal, lambda t: t.nuclear), demand.shape)
    coal_least = available * column(thermal, lambda t: t.coal_least)
    gas_least = column(thermal, lambda t: t.gas_least)

    residual = demand - nuclear - hydro - wind - solar
    limit = column(trade, lambda x: x.limit)
    wanted = column(trade, lambda x: x.slope) * (residual - column(trade, lambda x: x.usual))
    net_import = np.clip(wanted, -limit, limit)
    burnt = residual - net_import
    least = coal_least + gas_least
    curtailed = np.clip(least - burnt, 0, wind + solar)
    kept = 1 - curtailed / np.maximum(wind + solar, np.finfo(np.float64).tiny)
    burnt = burnt + curtailed
    beyond = np.maximum(least - burnt, 0)
    burnt = burnt + beyond

    coal = np.clip(burnt - gas_least, coal_least, available)
    gas = np.minimum(burnt - coal, column(thermal, lambda t: t.gas))
    return Dispatch(
        demand=demand,
        wind=wind * kept,
        solar=solar * kept,
        curtailed=curtailed,
        hydro=hydro,
        nuclear=nuclear,
        coal=coal,
        gas=gas,
        peaker=burnt - coal - gas,
        imports=np.maximum(net_import, 0),
        exports=np.maximum(-net_import, 0) + beyond,
        least=least,
        coal_available=available,
    )


def carbon_g_per_kwh(mixes: Sequence[GridMix], made: Dispatch) -> FloatArray:
    """(region, hour) life-cycle intensity of what the grid has: its own plants and imports; exports carry the same."""
    emitted = (
        column(mixes, lambda m: m.thermal.coal_g_per_kwh) * made.coal
        + GAS_G_PER_KWH * made.gas
        + PEAKER_G_PER_KWH * made.peaker
        + NUCLEAR_G_PER_KWH * made.nuclear
        + HYDRO_G_PER_KWH * made.hydro
        + SOLAR_G_PER_KWH * made.solar
        + WIND_G_PER_KWH * made.wind
        + column(mixes, lambda m: m.exchange.import_g_per_kwh) * made.imports
    )
    carbon: FloatArray = emitted / (made.demand + made.exports)
    return carbon
