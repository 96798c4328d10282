"""The coverage of a replay's bounds: overall, where jobs were sent, and compared with the reference split."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals
from fleet.evaluation.covered import covered, path_covered
from fleet.evaluation.intervals import Rate, rate
from fleet.evaluation.quantiles import pit, quantile_margins
from fleet.evaluation.reliability import PathReliability, Reliability
from fleet.evaluation.rolling_origin import Evaluation
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepared import Prepared
from fleet.replay.band_comparison import BandComparison, compare_with_reference
from fleet.replay.breakdown import day_of
from fleet.replay.closed_loop import Replay
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, Margins, upper_margins
from fleet.replay.run import Run
from fleet.replay.running_rate import RunningCounts, running_counts


@dataclass(frozen=True, kw_only=True)
class BoundEvidence:
    """The coverage of the upper bound of one variable in one region.

    Args:
        reliability: reliability of the hourly bound, over all origins and leads.
        selected: coverage of the hourly bounds in the hours in which a job ran, as seen from the origin of the job's
            last decision.
        others: coverage of all other hourly bounds of the region. An hour has one bound for each origin that forecasts
            the hour.
        path: reliability of the bound that holds jointly over the whole horizon.
        infinite_share: share of infinite hourly bounds.
    """

    reliability: Reliability
    selected: Rate
    others: Rate
    path: PathReliability
    infinite_share: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All scores of a replay's bounds.

    Args:
        confidence: confidence of the bounds.
        policy: the policy whose placed jobs decide which hours count as `selected`.
        bounds: variable -> region id -> coverage.
        pit: region id -> calibration histogram of PLOTTED_VARIABLE, lowest bin first.
        breaches: resolved, breached and contested jobs, counted from the start of the replay to the end of each day.
        reference: region id -> comparison for PLOTTED_VARIABLE; None if there is no reference split, or if one of its
            scored origins was not replayed.
    """

    confidence: float
    policy: str
    bounds: Mapping[str, Mapping[str, BoundEvidence]]
    pit: Mapping[str, Sequence[Rate]]
    breaches: RunningCounts
    reference: Mapping[str, BandComparison] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as nested dictionaries, for JSON."""
        return asdict(self)


def evidence(replay: Replay, policy: str, reference: Evaluation | None, margin: Margins) -> Evidence:
    """Score the bounds of a replay.

    Args:
        replay: the replay.
        policy: a replayed policy that uses bounds.
        reference: the reference split's evaluation of PLOTTED_VARIABLE; None for no comparison.
        margin: result of `plotted_margins`.
    """
    prepared, run = replay.prepared, replay.runs[policy]
    is_selected = selected_hours(run, prepared)
    residuals = prepared.residuals[PLOTTED_VARIABLE]
    bounds = {}
    for name in BOUNDED:
        upper = margin if name == PLOTTED_VARIABLE else upper_margins(prepared, prepared.residuals[name])
        bounds[name] = {
            region_id: _bound_evidence(prepared, prepared.residuals[name], upper, is_selected, region)
            for region, region_id in enumerate(prepared.fleet.region_ids)
        }
    return Evidence(
        confidence=prepared.settings.confidence,
        policy=policy,
        bounds=bounds,
        pit=_pit_by_region(prepared, residuals, margin),
        breaches=running_counts(run, prepared.origin_utc),
        reference=None if reference is None else compare_with_reference(prepared, residuals, margin, reference),
    )


def selected_hours(run: Run, prepared: Prepared) -> NDArray[np.bool_]:
    """Mark the hours in which a job ran, as seen from the origin of the job's last decision.

    Returns: (origin, region, lead); hours beyond the horizon are left out.
    """
    horizon, regions = prepared.settings.horizon, len(prepared.fleet.region_ids)
    change = np.zeros((len(prepared.origin_utc), regions, horizon + 1), dtype=np.int64)
    status, placed = run.status, run.status.placed
    origin = (status.origin_h - prepared.origin_utc[0].astype(np.int64))[placed]
    region, first = status.region[placed], (status.start_h - status.origin_h)[placed] - 1
    end = first + run.work.duration_h[placed]
    np.add.at(change, (origin, region, np.minimum(first, horizon)), 1)
    np.add.at(change, (origin, region, np.minimum(end, horizon)), -1)
    return np.asarray(np.cumsum(change, axis=2)[:, :, :horizon] > 0)


def _bound_evidence(
    prepared: Prepared, residuals: Residuals, margin: Margins, is_selected: NDArray[np.bool_], region: int
) -> BoundEvidence:
    forecast, actual = (values[residuals.since :, region] for values in (residuals.forecast, residuals.actual))
    hour_margin, path_margin = (margin[name][:, 0, region] for name in ("above", "path above"))
    no_lower = np.full_like(forecast, -np.inf)
    is_covered = covered(actual, no_lower, forecast + hour_margin)
    is_path_covered = path_covered(actual, no_lower, forecast + path_margin)
    day = np.broadcast_to(day_of(prepared.origin_utc)[:, None], is_covered.shape)
    is_selected = is_selected[:, region]
    is_finite = np.isfinite(path_margin) & np.isfinite(hour_margin)
    width_ratio = float("nan")
    if is_finite.any():
        width_ratio = float(path_margin[is_finite].sum() / hour_margin[is_finite].sum())
    return BoundEvidence(
        reliability=Reliability.of(is_covered, forecast, prepared.origin_utc),
        selected=rate(is_covered[is_selected], day[is_selected]),
        others=rate(is_covered[~is_selected], day[~is_selected]),
        path=PathReliability.of(
            is_path_covered,
            {prepared.settings.horizon: is_path_covered},
            forecast,
            prepared.origin_utc,
            width_ratio=width_ratio,
        ),
        infinite_share=float(np.isinf(hour_margin).mean()),
    )


def _pit_by_region(prepared: Prepared, residuals: Residuals, margin: Margins) -> dict[str, tuple[Rate, ...]]:
    quantiles = residuals.forecast[residuals.since :] + quantile_margins(margin)
    actual = residuals.actual[residuals.since :]
    return {
        region_id: pit(actual[:, region], quantiles[:, :, region], prepared.origin_utc)
        for region, region_id in enumerate(prepared.fleet.region_ids)
    }
