"""Attempts to keep room for jobs that will probably arrive, in a replay of the hours from a time on.

Usage: python benchmarks/anticipation.py FIRST_ORIGIN FLEET.yaml TELEMETRY.parquet JOBS.parquet [OUTLOOKS.parquet]
Each hour, `priced` also plans jobs that have not arrived, and then drops their places: they only raise the prices. In
"known arrivals" these are the jobs that really arrive later. In "last weeks" they are the jobs that arrived 1 to W
weeks ago in the same hours of the week, each with 1 / W of its power, so nothing is used that was not submitted before.

Costs are of the jobs that both plans ran, by the actual hours. A standard error is that of a difference to `priced` if
each job that only one of the two plans serves were served by chance.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.clock import Hour, parse_hour
from fleet.domain.job import MAX_DURATION_H
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.placement import NOWHERE, Batch, Offer, Plan
from fleet.placement.offer import running_sum
from fleet.placement.priced import Priced
from fleet.placement.prices import prices_of
from fleet.placement.relaxation import programme_of
from fleet.placement.search import Jobs
from fleet.placement.windows import Windows
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.replay.hour_loop import decide_all
from fleet.replay.outcomes import beyond_energy_usd
from fleet.replay.run import Run, judge
from fleet.sources import table
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray
from fleet.workflows.open_workspace import read_jobs

WEEK_H = 7 * HOURS_PER_DAY
# An expected job is no approval. A share must be above zero.
SHARE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How expected jobs enter the plan.

    Args:
        weeks: number of past weeks that are averaged; 0 takes the jobs that really arrive.
        ahead_h: expected jobs of the next hours.
        longest_h: longest expected job.
        own_priority: True to plan expected jobs at their own priority, False to plan them below all jobs.
        price_rounds: if above zero, expected jobs only raise the cost of each region-hour, by the rise of the price of
            capacity that this number of rounds finds.
    """

    weeks: int
    ahead_h: int = HOURS_PER_DAY
    longest_h: int = MAX_DURATION_H
    own_priority: bool = False
    price_rounds: int = 0


ATTEMPTS = {
    "known arrivals": Attempt(weeks=0),
    "last 4 weeks": Attempt(weeks=4),
    "last 4 weeks, next 8 h only": Attempt(weeks=4, ahead_h=8),
    "last 4 weeks, jobs up to 24 h only": Attempt(weeks=4, longest_h=HOURS_PER_DAY),
    "last week": Attempt(weeks=1),
    "last 4 weeks, at their own priority": Attempt(weeks=4, own_priority=True),
    "last 4 weeks, as a cost": Attempt(weeks=4, price_rounds=100),
}


class Expecting(Priced):
    """`priced` with jobs that are expected. It counts the hours, so it serves for one run."""

    def __init__(self, work: Workload, first_h: IntArray, attempt: Attempt) -> None:
        """Create the policy of one run; `first_h` are the first hours ahead of its origins."""
        super().__init__()
        self._work, self._hours, self._attempt = work, iter(first_h.tolist()), attempt

    def plan(self, offer: Offer, batch: Batch) -> Plan:
        """Plan the jobs of the batch beside those that are expected."""
        first_h = next(self._hours)
        both = self._with_expected(offer, batch, first_h)
        if len(both) == len(batch) or not len(batch):
            return super().plan(offer, batch)
        rounds = self._attempt.price_rounds
        if rounds:
            rise = capacity_price(offer, both, rounds) - capacity_price(offer, batch, rounds)
            return super().plan(replace(offer, cost_usd_per_mwh=offer.cost_usd_per_mwh + np.maximum(rise, 0.0)), batch)
        plan = super().plan(offer, both)
        return Plan(region=plan.region[: len(batch)], start=plan.start[: len(batch)])

    def _with_expected(self, offer: Offer, batch: Batch, first_h: int) -> Batch:
        """Return the batch, followed by the expected jobs."""
        work, attempt = self._work, self._attempt
        shifts = [WEEK_H * week for week in range(1, attempt.weeks + 1)] or [0]
        found, shift = [], []
        for shift_h in shifts:
            begin, end = np.searchsorted(work.earliest_h, first_h + 1 - shift_h + np.array([0, attempt.ahead_h]))
            found.append(np.arange(begin, end))
            shift.append(np.full(end - begin, shift_h))
        job, first = np.concatenate(found), np.concatenate(shift) - first_h
        first_start = work.earliest_h[job] + first
        inside = (first_start < offer.starts) & (work.duration_h[job] <= attempt.longest_h)
        job, first, first_start = job[inside], first[inside], first_start[inside]
        none, lowest = np.full(len(job), NOWHERE), np.full(len(job), batch.priority.min(initial=0) - 1)
        columns = {
            "power_mw": work.power_mw[job] / len(shifts),
            "duration_h": np.minimum(work.duration_h[job], offer.longest_h),
            "first": first_start,
            "last": np.minimum(work.latest_start_h[job] + first, offer.starts - 1),
            "region_set": work.region_set[job],
            "home": work.home[job],
            "priority": work.priority[job] if attempt.own_priority else lowest,
            "waited_h": np.zeros(len(job), dtype=np.int64),
            "data_gb": work.data_gb[job] / len(shifts),
            "kept_region": none,
            "kept_start": none,
        }
        share = np.ones(len(batch)) if batch.share is None else batch.share
        joined = {name: np.concatenate([getattr(batch, name), values]) for name, values in columns.items()}
        return replace(batch, **joined, share=np.concatenate([share, np.full(len(job), SHARE)]))


def capacity_price(offer: Offer, batch: Batch, rounds: int) -> FloatArray:
    """Return the (region, hour) price of capacity at the highest level, for a plan from nothing."""
    none = np.full(len(batch), NOWHERE)
    fresh = replace(batch, kept_region=none, kept_start=none)
    windows, length = Windows.of(offer, fresh.duration_h)
    jobs = Jobs.of(offer, fresh, length)
    programme, _ = programme_of(offer, fresh, windows, jobs)
    return np.asarray(prices_of(programme, jobs, rounds).usd_per_mwh.sum(axis=0))


class Bench:
    """The hours of one fleet, checked and prepared once for all attempts, as in `fleet replay`."""

    def __init__(self, origin: Hour, fleet: Fleet, telemetry: Telemetry, jobs: Path, outlooks: Outlooks | None) -> None:
        checked = hold(telemetry, fleet=fleet, outlooks=outlooks)
        self.telemetry = checked.telemetry.of_regions(fleet.region_ids)
        self.start = self.telemetry.position(origin)
        origins = np.arange(self.start, len(self.telemetry.time_utc) - 1)
        self.prepared = prepare(self.telemetry, fleet, origins, Settings(), outlooks=checked.outlooks)
        self.actuals = ActualHours.of(self.telemetry, fleet)
        first, end = self.prepared.origin_utc[0] + 1, self.telemetry.time_utc[-1] + 1
        inside = [job for job in read_jobs(jobs, fleet).jobs if job.earliest_utc >= first and job.deadline_utc <= end]
        self.work = Workload.of(sorted(inside, key=lambda job: (job.earliest_utc, job.id)), fleet.region_ids)
        cost = with_foresight(self.prepared).near.cost_usd_per_mwh[:, :, 0].T
        self._cost_so_far = running_sum(np.nan_to_num(cost))

    @classmethod
    def of_command_line(cls, usage: str | None) -> Self:
        """Return the bench of the files that the command names, or end with the usage."""
        if len(sys.argv) not in (5, 6):
            sys.exit(usage)
        fleet, telemetry, jobs, *outlooks = (Path(name) for name in sys.argv[2:])
        return cls(
            parse_hour(sys.argv[1]),
            load_fleet(fleet),
            table.read([telemetry], any_column=False),
            jobs,
            table.read_outlooks(outlooks[0], any_column=False) if outlooks else None,
        )

    @property
    def first_h(self) -> IntArray:
        """The first hours ahead of the origins."""
        return self.prepared.origin_utc.astype(np.int64) + 1

    def run(self, policy: Priced) -> Run:
        """Decide all hours, and judge the jobs."""
        first_hour = self.telemetry.time_utc[0]
        tracker = OutcomeTracker(self.actuals, first_hour)
        record = decide_all(self.prepared, self.work, policy, tracker, self.start, lambda _: None, explain=False)
        return judge(policy.name, record, self.prepared, self.actuals, first_hour)

    def job_usd(self, run: Run) -> FloatArray:
        """Return the (job,) actual cost of the jobs; zero for a job that did not run."""
        ran, usd = run.placed, np.zeros(len(self.work))
        region, start = run.status.region[ran], run.status.start_h[ran] - self.first_h[0]
        energy_usd = self._cost_so_far[region, start + self.work.duration_h[ran]] - self._cost_so_far[region, start]
        usd[ran] = self.work.power_mw[ran] * energy_usd
        return usd + beyond_energy_usd(run.status, self.work, self.prepared.fleet.costs)


def row(bench: Bench, name: str, run: Run, plain: Run) -> str:
    """Return the table row of one run, beside that of the plain policy."""
    energy, both = bench.work.energy_mwh, run.placed & plain.placed
    change = run.placed.astype(np.int64) - plain.placed
    error = 100 * np.sqrt((energy[change != 0] ** 2).sum()) / energy.sum()
    usd, plain_usd = (bench.job_usd(one)[both].sum() for one in (run, plain))
    contested, breached = run.contested_judged, run.contested_judged & run.breached
    cells: Sequence[str] = (
        name,
        f"{100 * energy[run.placed].sum() / energy.sum():.2f}",
        f"{100 * (energy @ change) / energy.sum():+.2f} ± {error:.2f}",
        f"{(~run.placed).sum()}",
        f"{(change > 0).sum()} / {(change < 0).sum()}",
        f"{100 * (usd / plain_usd - 1):+.2f}",
        f"{100 * breached.sum() / max(contested.sum(), 1):.2f}",
        f"{100 * energy[breached].sum() / max(energy[contested].sum(), 1e-9):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print one row per attempt."""
    bench = Bench.of_command_line(__doc__)
    print("| plan | served, % | change ± error | jobs not served | gained / lost | cost, % | jobs, % | energy, % |")
    print(f"| --- |{' ---: |' * 7}")
    plain = bench.run(Priced())
    print(row(bench, "`priced`", plain, plain), flush=True)
    for name, attempt in ATTEMPTS.items():
        run = bench.run(Expecting(bench.work, bench.first_h, attempt))
        print(row(bench, name, run, plain), flush=True)


if __name__ == "__main__":
    main()
