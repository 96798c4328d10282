"""The price of power: the cost of the plant that would serve the next MWh, and a premium near full use of gas."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from fleet.twin.grid.columns import column
from fleet.twin.grid.dispatch import Dispatch
from fleet.twin.grid.mix import GridMix, Market
from fleet.units import FloatArray

_OUTAGE_SPREAD = 0.04  # standard deviation of outages, as a share of the mean demand
_STEEPEST = 4.0  # the premium is at most e^4 times the premium at full use of gas, because markets cap prices


def price_usd_per_mwh(
    mixes: Sequence[GridMix],
    dispatched: Dispatch,
    full_sun: FloatArray,
    fuel: FloatArray,
    outages: FloatArray,
    market_noise: FloatArray,
) -> FloatArray:
    """Return the price [USD/MWh], (region, hour).

    Args:
        mixes: one per region.
        dispatched: arrays are (region, hour).
        full_sun: (region, hour) output of panels over their output at full sun. Neighbouring markets get the same sun.
        fuel: (region, hour) noise of unit variance for the price of gas.
        outages: (region, hour) noise of unit variance for the power of plants that should run and cannot.
        market_noise: (region, hour) noise of unit variance for the price itself.
    Assumes: a supply curve of four steps. The edges of the steps are smooth, because plants of one kind differ in cost.
    """
    market: list[Market] = [mix.market for mix in mixes]
    gas = column(mixes, lambda m: m.thermal.gas)
    width = column(market, lambda m: m.width)
    foreign_sun = column(market, lambda m: m.foreign_sun)
    needed = dispatched.coal + dispatched.gas + dispatched.peaker - dispatched.curtailed - foreign_sun * full_sun
    needed = needed + _OUTAGE_SPREAD * outages
    gas_price = np.exp(column(market, lambda m: m.fuel_spread) * fuel)

    surplus_usd = column(market, lambda m: m.surplus_usd)
    coal_usd = column(market, lambda m: m.coal_usd)
    gas_usd = column(market, lambda m: m.gas_usd) * gas_price
    peaker_usd = column(market, lambda m: m.peaker_usd) * gas_price
    beyond_gas = (needed - dispatched.coal_available - gas) / width
    curve_usd = (
        surplus_usd
        + (coal_usd - surplus_usd) * expit((needed - dispatched.least) / width)
        + (gas_usd - coal_usd) * expit((needed - dispatched.coal_available) / width)
        + (peaker_usd - gas_usd) * expit(beyond_gas)
        + column(market, lambda m: m.scarcity_usd) * np.exp(np.minimum(beyond_gas, _STEEPEST))
    )
    spread = column(market, lambda m: m.spread)
    price: FloatArray = curve_usd * np.exp(spread * market_noise - spread**2 / 2)
    return price
