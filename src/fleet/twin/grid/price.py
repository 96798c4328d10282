"""The price of power: what the next MWh costs in the plant that would serve it, and a premium where few are left."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from fleet.twin.grid.columns import column
from fleet.twin.grid.dispatch import Dispatch
from fleet.twin.grid.mix import GridMix, Market
from fleet.units import FloatArray

_OUTAGE_SPREAD = 0.04  # of the mean demand
_STEEPEST = 4.0  # a premium of e^4 times that at full gas: prices have caps


def price_usd_per_mwh(
    mixes: Sequence[GridMix],
    made: Dispatch,
    full_sun: FloatArray,
    fuel: FloatArray,
    outages: FloatArray,
    own: FloatArray,
) -> FloatArray:
    """(region, hour) price.

    Args:
        full_sun: (region, hour) output of panels over that at full sun; the same sun shines on the neighbours.
        fuel, outages, own: (region, hour) unit noise: of the price of gas, of plants that should run and cannot, and
            of the price itself.
    Assumes: a supply curve of four steps whose edges are blurred, as no two plants of a kind cost the same.
    """
    market: list[Market] = [mix.market for mix in mixes]
    gas = column(mixes, lambda m: m.thermal.gas)
    width = column(market, lambda m: m.width)
    asked = made.coal + made.gas + made.peaker - made.curtailed - column(market, lambda m: m.foreign_sun) * full_sun
    asked = asked + _OUTAGE_SPREAD * outages
    gas_price = np.exp(column(market, lambda m: m.fuel_spread) * fuel)

    surplus_usd = column(market, lambda m: m.surplus_usd)
    coal_usd = column(market, lambda m: m.coal_usd)
    gas_usd = column(market, lambda m: m.gas_usd) * gas_price
    peaker_usd = column(market, lambda m: m.peaker_usd) * gas_price
    full = (asked - made.coal_available - gas) / width
    step_up = (
        surplus_usd
        + (coal_usd - surplus_usd) * expit((asked - made.least) / width)
        + (gas_usd - coal_usd) * expit((asked - made.coal_available) / width)
        + (peaker_usd - gas_usd) * expit(full)
        + column(market, lambda m: m.scarcity_usd) * np.exp(np.minimum(full, _STEEPEST))
    )
    spread = column(market, lambda m: m.spread)
    price: FloatArray = step_up * np.exp(spread * own - spread**2 / 2)
    return price
