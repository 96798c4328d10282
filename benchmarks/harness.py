"""Functions that all benchmarks share: paired timing, the path of the shared data, tables, and one result file."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
DATA = Path(os.environ.get("FLEET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
REPEATS = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison.

    Seconds are medians of alternating runs. `ratio` is the peer's seconds over ours; above 1, ours is faster. A value
    that a peer did not publish or does not have is None.
    """

    case: str
    ours_s: float
    peer: str
    peer_s: float | None
    ratio: float | None
    quality_ours: float
    quality_peer: float | None
    peak_mb_ours: float | None = None
    peak_mb_peer: float | None = None


def compare(
    case: str, ours: Callable[[], float], peer_name: str, peer: Callable[[], float], *, repeats: int = REPEATS
) -> Row:
    """Time both in turn, so that a slow machine affects both.

    Each callable returns its quality. One warm-up run comes first.
    """
    quality_ours, quality_peer = ours(), peer()
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(repeats)]
    return Row(
        case=case,
        ours_s=statistics.median(mine for mine, _ in pairs),
        peer=peer_name,
        peer_s=statistics.median(theirs for _, theirs in pairs),
        ratio=statistics.median(theirs / mine for mine, theirs in pairs),
        quality_ours=quality_ours,
        quality_peer=quality_peer,
    )


def shared_data() -> Path:
    """Return the folder of real data. Without this folder, the benchmark prints a line and ends with exit code 0."""
    if not DATA.is_dir():
        print("nothing is compared, because the shared data are missing; set FLEET_SHARED_DATA to their folder")
        sys.exit(0)
    return DATA


def keep(name: str, rows: Sequence[Row], packages: Sequence[str], **more: object) -> str:
    """Write the rows, and the further keys in `more`, to benchmarks/results/NAME.json; return a title with versions."""
    versions = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    machine = {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine()}
    RESULTS.mkdir(exist_ok=True)
    content = {"versions": versions, "machine": machine, "rows": [_kept(row) for row in rows], **more}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return f"{name} ({', '.join(f'{key} {value}' for key, value in versions.items())})"


def publish(name: str, rows: Sequence[Row], packages: Sequence[str], **more: object) -> None:
    """Write the rows as `keep` does, and print them."""
    title = keep(name, rows, packages, **more)
    header = ["case", "ours s", "peer", "peer s", "ratio", "quality ours", "quality peer"]
    lines = [
        [
            row.case,
            f"{row.ours_s:.3f}",
            row.peer,
            _number(row.peer_s, ".3f"),
            _number(row.ratio, ".2f"),
            f"{row.quality_ours:.4g}",
            _number(row.quality_peer, ".4g"),
            _number(row.peak_mb_ours, ".0f"),
            _number(row.peak_mb_peer, ".0f"),
        ]
        for row in rows
    ]
    measured = any(row.peak_mb_ours is not None for row in rows)
    header += ["MB ours", "MB peer"] if measured else []
    show(title, header, [line[: len(header)] for line in lines])


def show(title: str, header: Sequence[str], lines: Sequence[Sequence[str]], *, markdown: bool = False) -> None:
    """Print a table for a terminal, or as Markdown. The first column names the line."""
    if markdown:
        rule = ["---", *["---:"] * (len(header) - 1)]
        print(f"{title}\n")
        print("\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines)))
        return
    table = Table(title=title)
    for column in header:
        table.add_column(column)
    for line in lines:
        table.add_row(*line)
    Console(width=160).print(table)


def _kept(row: Row) -> dict[str, object]:
    """Return the row as a dictionary. Peaks of memory are left out if they were not measured."""
    return {key: value for key, value in asdict(row).items() if value is not None or not key.startswith("peak")}


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _seconds(run: Callable[[], float]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
