"""Forecasts the next hours of any column of telemetry, with bands."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, make_bands
from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.clock import Hour, HourArray
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Series, walk_forward
from fleet.forecasting.series import actual as actual_of
from fleet.units import HOURS_PER_DAY, FloatArray

# Hours of history before the first forecast that calibrates. At most a third of the known history is used for this.
_WARM_UP_H = 60 * HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class ForecastOptions:
    """How to forecast a column. The options are checked when they are made.

    Args:
        horizon: largest lead [h].
        confidence: confidence of the two-sided bands.
        forecaster: name in FORECASTERS.
        bands: name in BANDS.
    Raises: ConfigError for an unknown name, a horizon below 1 h or a confidence outside (0, 1).
    """

    horizon: int = 24
    confidence: float = 0.95
    forecaster: str = DEFAULT_FORECASTER
    bands: str = DEFAULT_BANDS

    def __post_init__(self) -> None:
        for name, catalogue, kind in ((self.forecaster, FORECASTERS, "forecaster"), (self.bands, BANDS, "bands")):
            if name not in catalogue:
                raise ConfigError(f"{kind} is {name!r}, expected one of {', '.join(catalogue)}")
        if self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}, expected at least 1 h")
        miscoverage_of(self.confidence)


@dataclass(frozen=True, kw_only=True)
class ColumnForecast:
    """Forecasts of one column. Arrays are (region, lead).

    Args:
        origin_utc: (region,) the origin of each region.
        bands: infinite where too few errors are known.
    """

    column: str
    regions: tuple[str, ...]
    origin_utc: HourArray
    forecast: FloatArray
    bands: Bands
    confidence: float

    def to_frame(self) -> pl.DataFrame:
        """Return a row per region and hour: region, time_utc, forecast, lower, upper, path_lower, path_upper."""
        horizon = self.forecast.shape[1]
        time_utc = self.origin_utc[:, None] + np.arange(1, horizon + 1)
        return pl.DataFrame(
            {
                "region": np.repeat(np.array(self.regions, dtype=np.str_), horizon),
                "time_utc": clock.to_series(time_utc.ravel(), "time_utc"),
                "forecast": self.forecast.ravel(),
                "lower": self.bands.lower.ravel(),
                "upper": self.bands.upper.ravel(),
                "path_lower": self.bands.path_lower.ravel(),
                "path_upper": self.bands.path_upper.ravel(),
            }
        )


def forecast_column(
    telemetry: Telemetry,
    column: str,
    options: ForecastOptions | None = None,
    *,
    at: Hour | None = None,
    outlooks: Outlooks | None = None,
) -> ColumnForecast:
    """Forecast a column in every region, from the hours up to an origin.

    Args:
        telemetry: the other columns are features of the forecast.
        at: the origin; by default each region's last hour.
        outlooks: forecasts by others; those issued after the origin's hour has ended are not used.
    Raises: DataError if the column is missing, if `at` is outside the hours of a region, or if a region has no full day
        of values before its origin.
    """
    options = options or ForecastOptions()
    telemetry.column(column)
    parts = [
        _forecast_region(telemetry.own_span(region), column, options, at, outlooks) for region in telemetry.regions
    ]
    forecast, bands, origins = zip(*parts, strict=True)
    names = ("lower", "upper", "path_lower", "path_upper")
    return ColumnForecast(
        column=column,
        regions=telemetry.regions,
        origin_utc=np.array(origins, dtype="datetime64[h]"),
        forecast=np.concatenate(forecast),
        bands=Bands(**{name: np.concatenate([getattr(band, name) for band in bands]) for name in names}),
        confidence=options.confidence,
    )


def _forecast_region(
    telemetry: Telemetry, column: str, options: ForecastOptions, at: Hour | None, outlooks: Outlooks | None
) -> tuple[FloatArray, Bands, Hour]:
    """Return the forecast (1, lead), the bands of the same shape, and the origin of telemetry with one region."""
    known = telemetry if at is None else telemetry.hours(0, telemetry.position(at) + 1)
    series = Series.of(known, column, outlooks)
    last, first_known = len(known.time_utc) - 1, int(series.first_known[0])
    if first_known >= last:
        raise DataError(
            f"{column} of region {known.regions[0]} has no full day of values before {clock.iso(known.time_utc[-1])}, "
            "expected at least two days; add earlier hours"
        )
    # Earlier origins are forecast too: their errors calibrate the bands of the last origin.
    origins = np.arange(first_known + min(_WARM_UP_H, (last - first_known) // 3), last + 1)
    forecaster = FORECASTERS[options.forecaster](horizon=options.horizon)
    residuals = Residuals(
        forecast=walk_forward(forecaster, series, origins),
        actual=actual_of(series, origins, options.horizon),
        origin_utc=series.time_utc[origins],
        age_h=series.age_h[:, origins].T,
        since=len(origins) - 1,
    )
    bands = make_bands(BANDS[options.bands](), residuals, miscoverage_of(options.confidence))
    return residuals.forecast[-1], bands.of_region(0), series.time_utc[-1]
