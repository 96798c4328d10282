"""What became of approved jobs, hour by hour: what a controller is told, and when."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.job import Job
from fleet.pipeline import Ended
from fleet.replay.truth import Truth
from fleet.units import DUST_MW

_ONE_HOUR = np.timedelta64(1, "h")


class Feedback:
    """Follows the placed jobs of one run through the hours that really were.

    Args:
        first_hour: the first hour of the truth.
    """

    def __init__(self, truth: Truth, first_hour: Hour) -> None:
        self._truth, self._first = truth, first_hour
        self._place = {region: index for index, region in enumerate(truth.fleet.region_ids)}
        hours = truth.base_load_mw.shape[1]
        self._job_mw = np.zeros((len(self._place), hours))
        # Hours so far, by region, that were outside the envelope and that nobody can judge.
        self._breaches, self._gaps = (np.zeros((len(self._place), hours + 1), dtype=np.int64) for _ in range(2))
        self._ending: dict[int, list[tuple[int, int, str]]] = defaultdict(list)

    def placed(self, decisions: Iterable[Decision], jobs: dict[str, Job]) -> None:
        """Jobs that a decision gave a place."""
        for decision in decisions:
            if decision.start_utc is not None and decision.region is not None:
                job = jobs[decision.job_id]
                self.place(decision.region, decision.start_utc, job.duration_h, job.power_mw)

    def place(self, region: str, start_utc: Hour, duration_h: int, power_mw: float, *, counted: bool = True) -> None:
        """A job that runs. counted: it is told of when it ends; else it is load alone."""
        start = int((start_utc - self._first) / _ONE_HOUR)
        row, hours = self._place[region], slice(max(start, 0), max(start + duration_h, 0))
        self._job_mw[row, hours] += power_mw
        if counted and hours.stop:
            self._ending[hours.stop - 1].append((row, hours.start, region))

    def hour_known(self, hour: int) -> list[Ended]:
        """The jobs whose last hour was this one, by its position in the truth; hours come one after another."""
        total = self._truth.base_load_mw[:, hour] + self._job_mw[:, hour]
        breached: NDArray[np.bool_] = total > self._truth.safe_load_mw[:, hour] + DUST_MW
        self._breaches[:, hour + 1] = self._breaches[:, hour] + breached
        self._gaps[:, hour + 1] = self._gaps[:, hour] + np.isnan(total - self._truth.safe_load_mw[:, hour])
        ended = []
        for region, start, name in self._ending.pop(hour, ()):
            breaches = self._breaches[region, hour + 1] - self._breaches[region, start]
            gaps = self._gaps[region, hour + 1] - self._gaps[region, start]
            ended.append(Ended(region=name, breached=True if breaches else None if gaps else False))
        return ended
