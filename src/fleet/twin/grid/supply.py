"""What customers draw and what weather gives: demand, wind, sun and water, in shares of the grid's mean demand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import Year, local_hours, solar_hour, sun_height
from fleet.twin.grid.columns import column, noise, smoothed
from fleet.twin.grid.mix import Demand, GridMix, Hydro, WindFarms
from fleet.twin.weather import TwinWeather
from fleet.units import HOURS_PER_DAY, FloatArray

_DEMAND_MEMORY_H = 72.0
_USUAL_TEMPERATURE_C = 15.0
# Panels that follow the sun, behind inverters smaller than they are: flat from mid-morning to mid-afternoon. Tucson's
# give 16, 50 and 82 % of their noon in the hours from 6, 7 and 8 on.
_PANEL_SATURATION = 3.0
# 0.4 % per kelvin of cell above 25 degC (crystalline silicon); cells in full sun stand 25 K above the air (Ross 1976).
_LOSS_PER_K = 0.004
_CELL_REFERENCE_C = 25.0
_CELL_RISE_K = 25.0


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Before any plant is dispatched; arrays (region, hour), in shares of the grid's mean demand.

    wind, solar: what turbines and panels could give. full_sun: of panels, over their output at full sun.
    """

    demand: FloatArray
    wind: FloatArray
    full_sun: FloatArray
    solar: FloatArray
    hydro: FloatArray


def supply_of(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Supply:
    """Supply under the weather; usual weather stands in its gaps, as what remembers must not be unknown for ever."""
    winds = [mix.wind for mix in mixes]
    temperature = _bridged(weather.temperature_c, _USUAL_TEMPERATURE_C)
    speed = _bridged(weather.wind_speed_m_s, column(winds, lambda w: w.site_m_s))
    demand = demand_share(regions, [mix.demand for mix in mixes], temperature, time_utc, seed)
    full_sun = full_sun_share(regions, temperature, _bridged(weather.clearness, 1.0), time_utc)
    return Supply(
        demand=demand,
        wind=wind_share(regions, winds, speed, seed),
        full_sun=full_sun,
        solar=column(mixes, lambda m: m.solar) * full_sun,
        hydro=hydro_share([mix.hydro for mix in mixes], demand, time_utc),
    )


def demand_share(
    regions: Sequence[Region], demands: Sequence[Demand], temperature_c: FloatArray, time_utc: HourArray, seed: int
) -> FloatArray:
    """(region, hour) demand over its long-term mean; temperature is (region, hour), without gaps.

    Source of form and sizes: Tucson Electric Power 2023-24 and EirGrid 2018-21 regressed on hour, weekend and degrees.
    """
    nodes_h = np.arange(1, HOURS_PER_DAY, 2)
    usual = np.stack(
        [
            np.interp(solar_hour(time_utc, r.longitude_deg), nodes_h, d.by_two_hours, period=HOURS_PER_DAY)
            for r, d in zip(regions, demands, strict=True)
        ]
    )
    felt_c = smoothed(temperature_c, [d.memory_h for d in demands])
    heating = column(demands, lambda d: d.heating_per_k) * np.maximum(
        column(demands, lambda d: d.heating_below_c) - felt_c, 0
    )
    cooling = column(demands, lambda d: d.cooling_per_k) * np.maximum(
        felt_c - column(demands, lambda d: d.cooling_above_c), 0
    )
    weekend = np.stack([clock.weekday(local_hours(time_utc, r.longitude_deg)) >= 5 for r in regions])
    quiet = np.where(weekend, column(demands, lambda d: d.weekend), 1.0)
    own = noise(regions, "demand", len(time_utc), [_DEMAND_MEMORY_H] * len(regions), seed)
    share: FloatArray = (usual * quiet + heating + cooling) * np.exp(column(demands, lambda d: d.spread) * own)
    return share


def wind_share(
    regions: Sequence[Region], winds: Sequence[WindFarms], wind_speed_m_s: FloatArray, seed: int
) -> FloatArray:
    """(region, hour) output that the grid's turbines could give; the site's wind is (region, hour), without gaps.

    Source of the curve: quantiles of Irish wind generation 2018-21, whose logit is a line in normal scores.
    """
    relative = wind_speed_m_s / column(winds, lambda w: w.site_m_s)
    site = (smoothed(relative, [w.smoothing_h for w in winds]) - 1) / column(winds, lambda w: w.site_spread)
    elsewhere = noise(regions, "wind", wind_speed_m_s.shape[1], [w.own_h for w in winds], seed)
    gain = np.array([_spread_of_mean(w.smoothing_h, w.own_h) for w in winds])[:, None]
    elsewhere = smoothed(elsewhere, [w.smoothing_h for w in winds]) / gain
    share = column(winds, lambda w: w.site_share)
    score = share * site + np.sqrt(1 - share**2) * elsewhere
    output: FloatArray = column(winds, lambda w: w.capacity) * expit(
        column(winds, lambda w: w.level) + column(winds, lambda w: w.steepness) * score
    )
    return output


def full_sun_share(
    regions: Sequence[Region], temperature_c: FloatArray, clearness: FloatArray, time_utc: HourArray
) -> FloatArray:
    """(region, hour) output of panels over that at full sun and 25 degC of cell; clearness in (0, 1]."""
    heights = np.stack([sun_height(time_utc, r.latitude_deg, r.longitude_deg) for r in regions])
    sun: FloatArray = clearness * -np.expm1(-_PANEL_SATURATION * heights)
    too_warm_k = np.maximum(temperature_c + _CELL_RISE_K * sun - _CELL_REFERENCE_C, 0)
    return sun * (1 - _LOSS_PER_K * too_warm_k)


def hydro_share(hydros: Sequence[Hydro], demand: FloatArray, time_utc: HourArray) -> FloatArray:
    """(region, hour) the month's water, moved to where demand is above its mean."""
    water = Year.of(time_utc).along([hydro.by_month for hydro in hydros])
    output: FloatArray = water * np.maximum(1 + column(hydros, lambda h: h.follows) * (demand - 1), 0)
    return output


def _spread_of_mean(smoothing_h: float, memory_h: float) -> float:
    """Standard deviation of the exponential mean of unit noise: sqrt((1 - k)(1 + k p) / ((1 + k)(1 - k p)))."""
    keep, persist = np.exp(-1 / smoothing_h), np.exp(-1 / memory_h)
    return float(np.sqrt((1 - keep) * (1 + keep * persist) / ((1 + keep) * (1 - keep * persist))))


def _bridged(series: FloatArray, usual: float | FloatArray) -> FloatArray:
    bridged: FloatArray = np.where(np.isnan(series), usual, series)
    return bridged
