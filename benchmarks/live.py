"""Measures a live hour: after a snapshot, from nothing, with a longer history, and with 300 regions.

    python benchmarks/live.py [--large]

Each live hour is a whole process, `fleet headroom`, with its imports. Its CPU seconds and its peak memory are those of
the process. Inside a running engine, an hour is timed from the telemetry to the prepared hour. `--large` also runs 300
regions, whose first hour takes a quarter of an hour.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import yaml
from harness import Row, publish

from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.live.engine import Engine
from fleet.preparation.settings import Settings
from fleet.preparation.state_codec import StateCodec
from fleet.storage.snapshot_store import SnapshotStore
from fleet.storage.telemetry_store import write_telemetry
from fleet.twin import draw_world_fleet, make_twin
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR

SHORT_YEARS, LONG_YEARS = 2, 6
HOURS = 5
LARGE_REGIONS, LARGE_DAYS = 300, 100
LAST = np.datetime64("2025-11-20T12", "h")
KB_PER_GB = 1_024**2
# Name of a target -> the measured value and the largest allowed value.
Targets = dict[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one process cost."""

    cpu_s: float
    peak_gb: float


def main() -> None:
    """Run all cases, and publish the rows and the targets."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        targets: Targets = {}
        rows = [of_three_regions(home, targets)]
        rows.append(with_a_longer_history(home, rows[0].ours_s, targets))
        rows.append(in_an_engine(home, targets))
        if "--large" in sys.argv[1:]:
            rows.append(of_many_regions(home, targets))
    publish("live", rows, ["numpy", "polars", "numba"], targets=targets)
    for name, (found, largest) in targets.items():
        print(f"{name}: {found:.2f} (at most {largest:g}){'' if found <= largest else '  MISSED'}")


def of_three_regions(home: Path, targets: Targets) -> Row:
    """Compare an hour after a snapshot with an hour from nothing."""
    workspace = with_telemetry(home / "short", load_fleet(), int(SHORT_YEARS * HOURS_PER_YEAR))
    nothing, later = first_and_later_hours(workspace)
    targets["CPU of an hour after a snapshot, as a share of one from nothing"] = (later.cpu_s / nothing.cpu_s, 0.1)
    targets["CPU s of an hour after a snapshot, a whole process"] = (later.cpu_s, 1.5)
    return row_of(f"3 regions, {SHORT_YEARS} years, after a snapshot", later, "from nothing", nothing)


def with_a_longer_history(home: Path, short_s: float, targets: Targets) -> Row:
    """Compare an hour of a long history with one of a short history, both after a snapshot."""
    workspace = with_telemetry(home / "long", load_fleet(), int(LONG_YEARS * HOURS_PER_YEAR))
    nothing, later = first_and_later_hours(workspace)
    targets[f"CPU with {LONG_YEARS} years of history, times that with {SHORT_YEARS}"] = (later.cpu_s / short_s, 1.2)
    return row_of(f"3 regions, {LONG_YEARS} years, after a snapshot", later, "from nothing", nothing)


def in_an_engine(home: Path, targets: Targets) -> Row:
    """Time hours inside an engine that keeps running, with its snapshots."""
    fleet, settings = load_fleet(), Settings()
    hours = int(SHORT_YEARS * HOURS_PER_YEAR)
    telemetry = twin_telemetry(fleet, hours)
    engine = Engine(SnapshotStore(home / "engine", StateCodec(), "benchmark"))
    begin = time.process_time()
    engine.prepare(telemetry.hours(0, hours - HOURS), fleet, settings)
    nothing_s, seconds = time.process_time() - begin, []
    for last in range(hours - HOURS + 1, hours + 1):
        begin = time.process_time()
        engine.prepare(telemetry.hours(0, last), fleet, settings)
        seconds.append(time.process_time() - begin)
    targets["CPU s of an hour inside a running engine"] = (median(seconds), 0.3)
    later, nothing = Cost(cpu_s=median(seconds), peak_gb=0.0), Cost(cpu_s=nothing_s, peak_gb=0.0)
    return row_of(f"3 regions, {SHORT_YEARS} years, inside an engine", later, "from nothing", nothing)


def of_many_regions(home: Path, targets: Targets) -> Row:
    """Run an hour of 300 regions after a snapshot."""
    workspace = with_telemetry(home / "large", draw_world_fleet(LARGE_REGIONS, seed=1), LARGE_DAYS * HOURS_PER_DAY)
    nothing, later = first_and_later_hours(workspace)
    targets[f"CPU s of an hour of {LARGE_REGIONS} regions"] = (later.cpu_s, 20.0)
    targets[f"peak memory of an hour of {LARGE_REGIONS} regions [GB]"] = (later.peak_gb, 3.0)
    return row_of(f"{LARGE_REGIONS} regions, {LARGE_DAYS} days, after a snapshot", later, "from nothing", nothing)


def first_and_later_hours(workspace: Path) -> tuple[Cost, Cost]:
    """Return the cost of the first hour, and the median cost of the hours after it."""
    first, *later = (hour_of(workspace, LAST + number) for number in range(HOURS + 1))
    return first, Cost(cpu_s=median(cost.cpu_s for cost in later), peak_gb=max(cost.peak_gb for cost in later))


def hour_of(workspace: Path, at: np.datetime64) -> Cost:
    """Run `fleet headroom` at an hour."""
    words = ["headroom", "--home", str(workspace), "--fleet", str(workspace / "fleet.yaml"), "--at", f"{at}:00Z"]
    process = subprocess.Popen([sys.executable, "-m", "fleet.cli", *words], stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"fleet {' '.join(words)} failed")
    return Cost(cpu_s=usage.ru_utime + usage.ru_stime, peak_gb=usage.ru_maxrss / KB_PER_GB)


def with_telemetry(workspace: Path, fleet: Fleet, hours: int) -> Path:
    """Return a workspace with the telemetry of the twin."""
    workspace.mkdir()
    write_telemetry(workspace / "telemetry.parquet", twin_telemetry(fleet, hours))
    (workspace / "fleet.yaml").write_text(yaml.safe_dump(fleet.model_dump(mode="json")), encoding="utf-8")
    return workspace


def twin_telemetry(fleet: Fleet, hours: int) -> Telemetry:
    """Return hours of the twin up to some hours after LAST."""
    return make_twin(fleet, start=LAST + HOURS + 1 - np.timedelta64(hours, "h"), hours=hours, seed=7).telemetry


def row_of(case: str, ours: Cost, peer_name: str, peer: Cost) -> Row:
    """Return a row of two costs; quality is not compared, because the results are the same to the last bit."""
    return Row(
        case=case,
        ours_s=ours.cpu_s,
        peer=peer_name,
        peer_s=peer.cpu_s,
        ratio=peer.cpu_s / ours.cpu_s,
        quality_ours=0.0,
        quality_peer=0.0,
        peak_mb_ours=ours.peak_gb * 1_024 or None,
        peak_mb_peer=peer.peak_gb * 1_024 or None,
    )


if __name__ == "__main__":
    main()
