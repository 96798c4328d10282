"""Point forecasts. To add a forecaster, add a file here, a line in FORECASTERS and a test."""

from collections.abc import Mapping

from fleet.forecasting.base import Forecaster
from fleet.forecasting.blend import Blend
from fleet.forecasting.climatology import Climatology
from fleet.forecasting.persistence import Persistence
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.ridge_asinh import RidgeAsinh
from fleet.forecasting.seasonal_naive import SeasonalNaive
from fleet.forecasting.series import Series
from fleet.forecasting.walk import walk_forward
from fleet.forecasting.xgboost import XGBoost

FORECASTERS: Mapping[str, type[Forecaster]] = {
    "seasonal_naive": SeasonalNaive,
    "persistence": Persistence,
    "climatology": Climatology,
    "ridge": Ridge,
    "ridge_asinh": RidgeAsinh,
    "xgboost": XGBoost,
    "blend": Blend,
}
DEFAULT_FORECASTER = "blend"

__all__ = ["DEFAULT_FORECASTER", "FORECASTERS", "Forecaster", "Series", "walk_forward"]
