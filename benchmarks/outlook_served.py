"""What outlooks add: error of the temperature forecast and served energy, with and without them.

    python benchmarks/outlook_served.py TWIN ZONES

TWIN is a folder of `fleet twin`, ZONES a folder of `examples/four_zones.py`. The outlooks of the zones are the runs of
the Global Forecast System (GFS) at 00 UTC in 2021, as regional means: an hour counts as issued at 05 UTC, when the run
is published, and each run ends with its day. One zone of the four has no runs. The replay of the zones begins in May
2021; the months before are learnt.

`served` is the energy that the policy `priced` serves, as a share of what the oracle serves that also knows the hours
beyond the horizon. Jobs wait for a better hour or are denied where bounds are wide.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from harness import Row, publish, shared_data, show

RUNS = {"ciso": "ciso", "erco": "erco", "de-lu": "de"}
PUBLISHED_H = 5
YEAR, ZONES_START = 2021, "2021-05-01"
POLICY, KNOWING = "priced", "far_oracle"
STEP_H = 6
HEADS = [
    *("case", "outlooks", "origins", "MAE, K", "energy served, % of the oracle's", "jobs approved"),
    *("contested breached", "cost, USD per served MWh"),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fleet with its files. test_start: None for the last year."""

    name: str
    fleet: Path
    telemetry: Path
    jobs: Path
    outlooks: Path
    regions: tuple[str, ...]
    test_start: str | None


def main() -> None:
    """Print one row per fleet, without and with outlooks."""
    lines, rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        for case in (twin_case(Path(sys.argv[1])), zones_case(Path(sys.argv[2]), Path(folder))):
            served, best_mwh = [], None
            for has_outlooks in (False, True):
                started = time.perf_counter()
                # The oracle knows the actual values, with or without outlooks.
                policies = replayed(case, has_outlooks, [POLICY] if best_mwh else [POLICY, KNOWING])
                best_mwh = best_mwh or policies[KNOWING]["served_mwh"]
                served.append(policies[POLICY]["served_mwh"] / best_mwh)
                lines.append(cells(case, has_outlooks, policies[POLICY], served[-1]))
                print(" | ".join(lines[-1]), file=sys.stderr, flush=True)
            rows.append(
                Row(
                    case=case.name, ours_s=time.perf_counter() - started, peer="without outlooks", peer_s=None,
                    ratio=None, quality_ours=served[1], quality_peer=served[0],
                )
            )  # fmt: skip
    show("Outlooks", HEADS, lines)
    publish("outlook_served", rows, ["numpy"])


def twin_case(twin: Path) -> Case:
    """Return the last year of a twin."""
    return Case(
        name="twin",
        fleet=twin / "fleet.yaml",
        telemetry=twin / "telemetry.parquet",
        jobs=twin / "jobs.parquet",
        outlooks=twin / "outlooks.parquet",
        regions=tuple(pl.read_parquet(twin / "telemetry.parquet")["region"].unique(maintain_order=True)),
        test_start=None,
    )


def zones_case(zones: Path, folder: Path) -> Case:
    """Write the year of the runs into a folder, and return it."""
    of_year = pl.col("time_utc").dt.year() == YEAR
    pl.read_parquet(zones / "telemetry.parquet").filter(of_year).write_parquet(folder / "telemetry.parquet")
    inside = (pl.col("earliest_utc").dt.year() == YEAR) & (pl.col("deadline_utc").dt.year() == YEAR)
    pl.read_parquet(zones / "made/jobs.parquet").filter(inside).write_parquet(folder / "jobs.parquet")
    pl.concat(runs(region, YEAR) for region in RUNS).write_parquet(folder / "outlooks.parquet")
    return Case(
        name=f"four zones, {YEAR}",
        fleet=zones / "fleet.yaml",
        telemetry=folder / "telemetry.parquet",
        jobs=folder / "jobs.parquet",
        outlooks=folder / "outlooks.parquet",
        regions=tuple(RUNS),
        test_start=ZONES_START,
    )


def runs(region: str, year: int) -> pl.DataFrame:
    """Return the runs of a region in a year as outlooks: the hours of a day from the publication of its run on."""
    name = f"ensembleci_{RUNS[region]}_2019-2021.parquet"
    hours = pl.read_parquet(shared_data() / "carbon_nwp" / name).filter(
        pl.col("time_utc").dt.year() == year, pl.col("time_utc").dt.hour() >= PUBLISHED_H
    )
    return hours.select(
        pl.lit(region).alias("region"),
        (pl.col("time_utc").dt.truncate("1d") + pl.duration(hours=PUBLISHED_H)).alias("issued_utc"),
        "time_utc",
        temperature_c="gfs_temp_c",
        dew_point_c="gfs_dew_point_c",
        wind_speed_m_s="gfs_wind_speed_m_s",
    )


def files(case: Case, has_outlooks: bool) -> list[str]:
    """Return the options that name the telemetry, the outlooks and the first hour."""
    options = ["--telemetry", str(case.telemetry)]
    options += ["--outlooks", str(case.outlooks)] if has_outlooks else []
    return options + (["--test-start", case.test_start] if case.test_start else [])


def replayed(case: Case, has_outlooks: bool, policies: list[str]) -> dict[str, Any]:
    """Return the scores of each policy."""
    options = ["--fleet", str(case.fleet), "--jobs", str(case.jobs), "--policies", ",".join(policies)]
    result: dict[str, Any] = fleet("replay", *files(case, has_outlooks), *options)["policies"]
    return result


def cells(case: Case, has_outlooks: bool, policy: dict[str, Any], share: float) -> list[str]:
    """Return the cells of one row."""
    options = ["--target", "temperature_c", "--step", str(STEP_H)]
    regions = fleet("evaluate", *files(case, has_outlooks), *options)["regions"]
    errors = [regions[region] for region in case.regions]
    return [
        case.name,
        "with" if has_outlooks else "without",
        f"{sum(error['origins'] for error in errors):,}",
        f"{sum(error['mae'] for error in errors) / len(errors):.2f}",
        f"{100 * share:.1f}",
        f"{policy['approved']:,} of {policy['jobs']:,}",
        f"{policy['contested_breached']:,} of {policy['contested_approved']:,}",
        f"{policy['cost_per_served_mwh']:.1f}",
    ]


def fleet(*arguments: str) -> dict[str, Any]:
    """Run the `fleet` command of the environment that runs this script, and return its JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        command = [str(Path(sys.executable).with_name("fleet")), *arguments, "--json", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return result


if __name__ == "__main__":
    main()
