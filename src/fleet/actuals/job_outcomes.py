"""What became of approved jobs, hour by hour: what a controller is told, and when."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.decisions.state import Placements
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.workload import Workload
from fleet.units import DUST_MW

_ONE_HOUR = np.timedelta64(1, "h")


class OutcomeTracker:
    """Follows the placed jobs of one run through the hours that really were.

    Args:
        first_hour: the first hour of the actuals.
    """

    def __init__(self, actuals: ActualHours, first_hour: Hour) -> None:
        self._truth, self._first = actuals, first_hour
        self._place = {region: index for index, region in enumerate(actuals.fleet.region_ids)}
        hours = actuals.base_load_mw.shape[1]
        self._job_mw = np.zeros((len(self._place), hours))
        # Hours so far, by region, that were outside the envelope and that nobody can judge.
        self._breaches, self._gaps = (np.zeros((len(self._place), hours + 1), dtype=np.int64) for _ in range(2))
        self._ending: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def started(self, places: Placements, work: Workload) -> None:
        """Jobs that run."""
        first_h = int(self._first.astype(np.int64))
        start, duration, power = places.start_h - first_h, work.duration_h[places.job], work.power_mw[places.job]
        for each in zip(places.region.tolist(), start.tolist(), duration.tolist(), power.tolist(), strict=True):
            self._place_row(*each)

    def place(self, region: str, start_utc: Hour, duration_h: int, power_mw: float, *, counted: bool = True) -> None:
        """A job that runs. counted: it is told of when it ends; else it is load alone."""
        start = int((start_utc - self._first) / _ONE_HOUR)
        self._place_row(self._place[region], start, duration_h, power_mw, counted=counted)

    def _place_row(self, row: int, start: int, duration_h: int, power_mw: float, *, counted: bool = True) -> None:
        hours = slice(max(start, 0), max(start + duration_h, 0))
        self._job_mw[row, hours] += power_mw
        if counted and hours.stop:
            self._ending[hours.stop - 1].append((row, hours.start))

    def hour_known(self, hour: int) -> list[JobOutcome]:
        """The jobs whose last hour was this one, by its position in the truth; hours come one after another."""
        total = self._truth.base_load_mw[:, hour] + self._job_mw[:, hour]
        breached: NDArray[np.bool_] = total > self._truth.safe_load_mw[:, hour] + DUST_MW
        self._breaches[:, hour + 1] = self._breaches[:, hour] + breached
        self._gaps[:, hour + 1] = self._gaps[:, hour] + np.isnan(total - self._truth.safe_load_mw[:, hour])
        ended = []
        for region, start in self._ending.pop(hour, ()):
            breaches = self._breaches[region, hour + 1] - self._breaches[region, start]
            gaps = self._gaps[region, hour + 1] - self._gaps[region, start]
            ended.append(
                JobOutcome(
                    region=self._truth.fleet.region_ids[region], breached=True if breaches else None if gaps else False
                )
            )
        return ended
