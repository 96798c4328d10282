"""What a replay says of its own bounds: how often each held, also where jobs were sent, beside a split that fails."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import Residuals, around
from fleet.domain.bands import Bands
from fleet.domain.clock import HourArray
from fleet.evaluation.intervals import Rate, rate
from fleet.evaluation.quantiles import quantile_margins
from fleet.evaluation.reliability import PathReliability, Reliability, Week, all_held, each_held, pit
from fleet.evaluation.rolling_origin import Evaluation
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepared import Prepared
from fleet.replay.closed_loop import Replay
from fleet.replay.plotted_margins import PICTURED, Margins, upper
from fleet.replay.run import Run
from fleet.replay.running_rate import Running, running
from fleet.units import HOURS_PER_DAY, FloatArray


@dataclass(frozen=True, kw_only=True)
class BoundEvidence:
    """How often the upper bound of one variable held in one region.

    selected, others: in the region-hours that an approved job ran in, as seen when it was decided, and in all others.
    path: of the bound that is to hold over the whole horizon.
    infinite_share: of the hours' bounds.
    """

    reliability: Reliability
    selected: Rate
    others: Rate
    path: PathReliability
    infinite_share: float


@dataclass(frozen=True, kw_only=True)
class Month:
    """Two-sided bands over a few weeks. mean_width is of the finite ones."""

    coverage: Rate
    path: Rate
    worst_week: Week | None
    mean_width: float


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The same forecaster on the same origins: fitted once and calibrated on a month, and as it is by default."""

    reference: Month
    default: Month


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All of it; bounds is by variable and region, pit and reference by region, of PICTURED.

    reference is None where there is no full year to split.
    """

    confidence: float
    policy: str
    bounds: Mapping[str, Mapping[str, BoundEvidence]]
    pit: Mapping[str, Sequence[Rate]]
    breaches: Running
    reference: Mapping[str, Compared] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def evidence(replay: Replay, policy: str, reference: Evaluation | None, pictured: Margins) -> Evidence:
    """Everything the replay's forecasts and one policy's jobs say.

    Args:
        policy: one of the replayed ones that asks for bounds.
        reference: PICTURED by the reference split, on origins that were replayed; None leaves it out.
        pictured: of `margins.pictured`.
    """
    prepared, run = replay.prepared, replay.runs[policy]
    chosen = relied_on(run, prepared)
    residuals = prepared.residuals[PICTURED]
    bounds = {}
    for name in BOUNDED:
        margin = pictured if name == PICTURED else upper(prepared, prepared.residuals[name])
        bounds[name] = {
            region: _bound_evidence(prepared, prepared.residuals[name], margin, chosen, index)
            for index, region in enumerate(prepared.fleet.region_ids)
        }
    return Evidence(
        confidence=prepared.settings.confidence,
        policy=policy,
        bounds=bounds,
        pit=_pits(prepared, residuals, pictured),
        breaches=running(run, prepared.origin_utc),
        reference=None if reference is None else compared(prepared, residuals, pictured, reference),
    )


def relied_on(run: Run, prepared: Prepared) -> NDArray[np.bool_]:
    """(origin, region, lead) hours within the horizon that a placed job ran in, as seen from its decision."""
    horizon, regions = prepared.settings.horizon, prepared.fleet.region_ids
    change = np.zeros((len(prepared.origin_utc), len(regions), horizon + 1), dtype=np.int64)
    status, placed = run.status, run.status.placed
    step = (status.origin_h - prepared.origin_utc[0].astype(np.int64))[placed]
    region, first = status.region[placed], (status.start_h - status.origin_h)[placed] - 1
    np.add.at(change, (step, region, np.minimum(first, horizon)), 1)
    np.add.at(change, (step, region, np.minimum(first + run.work.duration_h[placed], horizon)), -1)
    return np.asarray(np.cumsum(change, axis=2)[:, :, :horizon] > 0)


def _bound_evidence(
    prepared: Prepared,
    residuals: Residuals,
    margin: Margins,
    chosen: NDArray[np.bool_],
    index: int,
) -> BoundEvidence:
    forecast, actual = (values[residuals.since :, index] for values in (residuals.forecast, residuals.actual))
    hour, path = (margin[name][:, 0, index] for name in ("above", "path above"))
    below = np.full_like(forecast, -np.inf)
    held = each_held(actual, below, forecast + hour)
    whole = all_held(actual, below, forecast + path)
    day = np.broadcast_to(_day(prepared.origin_utc)[:, None], held.shape)
    own = chosen[:, index]
    both = np.isfinite(path) & np.isfinite(hour)
    return BoundEvidence(
        reliability=Reliability.of(held, forecast, prepared.origin_utc),
        selected=rate(held[own], day[own]),
        others=rate(held[~own], day[~own]),
        path=PathReliability.of(
            whole,
            {prepared.settings.horizon: whole},
            forecast,
            prepared.origin_utc,
            width_ratio=float(path[both].sum() / hour[both].sum()) if both.any() else float("nan"),
        ),
        infinite_share=float(np.isinf(hour).mean()),
    )


def _pits(prepared: Prepared, residuals: Residuals, margin: Margins) -> dict[str, tuple[Rate, ...]]:
    quantiles = residuals.forecast[residuals.since :] + quantile_margins(margin)
    actual = residuals.actual[residuals.since :]
    return {
        region: pit(actual[:, index], quantiles[:, :, index], prepared.origin_utc)
        for index, region in enumerate(prepared.fleet.region_ids)
    }


def compared(
    prepared: Prepared, residuals: Residuals, margin: Margins, reference: Evaluation
) -> dict[str, Compared] | None:
    """By region, the reference's bands and those of the margins on the same origins; None where some were not replayed.

    Args:
        margin: of `both_promises`.
    """
    bands = around(residuals, margin)
    found = {}
    for part in reference.regions:
        index = prepared.fleet.region_ids.index(part.region)
        same = np.isin(prepared.origin_utc, part.origin_utc)
        if int(same.sum()) != len(part.origin_utc):
            return None
        own = bands.of_region(index)
        default = Bands(
            lower=own.lower[same],
            upper=own.upper[same],
            path_lower=own.path_lower[same],
            path_upper=own.path_upper[same],
        )
        found[part.region] = Compared(
            reference=_month(part.actual, part.forecast, part.bands, part.origin_utc),
            default=_month(
                residuals.actual[residuals.since :, index][same],
                residuals.forecast[residuals.since :, index][same],
                default,
                part.origin_utc,
            ),
        )
    return found


def _month(actual: FloatArray, forecast: FloatArray, bands: Bands, origin_utc: HourArray) -> Month:
    found = Reliability.of(each_held(actual, bands.lower, bands.upper), forecast, origin_utc)
    width = bands.upper - bands.lower
    finite = np.isfinite(width)
    return Month(
        coverage=found.overall,
        path=rate(all_held(actual, bands.path_lower, bands.path_upper), _day(origin_utc)),
        worst_week=found.worst_week,
        mean_width=float(width[finite].mean()) if finite.any() else float("nan"),
    )


def _day(origin_utc: HourArray) -> NDArray[np.int64]:
    return origin_utc.astype(np.int64) // HOURS_PER_DAY
