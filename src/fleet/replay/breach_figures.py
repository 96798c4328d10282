"""How often the jobs of a run met a breach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.conformal.controller_numbers import published_numbers
from fleet.evaluation.intervals import day_block_interval
from fleet.replay.breakdown import (
    Cell,
    Count,
    LengthCell,
    breakdown,
    contested_cells,
    contested_lengths,
    day_of,
)
from fleet.replay.run import Run


@dataclass(frozen=True, kw_only=True)
class BreachFigures:
    """Breaches of the jobs that ran.

    The 95 % intervals come from resampling whole days. A job that ran is unjudged if an hour of its run has no actual
    weather or load and no other hour breached. The rates leave unjudged jobs out.

    Args:
        contested_jobs: contested jobs, whether they ran or not.
        contested_approved: contested jobs that ran, unjudged ones included.
        contested_mwh, contested_breached_mwh: IT energy of the contested jobs that were judged, and of those among them
            that breached. `contested_breach_rate_mwh` is the second over the first.
        breached_region_hours: region-hours that breached while jobs ran there.
        breach_bound, energy_breach_bound: published bounds of the breach rate of all regions, by job and by energy;
            None where the policy has no controller.
        controller: region id -> published figures; None where the policy has no controller.
        breakdown, contested_cells, contested_lengths: see `fleet.replay.breakdown`.
    """

    contested_jobs: int
    contested_approved: int
    contested_breached: int
    breached_jobs: int
    unjudged_jobs: int
    breach_rate: float
    contested_breach_rate: float
    breach_bound: float | None
    energy_breach_bound: float | None
    breach_interval_95: tuple[float, float]
    contested_breach_interval_95: tuple[float, float]
    contested_mwh: float
    contested_breached_mwh: float
    contested_breach_rate_mwh: float
    contested_breach_interval_95_mwh: tuple[float, float]
    breached_region_hours: int
    breakdown: Mapping[str, Mapping[str, Count]]
    contested_cells: Sequence[Cell]
    contested_lengths: Mapping[str, LengthCell]
    controller: Mapping[str, Mapping[str, Any]] | None

    @property
    def contested_judged(self) -> int:
        """The contested jobs that ran and were judged. The contested rates are about these jobs."""
        return sum(cell.approved for cell in self.contested_cells)


def breach_figures(run: Run, actuals: ActualHours, horizon: int) -> BreachFigures:
    """Count the breaches of a run.

    Args:
        horizon: leads of the forecasts [h].
    """
    work, status, breached, judged = run.work, run.status, run.breached, run.judged
    energy_mwh, hard = work.energy_mwh, run.contested_judged
    day = day_of(status.start_or_arrival_h(work))
    contested_mwh = energy_mwh[hard].sum()
    contested_breached_mwh = energy_mwh[hard & breached].sum()
    controller = run.controller
    return BreachFigures(
        contested_jobs=int(run.contested.sum()),
        contested_approved=int((run.placed & run.contested).sum()),
        contested_breached=int((hard & breached).sum()),
        breached_jobs=int(breached.sum()),
        unjudged_jobs=int((run.placed & ~judged).sum()),
        breach_rate=_rate(breached[judged]),
        contested_breach_rate=_rate(breached[hard]),
        breach_bound=None if controller is None else controller.fleet_bound,
        energy_breach_bound=None if controller is None else controller.fleet_energy_bound,
        breach_interval_95=day_block_interval(breached[judged], day[judged]),
        contested_breach_interval_95=day_block_interval(breached[hard], day[hard]),
        contested_mwh=float(contested_mwh),
        contested_breached_mwh=float(contested_breached_mwh),
        contested_breach_rate_mwh=float(contested_breached_mwh / contested_mwh) if contested_mwh else float("nan"),
        contested_breach_interval_95_mwh=day_block_interval(breached[hard], day[hard], energy_mwh[hard]),
        breached_region_hours=int((actuals.breached(run.job_mw) & (run.job_mw > 0)).sum()),
        breakdown=breakdown(run, horizon),
        contested_cells=contested_cells(work, status, actuals.fleet.region_ids, hard=hard, breached=breached),
        contested_lengths=contested_lengths(work, status, horizon, hard=hard, breached=breached),
        controller=None if controller is None else published_numbers(controller, actuals.fleet.region_ids),
    )


def _rate(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else float("nan")
