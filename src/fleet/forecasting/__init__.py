"""Point forecasts. To add one: a file here, a line below, a test beside the others."""

from collections.abc import Mapping

from fleet.forecasting.base import Forecaster, walk_forward
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.seasonal_naive import SeasonalNaive
from fleet.forecasting.series import Series

FORECASTERS: Mapping[str, type[Forecaster]] = {
    "seasonal_naive": SeasonalNaive,
    "ridge": Ridge,
}

__all__ = ["FORECASTERS", "Forecaster", "Series", "walk_forward"]
