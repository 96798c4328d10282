"""Compares the reference split with the replay's method: two-sided bands of one forecaster at the same origins."""

from dataclasses import dataclass

import numpy as np

from fleet.conformal.build_bands import Residuals, bands_around
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.evaluation.covered import covered, path_covered
from fleet.evaluation.intervals import Rate, rate
from fleet.evaluation.reliability import Reliability, Week
from fleet.evaluation.rolling_origin import Evaluation
from fleet.preparation.prepared import Prepared
from fleet.replay.breakdown import day_of
from fleet.replay.plotted_margins import Margins
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class MonthScores:
    """The scores of two-sided bands in December, the month that the reference split tests.

    Args:
        coverage: coverage of the hourly band.
        path: coverage of the path band over the whole horizon.
        worst_week: the week with the lowest coverage of the hourly band; None if nothing was scored.
        mean_width: mean width of the finite hourly bands, in the unit of the variable; NaN if all are infinite.
    """

    coverage: Rate
    path: Rate
    worst_week: Week | None
    mean_width: float


@dataclass(frozen=True, kw_only=True)
class BandComparison:
    """The scores of two band methods at the same origins.

    Args:
        reference: the scores of a forecaster that is fitted once, with bands that are calibrated on one month.
        default: the scores of the replay's forecasts and bands.
    """

    reference: MonthScores
    default: MonthScores


def compare_with_reference(
    prepared: Prepared, residuals: Residuals, margin: Margins, reference: Evaluation
) -> dict[str, BandComparison] | None:
    """Compare the replay's bands with the bands of the reference split, by region.

    Args:
        prepared: gives the origins and the regions.
        residuals: the replay's residuals of the variable that `reference` evaluates.
        margin: the replay's margins of `two_sided_targets`.
        reference: an evaluation by the reference split.
    Returns: region id -> comparison; None if a scored origin of `reference` was not replayed.
    """
    bands = bands_around(residuals, margin)
    comparisons = {}
    for part in reference.regions:
        region = prepared.fleet.region_ids.index(part.region)
        is_shared = np.isin(prepared.origin_utc, part.origin_utc)
        if int(is_shared.sum()) != len(part.origin_utc):
            return None
        region_bands = bands.of_region(region)
        default_bands = Bands(
            lower=region_bands.lower[is_shared],
            upper=region_bands.upper[is_shared],
            path_lower=region_bands.path_lower[is_shared],
            path_upper=region_bands.path_upper[is_shared],
        )
        actual = residuals.actual[residuals.since :, region][is_shared]
        forecast = residuals.forecast[residuals.since :, region][is_shared]
        comparisons[part.region] = BandComparison(
            reference=_scores(part.actual, part.forecast, part.bands, part.origin_utc),
            default=_scores(actual, forecast, default_bands, part.origin_utc),
        )
    return comparisons


def _scores(actual: FloatArray, forecast: FloatArray, bands: Bands, origin_utc: HourArray) -> MonthScores:
    reliability = Reliability.of(covered(actual, bands.lower, bands.upper), forecast, origin_utc)
    width = bands.upper - bands.lower
    is_finite = np.isfinite(width)
    return MonthScores(
        coverage=reliability.overall,
        path=rate(path_covered(actual, bands.path_lower, bands.path_upper), day_of(origin_utc)),
        worst_week=reliability.worst_week,
        mean_width=float(width[is_finite].mean()) if is_finite.any() else float("nan"),
    )
