"""Measures `fleet replay` on tables: a year of 175,000 jobs in closed loop, including forecasts and scores.

The twin makes 6.75 times the usual number of jobs, each with 1 / 6.75 of its usual power, so that their total power is
as usual. The command runs once with the default policy and the oracle, and once with all policies on the same
forecasts. The command itself reports the seconds of its stages. A first run compiles all functions, so that compilation
is not measured. There is no peer. Quality is the share of approved jobs. TARGETS has the targets.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import yaml
from harness import Row, publish

from fleet.fleets import dump_fleet, load_fleet
from fleet.placement import DEFAULT_POLICY, POLICIES

MANY = 6.75
COMMAND = "from fleet.cli import main; main()"
KB_PER_MB = 1_024
TARGETS = {
    "loop of the default policy [s]": 10.0,
    "everything, default policy [s]": 60.0,
    "everything, all policies [s]": 120.0,
    "peak [MB]": 3_000.0,
}


def main() -> None:
    """Make the year, replay it twice and publish the rows."""
    with TemporaryDirectory() as place:
        where = Path(place)
        words = made(where)
        # This run on one month compiles all functions.
        run(where, [*words, "--test-start", "2025-12-01", "--policies", ",".join(POLICIES)])
        alone, alone_mb = run(where, [*words, "--policies", DEFAULT_POLICY])
        every, every_mb = run(where, [*words, "--policies", ",".join(POLICIES)])
    rows = [row(f"loop of {name}", every["seconds"][name], every["policies"][name], None) for name in POLICIES]
    default = alone["policies"][DEFAULT_POLICY]
    rows.append(row("everything, default policy and oracle", alone["seconds"]["total"], default, alone_mb))
    rows.append(row("everything, all policies", every["seconds"]["total"], every["policies"][DEFAULT_POLICY], every_mb))
    publish(
        "replay",
        rows,
        ["numpy", "numba", "polars"],
        jobs=default["jobs"],
        stages=alone["seconds"],
        targets=TARGETS,
        reached={
            "loop of the default policy [s]": alone["seconds"][DEFAULT_POLICY],
            "everything, default policy [s]": alone["seconds"]["total"],
            "everything, all policies [s]": every["seconds"]["total"],
            "peak [MB]": max(alone_mb, every_mb),
        },
    )


def made(where: Path) -> list[str]:
    """Make two years of telemetry, outlooks and jobs. Return the options of `fleet replay` for the second year."""
    fleet = yaml.safe_load(dump_fleet(load_fleet()))
    for region in fleet["regions"]:
        region["twin"]["jobs_per_day"] = MANY * region["twin"]["jobs_per_day"]
    (where / "fleet.yaml").write_text(yaml.safe_dump(fleet, sort_keys=False), encoding="utf-8")
    own = ["--fleet", str(where / "fleet.yaml")]
    subprocess.run([sys.executable, "-c", COMMAND, "twin", "--out", str(where / "made"), *own], check=True)  # noqa: S603
    jobs = pl.read_parquet(where / "made/jobs.parquet").with_columns(pl.col("power_mw") / MANY)
    jobs.filter(pl.col("earliest_utc").dt.year() == pl.col("earliest_utc").dt.year().max()).write_parquet(
        where / "jobs.parquet"
    )
    tables = ["--telemetry", str(where / "made/telemetry.parquet"), "--outlooks", str(where / "made/outlooks.parquet")]
    return [*own, *tables, "--jobs", str(where / "jobs.parquet")]


def run(where: Path, words: list[str]) -> tuple[dict, float]:
    """Return the JSON of the command, with the wall time of the process as total seconds, and its peak memory [MB]."""
    out = where / "replay.json"
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "replay", *words, "--json", str(out)])  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"fleet replay ended with {status}")
    found = json.loads(out.read_text(encoding="utf-8"))
    found["seconds"]["total"] = time.perf_counter() - began
    return found, usage.ru_maxrss / KB_PER_MB


def row(case: str, seconds: float, outcome: dict, peak_mb: float | None) -> Row:
    """Return a row without a peer."""
    return Row(
        case=case,
        ours_s=seconds,
        peer="",
        peer_s=None,
        ratio=None,
        quality_ours=outcome["approved"] / outcome["jobs"],
        quality_peer=None,
        peak_mb_ours=peak_mb,
    )


if __name__ == "__main__":
    main()
