"""Forecast skill: the sizes of forecast errors, for a place's weather and its grid's wind and solar output."""

from collections.abc import Mapping
from dataclasses import dataclass

Monthly = tuple[float, ...]
ByLead = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class ForecastSkill:
    """Sizes of forecast errors. An error is forecast minus outcome.

    The four values of a `ByLead` belong to nominal leads of 12, 24, 36 and 48 h to the afternoon.

    temperature_rmse_k: root mean square error [K] of daily highs, over the months of the records.
    season: factor of that error, per month, so that a recorded month has its own error in the twin's weather.
    mean_error: mean error on a day that is usual for the season, as a share of the root mean square error.
    warm_shortfall: decrease of the mean error per standard deviation of warm anomaly, as a share of the root mean
        square error.
    cold_excess: increase of the mean error per standard deviation of cold anomaly, as a share of the root mean square
        error.
    cold_surprise: relative growth of the errors' standard deviation, per standard deviation of cold anomaly beyond the
        first.
    spells: errors are multiplied by a scale that varies over days. This is the standard deviation of the logarithm of
        the scale; 0 gives Gaussian errors.
    dew_point_rmse_k, wind_speed_rmse_m_s: root mean square errors.
    wind_power_rmse, solar_power_rmse: root mean square errors of the grid's output, as shares of the largest output so
        far. The solar value is for noon.
    """

    temperature_rmse_k: ByLead
    season: Monthly
    mean_error: float
    warm_shortfall: float
    cold_excess: float
    cold_surprise: float
    spells: float
    dew_point_rmse_k: ByLead
    wind_speed_rmse_m_s: ByLead
    wind_power_rmse: ByLead
    solar_power_rmse: ByLead


# Temperature in Phoenix and Cheyenne: fitted with `twin_study.fit.skill` to errors of the US weather service's
# forecasts of daily highs, February to October 2021. November to January are interpolated between October and February.
# Temperature in Dublin: 95 % of the Met Office's highs of the first day are within 2 K (its published 36 months), which
# is an RMSE of 2 / 1.96 = 1.02 K. The growth with lead is that of all 83 US cities. Dublin's other values are assumed.
# Wind power: mean absolute errors of 4.4 % of capacity for Germany, 8.2 % for Denmark, 11.4 % for one Irish farm (Lang
# et al. 2006), so about 11 % RMSE for a zone of Denmark's size. Wider and newer zones have smaller errors (Germany 3.4
# to 4.5 %, ZSW 2014).
# Solar power: 10 to 14 % RMSE for one plant (Larson et al. 2016), 2.9 % for Germany, including nights.
# Assumed: dew point, wind speed, and the growth of power errors with lead.
SKILLS: Mapping[str, ForecastSkill] = {
    "phoenix": ForecastSkill(
        temperature_rmse_k=(1.25, 1.31, 1.47, 1.52),
        season=(0.86, 0.96, 0.98, 0.62, 0.59, 1.16, 2.0, 0.82, 1.06, 0.63, 0.7, 0.78),
        mean_error=0.0,
        warm_shortfall=0.25,
        cold_excess=0.7,
        cold_surprise=2.2,
        spells=0.42,
        dew_point_rmse_k=(2.2, 2.4, 2.7, 2.9),
        wind_speed_rmse_m_s=(1.2, 1.25, 1.3, 1.35),
        wind_power_rmse=(0.08, 0.09, 0.1, 0.11),
        solar_power_rmse=(0.06, 0.065, 0.07, 0.075),
    ),
    "cheyenne": ForecastSkill(
        temperature_rmse_k=(1.8, 1.92, 2.02, 2.02),
        season=(1.4, 1.72, 1.0, 0.93, 1.3, 0.75, 0.79, 0.79, 0.78, 1.13, 1.25, 1.35),
        mean_error=-0.08,
        warm_shortfall=0.25,
        cold_excess=0.55,
        cold_surprise=0.3,
        spells=0.42,
        dew_point_rmse_k=(2.0, 2.2, 2.4, 2.5),
        wind_speed_rmse_m_s=(1.9, 2.0, 2.1, 2.2),
        wind_power_rmse=(0.09, 0.1, 0.11, 0.12),
        solar_power_rmse=(0.07, 0.075, 0.08, 0.085),
    ),
    "dublin": ForecastSkill(
        temperature_rmse_k=(1.02, 1.14, 1.24, 1.33),
        season=(1.04,) * 12,
        mean_error=0.0,
        warm_shortfall=0.35,
        cold_excess=0.35,
        cold_surprise=0.3,
        spells=0.4,
        dew_point_rmse_k=(1.2, 1.35, 1.5, 1.6),
        wind_speed_rmse_m_s=(1.3, 1.4, 1.5, 1.6),
        wind_power_rmse=(0.08, 0.09, 0.1, 0.11),
        solar_power_rmse=(0.07, 0.075, 0.08, 0.085),
    ),
}
