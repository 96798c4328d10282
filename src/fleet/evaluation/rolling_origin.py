"""Rolling-origin forecasts and bands of one variable, scored against what came true."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import polars as pl

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, around, both_promises, promised
from fleet.conformal.margins import Promise
from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.clock import Hour, HourArray
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.evaluation.quantiles import quantile_margins, quantile_promises
from fleet.evaluation.scores import RegionScores, score_region
from fleet.evaluation.splits import SPLITS, OriginSplit, reference_plan, walk_forward_plan
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Forecaster, Series, walk_forward
from fleet.forecasting.base import Positions, Progress, one_thread
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual as actual_of
from fleet.units import FloatArray

# Windows of shorter jobs than the horizon, each with a path bound of its own.
WINDOWS = (1, 3, 6, 12, 24)


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is evaluated, and how. Checked when made.

    bands: left empty, the default method, and `split` for the reference split, whose November is too short for another.
    """

    target: str
    forecaster: str = DEFAULT_FORECASTER
    bands: str = ""
    confidence: float = 0.95
    horizon: int = 24
    step: int = 1
    split: str = "walk-forward"
    test_start: Hour | None = None

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.forecaster, tuple(FORECASTERS), "forecaster"),
            (self.method, tuple(BANDS), "bands"),
            (self.split, SPLITS, "split"),
        ):
            if value not in known:
                raise ConfigError(f"{what} is {value!r}, expected one of {', '.join(known)}")
        if self.horizon < 1 or self.step < 1:
            raise ConfigError(f"horizon {self.horizon} and step {self.step} must be at least 1 h")
        if self.split == "reference" and self.test_start is not None:
            raise ConfigError("the reference split always tests December; leave the test's start out")
        miscoverage_of(self.confidence)

    @property
    def method(self) -> str:
        """The bands' name."""
        return self.bands or ("split" if self.split == "reference" else DEFAULT_BANDS)

    @property
    def miscoverage(self) -> Fraction:
        return miscoverage_of(self.confidence)

    @property
    def scores_needed(self) -> int:
        """Known scores without which a bound of an hour is infinite."""
        return BANDS[self.method]().scores_needed(self.miscoverage / 2, self.step)


@dataclass(frozen=True, kw_only=True)
class ScoredForecasts:
    """The scored part of one region. Arrays are (origin, lead)."""

    region: str
    origin_utc: HourArray
    forecast: FloatArray
    actual: FloatArray
    bands: Bands
    scores: RegionScores

    def to_frame(self) -> pl.DataFrame:
        """One row per origin and lead, gaps included as null."""
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
    """Everything `fleet evaluate` shows and writes."""

    protocol: Protocol
    regions: tuple[ScoredForecasts, ...]
    seconds: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON."""
        return {
            "target": self.protocol.target,
            "forecaster": self.protocol.forecaster,
            "bands": self.protocol.method,
            "confidence": self.protocol.confidence,
            "seconds": dict(self.seconds),
            "regions": {part.region: part.scores.as_dict() for part in self.regions},
        }

    def to_frame(self) -> pl.DataFrame:
        return pl.concat(part.to_frame() for part in self.regions)


def evaluate(
    telemetry: Telemetry,
    protocol: Protocol,
    *,
    outlooks: Outlooks | None = None,
    with_pit: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Score every region on its own span of the telemetry, with the outlooks that were known at each origin.

    Args:
        with_pit: also track quantiles by the same method and see where the actuals fall among them, which takes longer.
    Raises: DataError if the target is missing, or a region's span holds no origin to score.
    """
    telemetry.column(protocol.target)
    seconds = {"fit": 0.0, "forecast": 0.0, "bands": 0.0}
    parts = []
    for index, region in enumerate(telemetry.regions):
        share = _share_of(progress, index, len(telemetry.regions))
        own = telemetry.own_span(region)
        parts.append(_evaluate_region(own, protocol, outlooks, seconds, share, with_pit=with_pit))
    return Evaluation(protocol=protocol, regions=tuple(parts), seconds=seconds)


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
    forecaster = _Timed(FORECASTERS[protocol.forecaster](horizon=protocol.horizon), seconds)
    forecast = _forecast(forecaster, series, plan, progress)
    actual = actual_of(series, plan.origins, protocol.horizon)
    started = time.perf_counter()
    since = int(np.argmax(plan.scored))
    residuals = Residuals(
        forecast=forecast,
        actual=actual,
        origin_utc=series.time_utc[plan.origins],
        age_h=series.age_h[:, plan.origins].T,
        since=since,
    )
    asked = both_promises(residuals, protocol.miscoverage) | _windows(protocol)
    asked |= quantile_promises() if with_pit else {}
    margin = promised(BANDS[protocol.method](), residuals, asked)
    bands = around(residuals, margin).of_region(0)
    seconds["bands"] += time.perf_counter() - started
    before = series.observed[0, : plan.origins[since] + 1]
    origins, forecast, actual = plan.origins[since:], forecast[since:, 0], actual[since:, 0]
    windows = {
        int(name): (forecast - margin[name][:, 0, 0], forecast + margin[name][:, 1, 0]) for name in _windows(protocol)
    }
    return ScoredForecasts(
        region=telemetry.regions[0],
        origin_utc=series.time_utc[origins],
        forecast=forecast,
        actual=actual,
        bands=bands,
        scores=score_region(
            forecast=forecast,
            naive=same_hour(series.filled, origins, protocol.horizon)[:, 0],
            actual=actual,
            bands=bands,
            origin_utc=series.time_utc[origins],
            climatology=(float(np.nanmin(before)), float(np.nanmax(before))),
            miscoverage=float(protocol.miscoverage),
            windows=windows,
            quantiles=forecast + quantile_margins(margin)[:, :, 0] if with_pit else None,
        ),
    )


def _windows(protocol: Protocol) -> dict[str, Promise]:
    lengths = [length for length in WINDOWS if length < protocol.horizon]
    return {str(length): Promise(side="both", miscoverage=protocol.miscoverage, window=length) for length in lengths}


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


def _share_of(progress: Progress | None, index: int, count: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress((index + share) / count)


class _Timed(Forecaster):
    """A forecaster that adds the seconds of its two verbs to a tally."""

    def __init__(self, inner: Forecaster, seconds: dict[str, float]) -> None:
        super().__init__(horizon=inner.horizon)
        self._inner = inner
        self._seconds = seconds

    def learn(self, series: Series, start: int, stop: int) -> Self:
        started = time.perf_counter()
        wiser = type(self)(self._inner.learn(series, start, stop), self._seconds)
        self._seconds["fit"] += time.perf_counter() - started
        return wiser

    def frozen(self) -> Self:
        return type(self)(self._inner.frozen(), self._seconds)

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        started = time.perf_counter()
        forecast = self._inner.predict(series, origins)
        self._seconds["forecast"] += time.perf_counter() - started
        return forecast
