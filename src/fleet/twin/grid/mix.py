"""The table that describes one grid.

Power is in shares of the grid's mean demand, so that grids of different sizes can be mixed. `Demand.mean_mw` gives the
size.
"""

from dataclasses import dataclass, field

Monthly = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """The demand of the grid's customers.

    mean_mw: long-term mean [MW].
    by_two_hours: demand of a weekday in mild weather; twelve means over two hours each of the local solar day, from
        midnight.
    heating_below_c, heating_per_k: demand rises by `heating_per_k` for each degree below this temperature.
    cooling_above_c, cooling_per_k: demand rises by `cooling_per_k` for each degree above this temperature.
    memory_h: time constant [h] of the exponential mean of the temperature that demand follows: buildings react slowly.
    weekend: demand of a weekend day over the demand of a weekday.
    spread: relative standard deviation of the demand that weather does not explain; it lasts for days.
    """

    mean_mw: float
    # These twelve values are not months, so a table for the southern hemisphere must not move them.
    by_two_hours: tuple[float, ...] = field(metadata={"of_the_day": True})
    heating_below_c: float
    heating_per_k: float
    cooling_above_c: float
    cooling_per_k: float
    memory_h: float
    weekend: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class WindFarms:
    """Wind power of a grid, which covers a larger area than the site.

    The grid's wind is partly the site's wind, smoothed and delayed, and partly independent of it.

    capacity: largest output of all turbines together; calm areas keep it below the installed power.
    site_m_s, site_spread: mean of the site's wind speed, and relative standard deviation of its smoothed speed.
    smoothing_h: time constant [h] of the exponential mean. The mean also delays the wind by this time, because weather
        takes time to cross the grid.
    site_share: correlation of the grid's wind with the site's wind.
    own_h: memory [h] of the independent part.
    level, steepness: logit of the output over `capacity` in usual wind, and its increase per standard deviation of
        wind.
    """

    capacity: float
    site_m_s: float
    site_spread: float
    smoothing_h: float
    site_share: float
    own_h: float
    level: float
    steepness: float


@dataclass(frozen=True, kw_only=True)
class Thermal:
    """Thermal plants in order of merit: nuclear, coal, gas, and peakers without a limit.

    nuclear: constant output.
    coal_by_month: available coal output; less in months of maintenance.
    coal_least: coal output that must run, as a share of the available output.
    coal_g_per_kwh: life-cycle factor of the grid's coal, peat and oil together.
    gas: largest gas output.
    gas_least: gas output that must run, as a share of the mean demand.
    """

    nuclear: float
    coal_by_month: Monthly
    coal_least: float
    coal_g_per_kwh: float
    gas: float
    gas_least: float


@dataclass(frozen=True, kw_only=True)
class Hydro:
    """Hydro power: the water of the month is used where demand is high.

    by_month: mean output.
    follows: relative change of the output per relative change of the demand from its mean.
    """

    by_month: Monthly
    follows: float


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Trade with neighbours, including storage.

    Imports rise with the residual load: the demand minus nuclear, hydro, wind and solar output.

    slope, usual: imports are `slope` times (residual load - `usual`); a negative result is exports.
    limit: largest imports, and largest exports.
    import_g_per_kwh: carbon intensity of imports.
    """

    slope: float
    usual: float
    limit: float
    import_g_per_kwh: float


@dataclass(frozen=True, kw_only=True)
class IntensitySpread:
    """Variation of the carbon intensity that the dispatch does not explain: outages, fuel switching, mix of imports.

    relative: standard deviation of the logarithm of the variation.
    slow_share: share of the variance with a memory of `slow_h` hours; the rest has a memory of `fast_h` hours.
    """

    relative: float
    slow_share: float
    slow_h: float
    fast_h: float


@dataclass(frozen=True, kw_only=True)
class Market:
    """Costs of the next MWh [USD], by the plant that would serve it.

    surplus_usd: cost while wind and sun are curtailed.
    coal_usd, gas_usd, peaker_usd: cost of fuel and wear.
    width: width of the smooth edge between two kinds of plant, as a share of the mean demand.
    foreign_sun: solar output at full sun in neighbouring markets. It lowers the price, but is not dispatched here.
    scarcity_usd: premium at full use of gas; the premium grows by a factor of e for each further `width`.
    fuel_spread: standard deviation of the logarithm of the price of gas, which varies over weeks.
    spread: standard deviation of the logarithm of the further noise of the price, which varies over hours.
    """

    surplus_usd: float
    coal_usd: float
    gas_usd: float
    peaker_usd: float
    width: float
    foreign_sun: float
    scarcity_usd: float
    fuel_spread: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class GridMix:
    """One grid.

    solar: output at full sun with cool panels, as a share of the mean demand.
    """

    demand: Demand
    solar: float
    wind: WindFarms
    hydro: Hydro
    thermal: Thermal
    exchange: Exchange
    spread: IntensitySpread
    market: Market
