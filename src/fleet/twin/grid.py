"""Carbon intensity and price of a grid: what sun and wind leave for thermal plants to carry."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.special import expit

from fleet.domain.clock import HourArray
from fleet.domain.region import Region
from fleet.twin.almanac import by_month, solar_hour, sun_height
from fleet.twin.noise import red_noise, stream
from fleet.twin.weather import Weather
from fleet.units import HOURS_PER_DAY, FloatArray

_CLOUD_MEMORY_H = 20.0
_PRICE_MEMORY_H = 12.0
_WIND_STEEPNESS_M_S = 1.3


@dataclass(frozen=True, kw_only=True)
class GridMix:
    """A grid in shares of its mean demand.

    demand_by_month: relative to the mean; demand_swing: half the way from night to evening, at `demand_peak_hour`.
    firm: output without carbon that never varies; solar, wind: output at full sun and full wind.
    cloud: relative spread of solar output from day to day.
    half_wind_m_s: local wind that gives half of full output; wind_smoothing_h: over a grid wider than the site.
    least_thermal: what thermal plants never go below; sun and wind beyond it are curtailed.
    thermal_g_per_kwh: of thermal plants, with a relative spread and the hours it lasts (outages, fuel switching).
    price_usd_per_mwh at `usual_thermal` output; price_slope: relative change per relative change of thermal output.
    """

    demand_by_month: tuple[float, ...]
    demand_swing: float
    demand_peak_hour: float
    firm: float
    solar: float
    cloud: float
    wind: float
    half_wind_m_s: float
    wind_smoothing_h: float
    least_thermal: float
    thermal_g_per_kwh: float
    thermal_spread: float
    thermal_memory_h: float
    usual_thermal: float
    price_usd_per_mwh: float
    price_slope: float
    price_spread: float


# Tuned to the mean, spread, persistence and hours of the day of life-cycle intensities of 2022 from Electricity Maps,
# not to what each fuel supplied. Prices are assumptions: levels of Palo Verde, the Irish market and the mountains.
GRIDS: Mapping[str, GridMix] = {
    "azps": GridMix(
        demand_by_month=(0.96, 0.88, 0.80, 0.83, 0.95, 1.10, 1.22, 1.22, 1.14, 0.96, 0.94, 1.00),
        demand_swing=0.07,
        demand_peak_hour=20.0,
        firm=0.27,
        solar=0.19,
        cloud=0.15,
        wind=0.05,
        half_wind_m_s=4.0,
        wind_smoothing_h=6.0,
        least_thermal=0.15,
        thermal_g_per_kwh=690.0,
        thermal_spread=0.07,
        thermal_memory_h=120.0,
        usual_thermal=0.65,
        price_usd_per_mwh=42.0,
        price_slope=2.2,
        price_spread=0.15,
    ),
    "ie": GridMix(
        demand_by_month=(1.08, 1.07, 1.03, 0.98, 0.95, 0.93, 0.93, 0.93, 0.96, 1.0, 1.06, 1.08),
        demand_swing=0.1,
        demand_peak_hour=17.0,
        firm=0.04,
        solar=0.02,
        cloud=0.3,
        wind=0.74,
        half_wind_m_s=5.8,
        wind_smoothing_h=6.0,
        least_thermal=0.2,
        thermal_g_per_kwh=640.0,
        thermal_spread=0.05,
        thermal_memory_h=100.0,
        usual_thermal=0.62,
        price_usd_per_mwh=120.0,
        price_slope=0.7,
        price_spread=0.15,
    ),
    "wacm": GridMix(
        demand_by_month=(1.02, 1.0, 0.96, 0.92, 0.93, 1.02, 1.12, 1.1, 1.0, 0.95, 0.97, 1.01),
        demand_swing=0.06,
        demand_peak_hour=17.0,
        firm=0.08,
        solar=0.05,
        cloud=0.2,
        wind=0.21,
        half_wind_m_s=5.5,
        wind_smoothing_h=2.0,
        least_thermal=0.3,
        thermal_g_per_kwh=930.0,
        thermal_spread=0.06,
        thermal_memory_h=60.0,
        usual_thermal=0.8,
        price_usd_per_mwh=40.0,
        price_slope=1.2,
        price_spread=0.15,
    ),
}


def make_grid(
    region: Region, mix: GridMix, weather: Weather, time_utc: HourArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """(hour,) carbon intensity [g/kWh] and (hour,) price [USD/MWh], from the same thermal output.

    Assumes: the site's wind, smoothed, stands for that of its grid.
    """
    phase = 2 * np.pi * (solar_hour(time_utc, region.longitude_deg) - mix.demand_peak_hour) / HOURS_PER_DAY
    demand = by_month(mix.demand_by_month, time_utc) * (1 + mix.demand_swing * np.cos(phase))

    def wander(name: str, memory_h: float) -> FloatArray:
        return red_noise(stream(seed, region.id, "grid", name), (len(time_utc),), memory_h)

    sky = np.clip(1 - mix.cloud * np.abs(wander("cloud", _CLOUD_MEMORY_H)), 0, 1)
    solar = mix.solar * sky * sun_height(time_utc, region.latitude_deg, region.longitude_deg)
    wind = mix.wind * expit(
        (_smoothed(weather.wind_speed_m_s, mix.wind_smoothing_h) - mix.half_wind_m_s) / _WIND_STEEPNESS_M_S
    )
    thermal = np.maximum(demand - mix.firm - solar - wind, mix.least_thermal * demand)

    intensity = mix.thermal_g_per_kwh * np.exp(mix.thermal_spread * wander("thermal", mix.thermal_memory_h))
    carbon = intensity * thermal / demand
    tightness = 1 + mix.price_slope * (thermal / mix.usual_thermal - 1)
    price = mix.price_usd_per_mwh * tightness * np.exp(mix.price_spread * wander("price", _PRICE_MEMORY_H))
    return carbon, price


def _smoothed(series: FloatArray, memory_h: float) -> FloatArray:
    """Trailing exponential mean, started at the first value."""
    keep = np.exp(-1 / memory_h)
    smooth, _ = lfilter([1 - keep], [1, -keep], series, zi=[keep * series[0]])
    return np.asarray(smooth)
