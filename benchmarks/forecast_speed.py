"""Measures seconds, errors and memory of rolling forecasts, against common libraries and with more and more regions.

The series are temperatures of the twin without other columns; 24 leads. Each run is its own process on one thread, and
the contenders take turns. Seconds are of fitting and forecasting, without imports and reading. Quality is the mean
absolute error [°C]. Memory is the peak of the whole process. Our forecasters are direct and refitted every month. The
peers are recursive and fitted once. skforecast and mlforecast are in their own environment, which `make bench` makes.
Without this environment they are left out.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import contenders
import numpy as np
from contenders import Case
from harness import Row, publish

from fleet.domain.region import Fleet
from fleet.fleets import load_fleet
from fleet.twin import draw_world_fleet, make_twin
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

HERE = Path(__file__).parent
PEERS_PYTHON = HERE.parent / ".venv-peers" / "bin" / "python"
START = np.datetime64("2024-01-01", "h")
HOURS = 2 * HOURS_PER_YEAR + HOURS_PER_DAY
HORIZON = 24
SEED = 7
REPEATS = 3
GROWTH = (3, 30, 300)
# Largest accepted time for a fleet of 300 regions [s].
TARGETS_S = {"ridge": 30.0, "blend": 120.0}
ONE_THREAD = {f"{name}_THREADS": "1" for name in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "POLARS_MAX")}


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of one run."""

    seconds: float
    mae: float
    peak_mb: float


def main() -> None:
    """Run all cases and publish the rows."""
    fleet = temperatures(load_fleet())
    hourly, daily = case_of(fleet, step=1), case_of(fleet, step=HOURS_PER_DAY)
    rows = []
    title = f"3 regions x {len(hourly.origins):,} hourly origins"
    if PEERS_PYTHON.exists():
        found = in_turn(hourly, ("ridge", "blend", "skforecast"))
        rows += [row(f"{title}, {ours}", found, ours, "skforecast") for ours in ("ridge", "blend")]
        found = in_turn(daily, ("ridge", "blend", "mlforecast"))
        daily_title = f"3 regions x {len(daily.origins)} daily origins"
        rows += [row(f"{daily_title}, {ours}", found, ours, "mlforecast") for ours in ("ridge", "blend")]
    else:
        print("skforecast and mlforecast are left out, because their environment is missing; `make bench` makes it")
    squares = ("least_squares", "least_squares_together")
    found = in_turn(last_month(hourly), ("ridge", *squares))
    rows += [row(f"{title}, errors of the last month, ridge", found, "ridge", peer) for peer in squares]
    rows += growth()
    publish("forecast_speed", rows, ["numpy", "xgboost-cpu"], peers=peer_versions(), targets_s=TARGETS_S)
    for name, limit in TARGETS_S.items():
        taken = next(each.ours_s for each in rows if each.case == growth_case(GROWTH[-1], name))
        print(f"{GROWTH[-1]} regions, {name}: {taken:.1f} s, {'within' if taken < limit else 'above'} {limit:g} s")


def growth() -> list[Row]:
    """Measure our forecasters with more and more regions, against growth in proportion to the number of regions."""
    world = temperatures(draw_world_fleet(GROWTH[-1], SEED))
    rows = []
    for name in TARGETS_S:
        fewest = None
        for regions in GROWTH:
            # The largest fleet takes minutes. The others take seconds, so one run would not be precise enough.
            repeats = 1 if regions == GROWTH[-1] else REPEATS
            results = in_turn(case_of(world[:regions], step=HOURS_PER_DAY), (name,), repeats=repeats)[name]
            seconds = statistics.median(each.seconds for each in results)
            fewest = fewest or seconds
            linear = fewest * regions / GROWTH[0]
            rows.append(
                Row(
                    case=growth_case(regions, name),
                    ours_s=seconds,
                    peer=f"in proportion to {GROWTH[0]} regions",
                    peer_s=linear,
                    ratio=linear / seconds,
                    quality_ours=results[0].mae,
                    quality_peer=None,
                    peak_mb_ours=max(each.peak_mb for each in results),
                )
            )
    return rows


def growth_case(regions: int, name: str) -> str:
    """Return the name of a case: a year of daily origins after a year of hours."""
    return f"{regions} regions x 365 daily origins, {name}"


def temperatures(fleet: Fleet) -> FloatArray:
    """Return two years of temperatures of the twin, (region, hour)."""
    twin = make_twin(fleet, start=START, hours=HOURS, seed=SEED, only=frozenset({"weather"}))
    return twin.telemetry.column("temperature_c")


def case_of(observed: FloatArray, *, step: int) -> Case:
    """Return a case with a year of scored origins after a year of hours."""
    origins = HOURS_PER_YEAR - 1 + np.arange(0, HOURS_PER_YEAR, step)
    return Case(
        observed=observed[:, : int(origins[-1]) + HORIZON + 1],
        start=START,
        origins=origins,
        horizon=HORIZON,
        scored_from=int(origins[0]),
    )


def last_month(case: Case) -> Case:
    """Return the case with only the calendar month of the last origin scored."""
    month = case.time_utc[case.origins].astype("datetime64[M]")
    return Case(**{**vars(case), "scored_from": int(case.origins[month == month[-1]][0])})


def in_turn(case: Case, names: Sequence[str], *, repeats: int = REPEATS) -> Mapping[str, list[Result]]:
    """Run every contender once, then all again, so that a slow machine affects all contenders."""
    results: dict[str, list[Result]] = {name: [] for name in names}
    with TemporaryDirectory() as place:
        file = Path(place) / "case.npz"
        case.save(file)
        for _ in range(repeats):
            for name in names:
                results[name].append(run(name, file))
                print(
                    f"{name}, {len(case.observed)} regions, {len(case.origins)} origins: {results[name][-1]}",
                    flush=True,
                )
    return results


def run(name: str, file: Path) -> Result:
    """Run one contender in a new process."""
    python = PEERS_PYTHON if name in contenders.PEERS else Path(sys.executable)
    words = [str(python), str(HERE / "contenders.py"), name, str(file)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD})  # noqa: S603
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def row(case: str, found: Mapping[str, list[Result]], ours: str, peer: str) -> Row:
    """Return the row that compares one of our forecasters with a peer from the same turns."""
    mine, theirs = found[ours], found[peer]
    return Row(
        case=case,
        ours_s=statistics.median(each.seconds for each in mine),
        peer=peer,
        peer_s=statistics.median(each.seconds for each in theirs),
        ratio=statistics.median(their.seconds / my.seconds for my, their in zip(mine, theirs, strict=True)),
        quality_ours=mine[0].mae,
        quality_peer=theirs[0].mae,
        peak_mb_ours=max(each.peak_mb for each in mine),
        peak_mb_peer=max(each.peak_mb for each in theirs),
    )


def peer_versions() -> Mapping[str, str]:
    """Return the versions of the packages in the peers' environment."""
    if not PEERS_PYTHON.exists():
        return {}
    names = [*contenders.PEERS, "scikit-learn", "pandas", "numpy"]
    ask = (
        "import json, sys, importlib.metadata as m; print(json.dumps({each: m.version(each) for each in sys.argv[1:]}))"
    )
    told = subprocess.run([PEERS_PYTHON, "-c", ask, *names], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return json.loads(told.stdout)


if __name__ == "__main__":
    main()
