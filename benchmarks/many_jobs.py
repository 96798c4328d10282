"""Decides 200,000 jobs in one hour: arrays of tiny tasks, and jobs that all differ.

    python benchmarks/many_jobs.py [ROWS]

Each run is a whole process, `fleet decide --json`, with its imports, on the twin of the packaged fleet. The hour before
was forecast already, as it is in live operation. The peer is `fleet headroom` at the same hour, which decides nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from harness import Row, publish

from fleet.fleets import load_fleet
from fleet.storage.telemetry_store import write_telemetry
from fleet.twin import make_twin
from fleet.units import HOURS_PER_DAY

ROWS, TASKS = 200_000, 5_000
DAYS = 200
LAST = np.datetime64("2025-07-15T12", "h")
MOST_CPU_S = 60.0


def main() -> None:
    """Decide both tables, and publish the rows and the targets."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    rows, targets = [], {}
    for case, size in ((f"{count:,} tasks in arrays of {TASKS:,}", TASKS), (f"{count:,} jobs that differ", 1)):
        with tempfile.TemporaryDirectory() as folder:
            home = workspace(Path(folder) / "home")
            run("headroom", home, LAST - 1)
            jobs, result = Path(folder) / "jobs.parquet", Path(folder) / "result.json"
            table(count, size).write_parquet(jobs)
            peer_s, _ = run("headroom", home, LAST)
            begin = time.perf_counter()
            cpu_s, peak_mb = run("decide", home, LAST, "--jobs", str(jobs), "--json", str(result))
            decisions = json.loads(result.read_text(encoding="utf-8"))["decisions"]
        approved = sum(decision["region"] is not None for decision in decisions)
        print(f"{case}: {time.perf_counter() - begin:.0f} s, {approved:,} of {len(decisions):,} jobs got a place")
        rows.append(
            Row(
                case=case, ours_s=cpu_s, peer="fleet headroom", peer_s=peer_s, ratio=peer_s / cpu_s,
                quality_ours=0.0, quality_peer=0.0, peak_mb_ours=peak_mb,
            )
        )  # fmt: skip
        targets[f"CPU s of {case}"] = (cpu_s, MOST_CPU_S)
    publish("many_jobs", rows, ["numpy", "polars", "sqlalchemy", "pydantic"], targets=targets)
    for name, (found, largest) in targets.items():
        print(f"{name}: {found:.1f} (at most {largest:g}){'' if found <= largest else '  MISSED'}")


def run(command: str, home: Path, at: np.datetime64, *words: str) -> tuple[float, float]:
    """Run a command; return its CPU seconds and its peak memory [MB]."""
    options = ["--home", str(home), "--at", f"{at}:00Z", *words]
    line = [sys.executable, "-m", "fleet.cli", command, *options]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"fleet {command} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_024


def workspace(home: Path) -> Path:
    """Return a workspace with the twin's telemetry up to LAST."""
    fleet = load_fleet()
    home.mkdir()
    hours = DAYS * HOURS_PER_DAY
    start = LAST + 1 - np.timedelta64(hours, "h")
    write_telemetry(home / "telemetry.parquet", make_twin(fleet, start=start, hours=hours, seed=7).telemetry)
    (home / "fleet.yaml").write_text(yaml.safe_dump(fleet.model_dump(mode="json")), encoding="utf-8")
    return home


def table(count: int, size: int) -> pl.DataFrame:
    """Return tiny jobs in arrays of one size: equal jobs are neighbours."""
    random, arrays = np.random.default_rng(5), -(-count // size)
    first = LAST + 1
    duration_h, slack_h = random.integers(1, 13, arrays), random.integers(2, 37, arrays)
    homes = np.array(load_fleet().region_ids)[random.integers(0, len(load_fleet().regions), arrays)]
    columns = {
        "power_mw": np.round(random.uniform(0.0002, 0.003, arrays), 6),
        "duration_h": duration_h,
        "earliest_utc": (first + random.integers(-2, 1, arrays)).astype("datetime64[us]"),
        "deadline_utc": (first + duration_h + slack_h).astype("datetime64[us]"),
        "home_region": homes,
        "regions": np.where(random.random(arrays) < 0.5, "", homes),
        "data_gb": np.round(random.uniform(0.0, 50.0, arrays), 1),
    }
    frame = pl.DataFrame({name: np.repeat(values, size)[:count] for name, values in columns.items()})
    times = pl.col("earliest_utc", "deadline_utc").dt.replace_time_zone("UTC")
    return frame.with_columns(times, id=pl.format("job-{}", pl.int_range(count)))


if __name__ == "__main__":
    main()
