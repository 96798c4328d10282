"""Builders of planners and their jobs, and an independent count of what the jobs of a planner use."""

from datetime import UTC, datetime, timedelta

import numpy as np

from fleet import Planner, PlannerJob

NOW = datetime(2026, 1, 5, tzinfo=UTC)
STEP = timedelta(minutes=15)
REGIONS = ("east", "west")


def at(step: int) -> datetime:
    return NOW + step * STEP


def a_planner(capacity=1.0, costs=((50.0,), (40.0,)), *, steps=16, **options) -> Planner:
    """Two regions with the same capacity [MW] and one cost each."""
    cost = np.repeat(np.array(costs, dtype=float), steps if np.shape(costs)[1] == 1 else 1, axis=1)
    given = capacity if isinstance(capacity, dict) else np.full(cost.shape, capacity)
    return Planner(given, cost, regions=options.pop("regions", REGIONS), step=STEP, **options)


def a_job(name="job", *, mw=0.4, steps=2, earliest=0, deadline=16, **options) -> PlannerJob:
    return PlannerJob(
        id=name,
        uses={"mw": mw} | options.pop("more", {}),
        duration=steps * STEP,
        earliest_utc=at(earliest),
        deadline_utc=at(deadline),
        **options,
    )


def verdicts(result) -> dict:
    return {verdict.job_id: verdict for verdict in result.verdicts}


class Bookkeeper:
    """Follows the verdicts of a planner and counts, by itself, what its jobs use in each step."""

    def __init__(self, regions, resources, energy, steps):
        self.regions, self.resources, self.energy = list(regions), list(resources), energy
        self.use = np.zeros((len(resources), len(regions), steps))
        self.running: dict[str, tuple[PlannerJob, str, int, int]] = {}
        self.waiting: dict[str, PlannerJob] = {}

    def used(self, places) -> np.ndarray:
        """(resource, region, step) use of some places: (job, region, first step, end)."""
        total = np.zeros_like(self.use)
        for job, region, start, end in places:
            for index, name in enumerate(self.resources):
                factor = job.energy_factor.get(region, 1.0) if name == self.energy else 1.0
                total[index, self.regions.index(region), start:end] += factor * job.uses.get(name, 0.0)
        return total

    def after(self, step, result, new, cancelled):
        """Take over the verdicts of a step. Return the running places and the planned ones."""
        self.waiting |= {job.id: job for job in new}
        for name in (*cancelled, *result.ended):
            self.running.pop(name, None)
            self.waiting.pop(name, None)
        planned = []
        for verdict in result.verdicts:
            # A job that loses its place in transfer waits again.
            job = self.waiting.get(verdict.job_id) or self.running.pop(verdict.job_id)[0]
            self.waiting[job.id] = job
            if verdict.region is not None:
                start, end = ((time - NOW) // STEP for time in (verdict.start_utc, verdict.end_utc))
                planned.append((job, verdict.region, start, end))
            if verdict.verdict == "approve":
                self.running[job.id] = planned.pop()
            if verdict.verdict in ("approve", "deny"):
                del self.waiting[job.id]
        return list(self.running.values()), planned
