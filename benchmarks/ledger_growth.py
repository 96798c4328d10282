"""Measures what a live hour costs in the ledger, if the ledger holds a day of decisions and if it holds a year.

    python benchmarks/ledger_growth.py

An hour reads the jobs that it needs and the controller, and records 20 new decisions in a transaction that looks at the
jobs again, as `fleet decide` does. The first hour has no memory and reads the whole ledger; it is the peer.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from harness import Row, publish

from fleet.domain.clock import iso
from fleet.domain.decision import Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.fleets import load_fleet
from fleet.ledger import AppendCheck, DecisionEntry, Ledger, NeededJobs, sqlite_url
from fleet.live.controller_memory import ControllerMemories
from fleet.live.ledger_hour import read_ledger
from fleet.physics.limits import GRID
from fleet.preparation.settings import Settings
from fleet.twin import make_twin
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR

JOBS_PER_H = 20
HOURS = 12
FLEET, SETTINGS = load_fleet(), Settings()
START = np.datetime64("2024-06-01T00", "h")
TELEMETRY = make_twin(FLEET, start=START, hours=int(HOURS_PER_YEAR) + 30 * HOURS_PER_DAY, seed=7).telemetry
# The first hour that is timed.
FIRST = TELEMETRY.time_utc[-HOURS - 1]


def main() -> None:
    """Time the hours on both ledgers, and publish the rows and the target."""
    with tempfile.TemporaryDirectory() as folder:
        day = hours_on(Path(folder) / "day", HOURS_PER_DAY)
        year = hours_on(Path(folder) / "year", int(HOURS_PER_YEAR))
    ratio = year.ours_s / day.ours_s
    publish("ledger_growth", [day, year], ["numpy", "sqlalchemy"], targets={"year against day": (ratio, 1.2)})
    print(f"CPU of an hour after a year of decisions, times that after a day: {ratio:.2f} (at most 1.2)")


def hours_on(folder: Path, hours: int) -> Row:
    """Time hours on a ledger that holds the decisions of so many hours before."""
    folder.mkdir()
    with Ledger(sqlite_url(folder / "ledger.sqlite")) as ledger:
        random = np.random.default_rng(3)
        for hour in np.arange(FIRST - hours, FIRST):
            ledger.append(entries_at(hour, random))
        memories = ControllerMemories()
        first_s, *later = (
            cpu_s(lambda at=at: one_hour(ledger, memories, at, random)) for at in FIRST + np.arange(HOURS)
        )
        decisions = hours * JOBS_PER_H
    return Row(
        case=f"{decisions:,} decisions before",
        ours_s=median(later),
        peer="all read",
        peer_s=first_s,
        ratio=first_s / median(later),
        quality_ours=0.0,
        quality_peer=0.0,
    )


def one_hour(ledger: Ledger, memories: ControllerMemories, at: np.datetime64, random: np.random.Generator) -> None:
    """Read what the hour after `at` needs, and record new decisions."""
    known = TELEMETRY.hours(0, TELEMETRY.position(at) + 1)
    entries = entries_at(at, random)
    job_ids = [entry.job.id for entry in entries]
    read_ledger(ledger, known, FLEET, SETTINGS, memories, job_ids=job_ids)
    needed = NeededJobs(ending_after=at + 1, job_ids=job_ids)
    ledger.append(entries, guard=AppendCheck(needed=needed, check=lambda before, after: None))


def entries_at(at: np.datetime64, random: np.random.Generator) -> list[DecisionEntry]:
    """Return decisions that place jobs in the next twelve hours."""
    footprint = Footprint(carbon_kg=1.0, water_l=2.0, cost_usd=3.0)
    entries = []
    for number in range(JOBS_PER_H):
        region = FLEET.region_ids[int(random.integers(len(FLEET.regions)))]
        start, name = at + 1 + int(random.integers(12)), f"{at}-{number}"
        job = Job(
            id=name,
            power_mw=0.01 * int(random.integers(1, 100)),
            duration_h=int(random.integers(1, 12)),
            earliest_utc=at + 1,
            deadline_utc=at + 40,
            home_region=region,
        )
        made = Decision(
            job_id=name,
            verdict=Verdict.DEFER,
            region=region,
            start_utc=start,
            confidence=0.95,
            binding=Binding(limit=GRID, region=region, hour_utc=start, bound=7.0, limit_value=10.0, unit="MW"),
            reason="Waits for a cheaper hour.",
            alternatives=(),
            expected=footprint,
            saved=footprint,
            contested=False,
            policy="priced",
            origin_utc=at,
        )
        entries.append(
            DecisionEntry(
                decision=made, job=job, mode="live", made_utc=iso(at + 1), model="none", bands="none", input_hash="0"
            )
        )
    return entries


def cpu_s(run: Callable[[], None]) -> float:
    """Return the CPU seconds of a call."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
