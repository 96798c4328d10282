"""Demand, and output of wind, sun and water before dispatch, as shares of the grid's mean demand."""

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
_SATURDAY = 5
_USUAL_TEMPERATURE_C = 15.0
# Panels follow the sun and are larger than their inverters, so their output is flat from mid-morning to mid-afternoon.
# In the hours that begin at 6, 7 and 8 h, the panels of Tucson give 16, 50 and 82 % of their output at noon.
_PANEL_SATURATION = 3.0
# Crystalline silicon loses 0.4 % per kelvin of the cell above 25 degC. In full sun cells are 25 K warmer than the air
# (Ross 1976).
_LOSS_PER_K = 0.004
_CELL_REFERENCE_C = 25.0
_CELL_RISE_K = 25.0


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Demand and output before any plant is dispatched, (region, hour), as shares of the grid's mean demand.

    wind, solar: output that turbines and panels could give.
    full_sun: output of panels over their output at full sun.
    hydro: output of hydro power.
    """

    demand: FloatArray
    wind: FloatArray
    full_sun: FloatArray
    solar: FloatArray
    hydro: FloatArray


def supply_of(
    regions: Sequence[Region], mixes: Sequence[GridMix], weather: TwinWeather, time_utc: HourArray, seed: int
) -> Supply:
    """Return demand and output under the weather.

    Usual weather fills the gaps, because one unknown hour would make all later exponential means unknown.

    Args: as for `make_grid`.
    """
    winds = [mix.wind for mix in mixes]
    temperature = _filled(weather.temperature_c, _USUAL_TEMPERATURE_C)
    speed = _filled(weather.wind_speed_m_s, column(winds, lambda w: w.site_m_s))
    demand = demand_share(regions, [mix.demand for mix in mixes], temperature, time_utc, seed)
    full_sun = full_sun_share(regions, temperature, _filled(weather.clearness, 1.0), time_utc)
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
    """Return the demand over its long-term mean, (region, hour).

    Args:
        regions, demands: one table per region.
        temperature_c: (region, hour) without gaps.
        time_utc: (hour,).
        seed: seed of the twin.
    Source: regressions of the demand of Tucson Electric Power 2023-24 and EirGrid 2018-21 on hour, weekend and
        temperature.
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
    is_weekend = np.stack([clock.weekday(local_hours(time_utc, r.longitude_deg)) >= _SATURDAY for r in regions])
    by_day = np.where(is_weekend, column(demands, lambda d: d.weekend), 1.0)
    unexplained = noise(regions, "demand", len(time_utc), [_DEMAND_MEMORY_H] * len(regions), seed)
    share: FloatArray = (usual * by_day + heating + cooling) * np.exp(column(demands, lambda d: d.spread) * unexplained)
    return share


def wind_share(
    regions: Sequence[Region], winds: Sequence[WindFarms], wind_speed_m_s: FloatArray, seed: int
) -> FloatArray:
    """Return the output that the grid's turbines could give, (region, hour).

    Args:
        regions, winds: one table per region.
        wind_speed_m_s: (region, hour) wind at the site, without gaps.
        seed: seed of the twin.
    Source: quantiles of Irish wind generation 2018-21; their logit is linear in normal scores.
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
    """Return the output of panels over their output at full sun with cells of 25 degC, (region, hour).

    Args:
        regions: their latitude and longitude give the sun's height.
        temperature_c: (region, hour) without gaps.
        clearness: (region, hour) in (0, 1], without gaps.
        time_utc: (hour,).
    """
    heights = np.stack([sun_height(time_utc, r.latitude_deg, r.longitude_deg) for r in regions])
    sun: FloatArray = clearness * -np.expm1(-_PANEL_SATURATION * heights)
    excess_k = np.maximum(temperature_c + _CELL_RISE_K * sun - _CELL_REFERENCE_C, 0)
    return sun * (1 - _LOSS_PER_K * excess_k)


def hydro_share(hydros: Sequence[Hydro], demand: FloatArray, time_utc: HourArray) -> FloatArray:
    """Return hydro output, (region, hour): more of the month's water is used in hours with a high demand.

    Args:
        hydros: one table per region.
        demand: (region, hour) over its long-term mean.
        time_utc: (hour,).
    """
    water = Year.of(time_utc).interpolate([hydro.by_month for hydro in hydros])
    output: FloatArray = water * np.maximum(1 + column(hydros, lambda h: h.follows) * (demand - 1), 0)
    return output


def _spread_of_mean(smoothing_h: float, memory_h: float) -> float:
    """Return the standard deviation of the exponential mean of noise of unit variance.

    It is sqrt((1 - k)(1 + k p) / ((1 + k)(1 - k p))), with k and p the coefficients of the mean and of the noise.
    """
    k, p = np.exp(-1 / smoothing_h), np.exp(-1 / memory_h)
    return float(np.sqrt((1 - k) * (1 + k * p) / ((1 + k) * (1 - k * p))))


def _filled(series: FloatArray, usual: float | FloatArray) -> FloatArray:
    filled: FloatArray = np.where(np.isnan(series), usual, series)
    return filled
