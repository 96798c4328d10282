"""How good forecasts and bands were, from what came true. Missing actuals never score."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import PathReliability, Reliability, all_held, each_held, pit
from fleet.units import HOURS_PER_DAY, FloatArray

BLOCK_ORIGINS = 500


@dataclass(frozen=True, kw_only=True)
class RegionScores:
    """The scores of one region. Lists are by lead, or by the target's hour of UTC; NaN where nothing could be scored.

    `scored` forecasts had an actual, `gaps` had none. Widths and Winkler scores take an infinite bound as the
    climatological range; coverage takes it as infinite, `infinite_share` says how often that was, `finite_coverage`
    what the others covered, and `path_infinite_share` how often a path bound was, which covers whatever comes.
    `pit` is None where no quantiles were asked for.
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
        return asdict(self)


def score_region(
    *,
    forecast: FloatArray,
    naive: FloatArray,
    actual: FloatArray,
    bands: Bands,
    origin_utc: HourArray,
    climatology: tuple[float, float],
    miscoverage: float,
    windows: Mapping[int, tuple[FloatArray, FloatArray]],
    quantiles: FloatArray | None = None,
) -> RegionScores:
    """The scores of one region's test.

    Args:
        forecast, naive, actual: (origin, lead); an unknown actual is NaN.
        bands: of the same shape.
        origin_utc: (origin,) in time order.
        climatology: the lowest and highest value known before the test.
        miscoverage: of the bands, two-sided.
        windows: hours -> (origin, lead) lower and upper bound of all of so many first leads at once, infinite after;
            the bands' own path is that of the whole horizon.
        quantiles: (level, origin, lead) of the forecast, levels evenly spaced; None draws no picture of them.
    """
    hour = clock.hour_of_day(origin_utc[:, None] + np.arange(1, forecast.shape[1] + 1) * np.timedelta64(1, "h"))
    known = np.isfinite(actual)
    error = np.where(known, actual - forecast, np.nan)
    naive_error = np.abs(np.where(known, actual - naive, np.nan))
    covered = each_held(actual, bands.lower, bands.upper)
    lower = np.where(np.isfinite(bands.lower), bands.lower, climatology[0])
    upper = np.where(np.isfinite(bands.upper), bands.upper, np.maximum(climatology[1], lower))
    lower = np.minimum(lower, upper)
    width = np.where(known, upper - lower, np.nan)
    excess = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    winkler = width + 2 / miscoverage * excess
    infinite = ~(np.isfinite(bands.lower) & np.isfinite(bands.upper))
    in_path = all_held(actual, bands.path_lower, bands.path_upper)
    return RegionScores(
        origins=len(actual),
        scored=int(known.sum()),
        gaps=int((~known).sum()),
        mae=_mean(np.abs(error)),
        mape=float("nan") if (actual == 0).any() else 100 * _mean(np.abs(error) / np.abs(actual)),
        mae_by_lead=_by_lead(np.abs(error)),
        rmse_by_lead=[float(np.sqrt(value)) for value in _by_lead(error**2)],
        coverage=_mean(covered),
        coverage_by_lead=_by_lead(covered),
        mean_width_by_lead=_by_lead(width),
        winkler=_mean(winkler),
        winkler_by_lead=_by_lead(winkler),
        infinite_share=float(infinite.mean()),
        finite_coverage=_mean(np.where(infinite, np.nan, covered)),
        path_infinite_share=float((~np.isfinite(bands.path_upper - bands.path_lower)).mean()),
        worst_block_coverage=_worst_block(covered),
        path_coverage=_mean(in_path),
        naive_mae=_mean(naive_error),
        naive_mae_by_lead=_by_lead(naive_error),
        mae_by_hour=_by_hour(np.abs(error), hour),
        naive_mae_by_hour=_by_hour(naive_error, hour),
        reliability=Reliability.of(covered, forecast, origin_utc),
        path_reliability=PathReliability.of(
            in_path,
            {window: all_held(actual[:, :window], *_first(bounds, window)) for window, bounds in windows.items()}
            | {actual.shape[1]: in_path},
            forecast,
            origin_utc,
            width_ratio=_width_ratio(bands),
        ),
        pit=None if quantiles is None else pit(actual, quantiles, origin_utc),
    )


def _first(bounds: tuple[FloatArray, FloatArray], leads: int) -> tuple[FloatArray, FloatArray]:
    return bounds[0][:, :leads], bounds[1][:, :leads]


def _width_ratio(bands: Bands) -> float:
    path, hour = bands.path_upper - bands.path_lower, bands.upper - bands.lower
    both = np.isfinite(path) & np.isfinite(hour)
    width = float(hour[both].sum())
    return float(path[both].sum()) / width if width else float("nan")


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _by_lead(values: FloatArray) -> list[float]:
    return [_mean(values[:, lead]) for lead in range(values.shape[1])]


def _by_hour(values: FloatArray, hour: NDArray[np.int64]) -> list[float]:
    return [_mean(values[hour == each]) for each in range(HOURS_PER_DAY)]


def _worst_block(covered: FloatArray) -> float:
    """The lowest coverage of BLOCK_ORIGINS consecutive origins, leads pooled; of all where there are fewer."""
    full = len(covered) // BLOCK_ORIGINS
    blocks = np.split(covered[: full * BLOCK_ORIGINS], full) if full else [covered]
    rates = [_mean(block) for block in blocks]
    known = [rate for rate in rates if np.isfinite(rate)]
    return min(known, default=float("nan"))
