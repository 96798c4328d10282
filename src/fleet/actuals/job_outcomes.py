"""The outcomes of approved jobs, each in the hour in which it becomes known. The controllers use them."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.breach import can_judge, is_breach
from fleet.decisions.state import Placements, add_power
from fleet.domain.clock import Hour
from fleet.domain.job_outcome import JobOutcome
from fleet.domain.workload import Workload

_ONE_HOUR = np.timedelta64(1, "h")


class OutcomeTracker:
    """Follows placed jobs through the actual hours.

    Args:
        actuals: the actual hours.
        first_hour: the first of these hours.
        met: (2, region, hour) result of `met` for the first hours. `after_hour` is not called for these hours.
    """

    def __init__(self, actuals: ActualHours, first_hour: Hour, met: NDArray[np.bool_] | None = None) -> None:
        self._actuals, self._first = actuals, first_hour
        self._position = {region: index for index, region in enumerate(actuals.fleet.region_ids)}
        hours = actuals.base_load_mw.shape[1]
        self._job_mw = np.zeros((len(self._position), hours))
        # (region, hour): how many earlier hours breached, and how many earlier hours cannot be judged.
        self._breaches, self._gaps = (np.zeros((len(self._position), hours + 1), dtype=np.int64) for _ in range(2))
        if met is not None:
            count = slice(1, met.shape[-1] + 1)
            self._breaches[:, count], self._gaps[:, count] = np.cumsum(met, axis=-1)
        self._ending: dict[int, list[tuple[int, int, JobOutcome]]] = defaultdict(list)

    def add_started(self, places: Placements, work: Workload) -> None:
        """Add jobs that run. Each approval reports one outcome, because its jobs all run in the same hours."""
        first_h = int(self._first.astype(np.int64))
        start, duration, power = places.start_h - first_h, work.duration_h[places.job], work.power_mw[places.job]
        _, first, group = np.unique(places.approval, return_index=True, return_inverse=True)
        energy_wh, of_approval = np.zeros(len(places), dtype=np.int64), np.zeros(len(first), dtype=np.int64)
        np.add.at(of_approval, group, work.energy_wh[places.job])
        energy_wh[first] = of_approval
        add_power(self._job_mw, region=places.region, start=start, duration_h=duration, power_mw=power)
        names, reports = self._actuals.fleet.region_ids, energy_wh > 0
        columns = (column[reports].tolist() for column in (places.region, start, duration, energy_wh))
        for region, begin, duration_h, reported_wh in zip(*columns, strict=True):
            # Most approvals end without a breach, so most outcomes need no second object.
            outcome = JobOutcome(region=names[region], breached=False, duration_h=duration_h, energy_wh=reported_wh)
            self._expect(region, begin, begin + duration_h, outcome)

    def add(
        self, region: str, start_utc: Hour, duration_h: int, power_mw: float, approval: JobOutcome | None = None
    ) -> None:
        """Add a job that runs.

        Args:
            approval: the outcome that the job reports when it has ended, except for `breached`; None if the job only
                adds load.
        """
        start = int((start_utc - self._first) / _ONE_HOUR)
        begin, end, position = max(start, 0), max(start + duration_h, 0), self._position[region]
        self._job_mw[position, begin:end] += power_mw
        if approval is not None:
            self._expect(position, begin, end, approval)

    def _expect(self, region: int, begin: int, end: int, approval: JobOutcome) -> None:
        """Report an approval after its last hour, if that hour is one of the actual hours."""
        if end > 0:
            self._ending[end - 1].append((region, max(begin, 0), approval))

    def after_hour(self, hour: int) -> list[JobOutcome]:
        """Return the outcomes of the jobs that end with this hour. Call this method once for each hour, in order.

        Args:
            hour: position in the actual hours.
        """
        load_mw = self._actuals.base_load_mw[:, hour] + self._job_mw[:, hour]
        safe_load_mw = self._actuals.safe_load_mw[:, hour]
        self._breaches[:, hour + 1] = self._breaches[:, hour] + is_breach(load_mw, safe_load_mw)
        self._gaps[:, hour + 1] = self._gaps[:, hour] + ~can_judge(load_mw, safe_load_mw)
        ending = self._ending.pop(hour, None)
        if ending is None:
            return []
        region, start = np.array([place for *place, _ in ending]).T
        breaches = self._breaches[region, hour + 1] > self._breaches[region, start]
        gaps = self._gaps[region, hour + 1] > self._gaps[region, start]
        return [
            _with_breach(approval, True if breach else None if gap else False)
            for (*_, approval), breach, gap in zip(ending, breaches.tolist(), gaps.tolist(), strict=True)
        ]

    def met(self, first: int, end: int) -> NDArray[np.bool_]:
        """Return (2, region, hour): whether the hours `first` to `end` - 1 breached, and whether they cannot be judged.

        An hour that `after_hour` was not called for counts as neither.
        """
        counts = np.stack([self._breaches, self._gaps])[..., first : end + 1]
        return np.diff(counts, axis=-1) > 0


def _with_breach(approval: JobOutcome, breached: bool | None) -> JobOutcome:
    return approval if approval.breached is breached else replace(approval, breached=breached)
