"""Measures what the quality rules cost: beside the ingest of a year of 300 regions, and in a live hour.

    python benchmarks/quality_cost.py

Both are CPU seconds inside one process, after the rules were compiled. The peer of each case is the same work without
the rules. The last lines have the share of each rule in the judgement of two years.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from harness import Row, publish

from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.preparation.settings import Settings
from fleet.quality import RULES, View
from fleet.quality.gate import hold
from fleet.storage.telemetry_store import write_telemetry
from fleet.storage.workspace import Workspace
from fleet.twin import draw_world_fleet, make_twin
from fleet.workflows.decide_hour import HourRequest, record_hour
from fleet.workflows.ingest import ingest_table

BEGIN = np.datetime64("2024-01-01T00", "h")
REGIONS, YEAR_H, LIVE_H = 300, 8_784, 2 * 8_784
REPEATS, HOURS = 3, 5
MOST_INGEST, MOST_HOUR = 1.5, 1.05


def main() -> None:
    """Run both cases, and publish the rows and the targets."""
    rows = [of_ingest(), of_a_live_hour()]
    targets = {"ingest with the rules, times without": MOST_INGEST, "a live hour with the rules": MOST_HOUR}
    publish("quality_cost", rows, ["numpy", "numba", "polars"])
    for row, (name, largest) in zip(rows, targets.items(), strict=True):
        found = 1 / (row.ratio or 1)
        print(f"{name}: {found:.2f} (at most {largest:g}){'' if found <= largest else '  MISSED'}")
    print_shares()


def of_ingest() -> Row:
    """Compare the ingest of a year with and without the rules."""
    fleet = draw_world_fleet(REGIONS, seed=1)
    telemetry = make_twin(fleet, start=BEGIN, hours=YEAR_H, seed=7).telemetry
    compile_rules(telemetry, fleet)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "telemetry.parquet"
        telemetry.to_frame().write_parquet(file)
        without = [seconds_of(lambda: ingested(file)) for _ in range(REPEATS)]
        rules = [seconds_of(lambda: hold(telemetry, fleet=fleet)) for _ in range(REPEATS)]
    return row_of(f"ingest of {REGIONS} regions, a year", median(without) + median(rules), median(without))


def of_a_live_hour() -> Row:
    """Compare a live hour of the default fleet, from the stored telemetry to the pages, with and without the rules."""
    fleet = load_fleet()
    telemetry = make_twin(fleet, start=BEGIN, hours=LIVE_H, seed=7).telemetry
    compile_rules(telemetry, fleet)
    hours, rules = [], []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        write_telemetry(workspace.telemetry, telemetry)
        # The first hour learns the whole history. Each later one continues from the snapshot before it.
        for at in telemetry.time_utc[-HOURS - 1 :]:
            now_utc = f"{at + np.timedelta64(1, 'h')}:30:00Z"
            request = HourRequest(workspace=workspace, fleet=fleet, settings=Settings(), now_utc=now_utc, at=at)
            hours.append(seconds_of(lambda request=request: record_hour(request)))
            known = telemetry.hours(0, telemetry.position(at) + 1)
            rules.append(seconds_of(lambda known=known: hold(known, fleet=fleet)))
            if request.notes:
                raise RuntimeError("; ".join(request.notes))
    whole = median(hours[1:])
    return row_of("a live hour of 3 regions, two years", whole, whole - median(rules[1:]))


def print_shares() -> None:
    """Print the share of each rule in the time that two years of the default fleet take."""
    fleet = load_fleet()
    telemetry = make_twin(fleet, start=BEGIN, hours=LIVE_H, seed=7).telemetry
    released = {column: np.zeros(values.shape, dtype=np.bool_) for column, values in telemetry.values.items()}
    view = View(
        regions=telemetry.regions, time_utc=telemetry.time_utc, values=telemetry.values, released=released, fleet=fleet
    )
    spent = {
        name: median(seconds_of(lambda rule=rule: rule().doubtful(view)) for _ in range(REPEATS))
        for name, rule in RULES.items()
    }
    for name, rule_s in sorted(spent.items(), key=lambda entry: -entry[1]):
        print(f"{name}: {100 * rule_s / sum(spent.values()):.0f} % of the rules")


def ingested(file: Path) -> None:
    """Store a file in a new workspace."""
    frame = pl.scan_parquet(file).select("time_utc").max().collect()
    with tempfile.TemporaryDirectory() as home:
        stored_utc = f"{frame['time_utc'][0]:%Y-%m-%dT%H:59:59Z}"
        ingest_table(Workspace(Path(home)), [file], region=None, stored_utc=stored_utc)


def compile_rules(telemetry: Telemetry, fleet: Fleet) -> None:
    """Run the rules once on some regions, so that compilation is not timed."""
    hold(telemetry.select(telemetry.regions[:3]).hours(0, 3_000), fleet=fleet)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def row_of(case: str, with_rules_s: float, without_s: float) -> Row:
    """Return a row; below a ratio of 1, the rules cost something. Quality is not compared."""
    return Row(
        case=case,
        ours_s=with_rules_s,
        peer="without the rules",
        peer_s=without_s,
        ratio=without_s / with_rules_s,
        quality_ours=0.0,
        quality_peer=0.0,
    )


if __name__ == "__main__":
    main()
