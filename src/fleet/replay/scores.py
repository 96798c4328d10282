"""How good forecasts and bands were, from what came true. Missing actuals never score."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain.bands import Bands
from fleet.units import HOURS_PER_DAY, FloatArray

BLOCK_ORIGINS = 500


@dataclass(frozen=True, kw_only=True)
class RegionScores:
    """The scores of one region. Lists are by lead, or by the target's hour of UTC; NaN where nothing could be scored.

    `scored` forecasts had an actual, `gaps` had none. Widths and Winkler scores take an infinite bound as the
    climatological range; coverage takes it as infinite, and `infinite_share` says how often that was, and
    `path_infinite_share` how often a path bound was, which covers whatever comes.
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
    path_infinite_share: float
    worst_block_coverage: float
    path_coverage: float
    naive_mae: float
    naive_mae_by_lead: list[float]
    mae_by_hour: list[float]
    naive_mae_by_hour: list[float]

    def as_dict(self) -> Mapping[str, Any]:
        return asdict(self)


def score_region(
    *,
    forecast: FloatArray,
    naive: FloatArray,
    actual: FloatArray,
    bands: Bands,
    hour: NDArray[np.int64],
    climatology: tuple[float, float],
    miscoverage: float,
) -> RegionScores:
    """The scores of one region's test.

    Args:
        forecast, naive, actual: (origin, lead); an unknown actual is NaN.
        bands: of the same shape.
        hour: (origin, lead) hour of UTC of each target.
        climatology: the lowest and highest value known before the test.
        miscoverage: of the bands, two-sided.
    """
    known = np.isfinite(actual)
    error = np.where(known, actual - forecast, np.nan)
    naive_error = np.abs(np.where(known, actual - naive, np.nan))
    covered = np.where(known, (actual >= bands.lower) & (actual <= bands.upper), np.nan)
    lower = np.where(np.isfinite(bands.lower), bands.lower, climatology[0])
    upper = np.where(np.isfinite(bands.upper), bands.upper, np.maximum(climatology[1], lower))
    lower = np.minimum(lower, upper)
    width = np.where(known, upper - lower, np.nan)
    excess = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    winkler = width + 2 / miscoverage * excess
    infinite = ~(np.isfinite(bands.lower) & np.isfinite(bands.upper))
    in_path = np.all((actual >= bands.path_lower) & (actual <= bands.path_upper), axis=1)
    whole = np.all(known, axis=1)
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
        path_infinite_share=float((~np.isfinite(bands.path_upper - bands.path_lower)).mean()),
        worst_block_coverage=_worst_block(covered),
        path_coverage=float(in_path[whole].mean()) if whole.any() else float("nan"),
        naive_mae=_mean(naive_error),
        naive_mae_by_lead=_by_lead(naive_error),
        mae_by_hour=_by_hour(np.abs(error), hour),
        naive_mae_by_hour=_by_hour(naive_error, hour),
    )


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
