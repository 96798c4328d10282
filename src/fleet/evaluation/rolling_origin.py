"""Rolling-origin forecasts and bands of one variable, scored against the actual values."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.conformal import BANDS
from fleet.conformal.build_bands import Residuals, bands_around, margins_for, two_sided_targets
from fleet.conformal.margins import MarginTarget
from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.quantiles import quantile_margins, quantile_targets
from fleet.evaluation.scores import RegionForecasts, RegionScores, score_region
from fleet.evaluation.splits import OriginSplit, reference_plan, walk_forward_plan
from fleet.evaluation.timed_forecaster import TimedForecaster
from fleet.forecasting import FORECASTERS, Forecaster, Series, walk_forward
from fleet.forecasting.base import Progress, one_thread
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual as actual_of
from fleet.units import FloatArray

# Lengths of job windows [h]. Each length below the horizon is scored with its own path band.
WINDOWS = (1, 3, 6, 12, 24)


@dataclass(frozen=True, kw_only=True)
class ScoredForecasts:
    """The forecasts of one region at the scored origins, with their scores.

    origin_utc: (origin,).
    forecast, actual, and the fields of bands: (origin, lead); a missing actual value is NaN.
    """

    region: str
    origin_utc: HourArray
    forecast: FloatArray
    actual: FloatArray
    bands: Bands
    scores: RegionScores

    def to_frame(self) -> pl.DataFrame:
        """Return a table with one row per origin and lead. A missing actual value is null."""
        origins, horizon = self.forecast.shape
        return pl.DataFrame(
            {
                "region": pl.repeat(self.region, origins * horizon, eager=True),
                "origin_utc": clock.to_series(np.repeat(self.origin_utc, horizon), "origin_utc"),
                "lead_h": np.tile(np.arange(1, horizon + 1), origins),
                "forecast": self.forecast.ravel(),
                "lower": self.bands.lower.ravel(),
                "upper": self.bands.upper.ravel(),
                "path_lower": self.bands.path_lower.ravel(),
                "path_upper": self.bands.path_upper.ravel(),
                "actual": self.actual.ravel(),
            }
        ).with_columns(pl.col("actual").fill_nan(None))


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The result of an evaluation.

    seconds: running time of "fit", "forecast" and "bands", all regions together.
    """

    protocol: Protocol
    regions: tuple[ScoredForecasts, ...]
    seconds: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as nested dictionaries, for JSON."""
        return {
            "target": self.protocol.target,
            "forecaster": self.protocol.forecaster,
            "bands": self.protocol.method,
            "confidence": self.protocol.confidence,
            "seconds": dict(self.seconds),
            "regions": {part.region: part.scores.as_dict() for part in self.regions},
        }

    def to_frame(self) -> pl.DataFrame:
        """Return a table with one row per region, origin and lead."""
        return pl.concat(part.to_frame() for part in self.regions)


def evaluate(
    telemetry: Telemetry,
    protocol: Protocol,
    *,
    outlooks: Outlooks | None = None,
    with_pit: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Forecast every region and score the forecasts.

    Each region is evaluated on the hours that its source covers, with the outlooks that were known at each origin.

    Args:
        telemetry: the observed values.
        protocol: the settings.
        outlooks: forecasts by others.
        with_pit: also score the calibration of quantiles (PIT), which takes longer.
        progress: called with the finished share, in (0, 1].
    Raises: DataError if the target is missing, or if the hours of a region have no origin to score.
    """
    telemetry.column(protocol.target)
    seconds = {"fit": 0.0, "forecast": 0.0, "bands": 0.0}
    parts = []
    for index, region in enumerate(telemetry.regions):
        region_progress = _progress_of(index, len(telemetry.regions), progress)
        region_telemetry = telemetry.own_span(region)
        parts.append(
            _evaluate_region(region_telemetry, protocol, outlooks, seconds, region_progress, with_pit=with_pit)
        )
    return Evaluation(protocol=protocol, regions=tuple(parts), seconds=seconds)


def _progress_of(index: int, regions: int, progress: Progress | None) -> Progress | None:
    """Return the progress of one region as a part of the whole progress."""
    if progress is None:
        return None
    return lambda share: progress((index + share) / regions)


def _evaluate_region(
    telemetry: Telemetry,
    protocol: Protocol,
    outlooks: Outlooks | None,
    seconds: dict[str, float],
    progress: Progress | None,
    *,
    with_pit: bool,
) -> ScoredForecasts:
    series = Series.of(telemetry, protocol.target, outlooks)
    try:
        plan = _plan(series, protocol)
    except DataError as error:
        raise DataError(f"region {telemetry.regions[0]}: {error}") from error
    forecaster = TimedForecaster(FORECASTERS[protocol.forecaster](horizon=protocol.horizon), seconds)
    residuals = Residuals(
        forecast=_forecast(forecaster, series, plan, progress),
        actual=actual_of(series, plan.origins, protocol.horizon),
        origin_utc=series.time_utc[plan.origins],
        age_h=series.age_h[:, plan.origins].T,
        since=int(np.argmax(plan.scored)),
    )
    started = time.perf_counter()
    targets = two_sided_targets(residuals, protocol.miscoverage) | _window_targets(protocol)
    targets |= quantile_targets() if with_pit else {}
    margin = margins_for(BANDS[protocol.method](), residuals, targets)
    seconds["bands"] += time.perf_counter() - started
    test = _region_forecasts(series, plan, protocol, residuals, margin, with_pit=with_pit)
    return ScoredForecasts(
        region=telemetry.regions[0],
        origin_utc=test.origin_utc,
        forecast=test.forecast,
        actual=test.actual,
        bands=test.bands,
        scores=score_region(test),
    )


def _region_forecasts(
    series: Series,
    plan: OriginSplit,
    protocol: Protocol,
    residuals: Residuals,
    margin: Mapping[str, FloatArray],
    *,
    with_pit: bool,
) -> RegionForecasts:
    """Return the forecasts, bands and actual values at the scored origins."""
    since = residuals.since
    origins = plan.origins[since:]
    forecast = residuals.forecast[since:, 0]
    before_test = series.observed[0, : origins[0] + 1]
    windows = {
        int(name): (forecast - margin[name][:, 0, 0], forecast + margin[name][:, 1, 0])
        for name in _window_targets(protocol)
    }
    return RegionForecasts(
        forecast=forecast,
        naive=same_hour(series.filled, origins, protocol.horizon)[:, 0],
        actual=residuals.actual[since:, 0],
        bands=bands_around(residuals, margin).of_region(0),
        origin_utc=series.time_utc[origins],
        climatology=(float(np.nanmin(before_test)), float(np.nanmax(before_test))),
        miscoverage=float(protocol.miscoverage),
        windows=windows,
        quantiles=forecast + quantile_margins(margin)[:, :, 0] if with_pit else None,
    )


def _window_targets(protocol: Protocol) -> dict[str, MarginTarget]:
    lengths = [length for length in WINDOWS if length < protocol.horizon]
    return {
        str(length): MarginTarget(side="both", miscoverage=protocol.miscoverage, window=length) for length in lengths
    }


def _plan(series: Series, protocol: Protocol) -> OriginSplit:
    first_known = int(series.first_known[0])
    if protocol.split == "reference":
        return reference_plan(series.time_utc, first_known=first_known, horizon=protocol.horizon, step=protocol.step)
    return walk_forward_plan(
        series.time_utc,
        first_known=first_known,
        horizon=protocol.horizon,
        step=protocol.step,
        test_start=protocol.test_start,
    )


def _forecast(forecaster: Forecaster, series: Series, plan: OriginSplit, progress: Progress | None) -> FloatArray:
    if plan.fit is None:
        return walk_forward(forecaster, series, plan.origins, progress=progress)
    with one_thread():
        return forecaster.learn(series, *plan.fit).frozen().predict(series, plan.origins)
