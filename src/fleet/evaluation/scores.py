"""Scores of the forecasts and bands of one region. Hours without an actual value are not scored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.evaluation.covered import covered, path_covered
from fleet.evaluation.intervals import Rate
from fleet.evaluation.quantiles import pit
from fleet.evaluation.reliability import PathReliability, Reliability
from fleet.units import HOURS_PER_DAY, FloatArray

BLOCK_ORIGINS = 500


@dataclass(frozen=True, kw_only=True)
class RegionForecasts:
    """The forecasts and bands of one region at the scored origins, with the actual values.

    forecast, actual: (origin, lead); NaN where an actual value is missing.
    naive: (origin, lead) forecast that repeats the latest known day.
    bands: two-sided bands, (origin, lead).
    origin_utc: (origin,) in time order.
    climatology: lowest and highest value known before the test.
    miscoverage: miscoverage of the two-sided bands.
    windows: number of first leads -> (origin, lead) lower and upper path bound that holds for these leads. The path
        band of the whole horizon is in `bands`.
    quantiles: (level, origin, lead) quantiles around the forecast, with evenly spaced levels; None skips their
        calibration.
    """

    forecast: FloatArray
    naive: FloatArray
    actual: FloatArray
    bands: Bands
    origin_utc: HourArray
    climatology: tuple[float, float]
    miscoverage: float
    windows: Mapping[int, tuple[FloatArray, FloatArray]]
    quantiles: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class RegionScores:
    """The scores of one region. A score is NaN if nothing could be scored.

    Names that end in `_by_lead` are lists by lead; in `_by_hour`, by the UTC hour of the target. Other scores are over
    all leads. Names that begin with `naive_` belong to the naive forecast.

    origins: number of scored origins.
    scored, gaps: number of forecasts with and without an actual value.
    mae: mean absolute error.
    mape: mean absolute error over the absolute actual value [%]; NaN if an actual value is 0.
    coverage: share of actual values inside the hourly band. An infinite band contains every value.
    mean_width_by_lead, winkler: computed with the range observed before the test in place of an infinite bound.
    infinite_share, path_infinite_share: share of forecasts with an infinite bound, and with an infinite path bound.
    finite_coverage: coverage of the hourly bands with finite bounds.
    worst_block_coverage: lowest coverage of a block of BLOCK_ORIGINS consecutive origins.
    path_coverage: share of origins whose actual values are inside the path band at all leads.
    pit: share of actual values in each bin between the quantiles; None if no quantiles were given.
    """

    origins: int
    scored: int
    gaps: int
    mae: float
    mape: float
    mae_by_lead: list[float]
    rmse_by_lead: list[float]
    coverage: float
    coverage_by_lead: list[float]
    mean_width_by_lead: list[float]
    winkler: float
    winkler_by_lead: list[float]
    infinite_share: float
    finite_coverage: float
    path_infinite_share: float
    worst_block_coverage: float
    path_coverage: float
    naive_mae: float
    naive_mae_by_lead: list[float]
    mae_by_hour: list[float]
    naive_mae_by_hour: list[float]
    reliability: Reliability
    path_reliability: PathReliability
    pit: Sequence[Rate] | None

    def as_dict(self) -> Mapping[str, Any]:
        """Return the scores as nested dictionaries, for JSON."""
        return asdict(self)


def score_region(test: RegionForecasts) -> RegionScores:
    """Return the scores of one region's forecasts and bands."""
    actual, bands = test.actual, test.bands
    is_known = np.isfinite(actual)
    error = np.where(is_known, actual - test.forecast, np.nan)
    naive_error = np.abs(np.where(is_known, actual - test.naive, np.nan))
    hour = clock.hour_of_day(test.origin_utc[:, None] + np.arange(1, actual.shape[1] + 1) * np.timedelta64(1, "h"))
    is_covered = covered(actual, bands.lower, bands.upper)
    is_path_covered = path_covered(actual, bands.path_lower, bands.path_upper)
    is_infinite = ~(np.isfinite(bands.lower) & np.isfinite(bands.upper))
    width, winkler = _width_and_winkler(test)
    return RegionScores(
        origins=len(actual),
        scored=int(is_known.sum()),
        gaps=int((~is_known).sum()),
        mae=_mean(np.abs(error)),
        mape=float("nan") if (actual == 0).any() else 100 * _mean(np.abs(error) / np.abs(actual)),
        mae_by_lead=_by_lead(np.abs(error)),
        rmse_by_lead=[float(np.sqrt(value)) for value in _by_lead(error**2)],
        coverage=_mean(is_covered),
        coverage_by_lead=_by_lead(is_covered),
        mean_width_by_lead=_by_lead(width),
        winkler=_mean(winkler),
        winkler_by_lead=_by_lead(winkler),
        infinite_share=float(is_infinite.mean()),
        finite_coverage=_mean(np.where(is_infinite, np.nan, is_covered)),
        path_infinite_share=float((~np.isfinite(bands.path_upper - bands.path_lower)).mean()),
        worst_block_coverage=_worst_block(is_covered),
        path_coverage=_mean(is_path_covered),
        naive_mae=_mean(naive_error),
        naive_mae_by_lead=_by_lead(naive_error),
        mae_by_hour=_by_hour(np.abs(error), hour),
        naive_mae_by_hour=_by_hour(naive_error, hour),
        reliability=Reliability.of(is_covered, test.forecast, test.origin_utc),
        path_reliability=_path_reliability(test, is_path_covered),
        pit=None if test.quantiles is None else pit(actual, test.quantiles, test.origin_utc),
    )


def _width_and_winkler(test: RegionForecasts) -> tuple[FloatArray, FloatArray]:
    """Return the width and the Winkler score of each band, (origin, lead); NaN where the actual value is missing.

    The climatological range replaces an infinite bound.

    Source: Winkler 1972: width + 2 / miscoverage x distance of the actual value from the band.
    """
    actual, bands = test.actual, test.bands
    lower = np.where(np.isfinite(bands.lower), bands.lower, test.climatology[0])
    upper = np.where(np.isfinite(bands.upper), bands.upper, np.maximum(test.climatology[1], lower))
    lower = np.minimum(lower, upper)
    width = np.where(np.isfinite(actual), upper - lower, np.nan)
    excess = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    return width, width + 2 / test.miscoverage * excess


def _path_reliability(test: RegionForecasts, is_path_covered: FloatArray) -> PathReliability:
    horizon = test.actual.shape[1]
    by_window = {
        window: path_covered(test.actual[:, :window], lower[:, :window], upper[:, :window])
        for window, (lower, upper) in test.windows.items()
    }
    return PathReliability.of(
        is_path_covered,
        by_window | {horizon: is_path_covered},
        test.forecast,
        test.origin_utc,
        width_ratio=_width_ratio(test.bands),
    )


def _width_ratio(bands: Bands) -> float:
    """Return mean width of the path band / mean width of the hourly band, where both are finite."""
    path_width, hour_width = bands.path_upper - bands.path_lower, bands.upper - bands.lower
    is_finite = np.isfinite(path_width) & np.isfinite(hour_width)
    total_hour_width = float(hour_width[is_finite].sum())
    return float(path_width[is_finite].sum()) / total_hour_width if total_hour_width else float("nan")


def _mean(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _by_lead(values: FloatArray) -> list[float]:
    return [_mean(values[:, lead]) for lead in range(values.shape[1])]


def _by_hour(values: FloatArray, hour: NDArray[np.int64]) -> list[float]:
    return [_mean(values[hour == hour_of_day]) for hour_of_day in range(HOURS_PER_DAY)]


def _worst_block(is_covered: FloatArray) -> float:
    """Return the lowest coverage of a block of BLOCK_ORIGINS consecutive origins, all leads together.

    Blocks do not overlap. An incomplete last block is left out, unless it is the only one.
    """
    full_blocks = len(is_covered) // BLOCK_ORIGINS
    whole = is_covered[: full_blocks * BLOCK_ORIGINS]
    blocks = np.split(whole, full_blocks) if full_blocks else [is_covered]
    coverages = [_mean(block) for block in blocks]
    return min((coverage for coverage in coverages if np.isfinite(coverage)), default=float("nan"))
