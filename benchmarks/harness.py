"""What every benchmark shares: paired timing, the machine, and one result file."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
REPEATS = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison. Seconds are medians of runs in turn, ratio is the peer's over ours: above 1, ours is faster."""

    case: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float
    quality_ours: float
    quality_peer: float


def compare(
    case: str, ours: Callable[[], float], peer_name: str, peer: Callable[[], float], *, repeats: int = REPEATS
) -> Row:
    """Time both in turn, so that a machine that slows down slows both. Each returns its quality, after one warm-up."""
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


def publish(name: str, rows: Sequence[Row], packages: Sequence[str]) -> None:
    """Write benchmarks/results/NAME.json and print the same as a table."""
    versions = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    machine = {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine()}
    RESULTS.mkdir(exist_ok=True)
    content = {"versions": versions, "machine": machine, "rows": [asdict(row) for row in rows]}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    table = Table(title=f"{name} ({', '.join(f'{key} {value}' for key, value in versions.items())})")
    for column in ("case", "ours s", "peer", "peer s", "ratio", "quality ours", "quality peer"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row.case,
            f"{row.ours_s:.3f}",
            row.peer,
            f"{row.peer_s:.3f}",
            f"{row.ratio:.1f}",
            f"{row.quality_ours:.4g}",
            f"{row.quality_peer:.4g}",
        )
    Console(width=140).print(table)


def _seconds(run: Callable[[], float]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
