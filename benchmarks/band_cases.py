"""Real series with their forecasts, and what a band method measures on them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from conformal_methods import (
    Patches,
    ScaledSplit,
    patched,
)
from forecast_accuracy import HORIZON, series_of

from fleet.conformal import Tracker
from fleet.conformal.base import BandMethod
from fleet.conformal.build_bands import Residuals, make_bands, margins_for
from fleet.conformal.margins import MarginTarget
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.evaluation.scores import RegionForecasts, RegionScores, score_region
from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, walk_forward
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual
from fleet.units import FloatArray

MISCOVERAGE = Fraction(1, 20)


@dataclass(frozen=True, kw_only=True)
class Case:
    """The forecasts and the actual values of a series. Arrays are (origin, lead) at the scored origins."""

    residuals: Residuals
    forecast: FloatArray
    naive: FloatArray
    actual: FloatArray
    origin_utc: HourArray
    climatology: tuple[float, float]

    def scores(self, bands: Bands) -> RegionScores:
        """Return the scores that `fleet evaluate` computes."""
        return score_region(
            RegionForecasts(
                forecast=self.forecast,
                naive=self.naive,
                actual=self.actual,
                bands=bands,
                origin_utc=self.origin_utc,
                climatology=self.climatology,
                miscoverage=float(MISCOVERAGE),
                windows={},
            )
        )


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The measures of one method on one series. Widths are of origins at which both bands are finite."""

    coverage: float
    worst_block: float
    winkler: float
    infinite_share: float
    path_coverage: float
    hottest_path_coverage: float
    path_over_hour: float
    seconds: float


def case_of(data: Path, files: Sequence[str], target: str) -> Case:
    """Return a series with its forecasts, computed as in `fleet evaluate`."""
    series = series_of([data / f"{file}.parquet" for file in files], target, alone=False)
    first = int(series.first_known[0])
    plan = walk_forward_plan(series.time_utc, first_known=first, horizon=HORIZON, step=1, test_start=None)
    forecast = walk_forward(FORECASTERS[DEFAULT_FORECASTER](horizon=HORIZON), series, plan.origins)
    truth = actual(series, plan.origins, HORIZON)
    since = int(np.argmax(plan.scored))
    before = series.observed[0, : plan.origins[since] + 1]
    scored = plan.origins[since:]
    return Case(
        residuals=Residuals(
            forecast=forecast,
            actual=truth,
            origin_utc=series.time_utc[plan.origins],
            age_h=series.age_h[:, plan.origins].T,
            since=since,
        ),
        forecast=forecast[since:, 0],
        naive=same_hour(series.filled, scored, HORIZON)[:, 0],
        actual=truth[since:, 0],
        origin_utc=series.time_utc[scored],
        climatology=(float(np.nanmin(before)), float(np.nanmax(before))),
    )


def measured(case: Case, method: BandMethod) -> Measures:
    """Return the measures of both bands of a method."""
    started = time.perf_counter()
    bands = make_bands(method, case.residuals, MISCOVERAGE).of_region(0)
    seconds = time.perf_counter() - started
    scores = case.scores(bands)
    return Measures(
        coverage=scores.coverage,
        worst_block=scores.worst_block_coverage,
        winkler=scores.winkler,
        infinite_share=scores.infinite_share,
        path_coverage=scores.path_coverage,
        hottest_path_coverage=scores.path_reliability.hottest.share,
        path_over_hour=scores.path_reliability.width_ratio,
        seconds=seconds,
    )


def hours_alone(case: Case, kind: Callable[[], BandMethod], patches: Patches) -> RegionScores:
    """Return the scores of the hourly bands under some patches. Path bands are left out."""
    with patched(patches):
        margin = hour_margin(case, kind(), MISCOVERAGE)
    return case.scores(bands_of(case, margin, margin))


def hour_margin(case: Case, method: BandMethod, miscoverage: Fraction) -> FloatArray:
    """Return the (origin, side, lead) margins that hold for each hour by itself."""
    promise = {"hour": MarginTarget(side="both", miscoverage=miscoverage)}
    return margins_for(method, case.residuals, promise)["hour"][:, :, 0]


def bonferroni_of(case: Case) -> tuple[float, float]:
    """Return the width, relative to the default's hourly band, and the coverage of Bonferroni's path band."""
    default = hour_margin(case, Tracker(), MISCOVERAGE)
    margin = hour_margin(case, ScaledSplit(), MISCOVERAGE / HORIZON)
    scores = case.scores(bands_of(case, default, margin))
    return scores.path_reliability.width_ratio, scores.path_coverage


def bands_of(case: Case, hour: FloatArray, path: FloatArray) -> Bands:
    """Return the bands that (origin, side, lead) margins give."""
    return Bands(
        lower=case.forecast - hour[:, 0],
        upper=case.forecast + hour[:, 1],
        path_lower=case.forecast - path[:, 0],
        path_upper=case.forecast + path[:, 1],
    )
