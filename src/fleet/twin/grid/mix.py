"""What the twin knows of one grid: a table, small enough to read.

Power is in shares of the grid's mean demand, so that grids of any size can be mixed; `Demand.mean_mw` gives the size.
"""

from dataclasses import dataclass, field

Monthly = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What the grid's customers draw.

    by_two_hours: the mild weekday, means of the local solar day from midnight on: 0 to 2 h, 2 to 4 h, ...
    heating_per_k, cooling_per_k: what each degree below and above adds, of a temperature smoothed over `memory_h`
        hours, which is how long buildings remember.
    weekend: demand relative to a weekday's. spread: what no weather explains, lasting for days; relative.
    """

    mean_mw: float
    by_two_hours: tuple[float, ...] = field(metadata={"of_the_day": True})  # twelve, and yet no months
    heating_below_c: float
    heating_per_k: float
    cooling_above_c: float
    cooling_per_k: float
    memory_h: float
    weekend: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class WindFarms:
    """Wind of a grid wider than the site: partly the site's own, smoothed and later, partly independent of it.

    capacity: most that all turbines ever give at once, as the wind is nowhere everywhere.
    site_m_s, site_spread: what the site's wind is compared with: its mean, and the relative spread of it smoothed.
    smoothing_h: an exponential mean, which is also late by as much, as weather takes time to cross the grid.
    site_share: correlation of the grid's wind with that of the site; the rest remembers `own_h` hours.
    level, steepness: logit of output at usual wind, and its gain per standard deviation of wind.
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
    """Plants that burn or split something, in order of merit: nuclear, coal, gas, peakers without a limit.

    coal_by_month: available; less in the months of maintenance. coal_least, gas_least: what must run, of what is
        available of coal and of the mean demand for gas.
    coal_g_per_kwh: of the grid's coal, peat and oil together, over their life cycle.
    """

    nuclear: float
    coal_by_month: Monthly
    coal_least: float
    coal_g_per_kwh: float
    gas: float
    gas_least: float


@dataclass(frozen=True, kw_only=True)
class Hydro:
    """Hydro power: the water of the month, spent where demand is high.

    follows: relative change of output per relative change of demand from its mean.
    """

    by_month: Monthly
    follows: float


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Trade with neighbours, storage included: imports rise with what wind and sun leave to be served.

    slope: imports per residual load beyond `usual`. limit: of imports and of exports.
    """

    slope: float
    usual: float
    limit: float
    import_g_per_kwh: float


@dataclass(frozen=True, kw_only=True)
class IntensitySpread:
    """What the dispatch does not say of carbon: outages, fuel switching, the mix of imports.

    relative: standard deviation of the logarithm of the intensity. slow_share: of its variance, lasts `slow_h` hours.
    """

    relative: float
    slow_share: float
    slow_h: float
    fast_h: float


@dataclass(frozen=True, kw_only=True)
class Market:
    """Costs of the next MWh [USD], by the plant that would serve it.

    surplus_usd: while wind and sun are curtailed. coal_usd, gas_usd, peaker_usd: fuel and wear.
    width: by how much of the mean demand one kind of plant overlaps the next in cost.
    foreign_sun: sunlight in neighbouring markets, as output at full sun that prices feel and the dispatch does not.
    scarcity_usd: added where all gas runs; e times as much for each `width` beyond.
    fuel_spread: of the logarithm of the price of gas, over weeks; spread: of the price itself, over hours.
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
    """One grid. solar: output at full sun on cool panels."""

    demand: Demand
    solar: float
    wind: WindFarms
    hydro: Hydro
    thermal: Thermal
    exchange: Exchange
    spread: IntensitySpread
    market: Market
