"""Compares the time of `fleet twin`, including imports and writing, with a lower limit.

No peer makes such years. The lower limit is a new process that draws as many normal numbers as the twin uses, and reads
and writes the same Parquet files, but computes nothing else. Both keep their bytecode, as an installed command does.
Quality is the peak memory of the process in MB; less is better.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import Row, compare, publish

# Numbers per region and hour: 39 for the series of the weather, 7 for the grid, 2 for the load and 1 for the jobs. Each
# of 5 forecast quantities needs 1 + 17 numbers every 6 h, and 3 of them one more every hour. The sum is 39 + 7 + 2 + 1
# + 15 + 3.
NORMALS_PER_REGION_HOUR = 67
KB_PER_MB = 1_024

COMMAND = "from fleet.cli import main; main()"
FLOOR = """
import sys
from pathlib import Path
import numpy as np
import pyarrow.parquet as pq

hours, regions, numbers, made, out = *map(int, sys.argv[1:4]), *map(Path, sys.argv[4:])
rng = np.random.default_rng(7)
for _ in range(regions):
    rng.standard_normal(hours * numbers)
for path in sorted(made.glob("*.parquet")):
    table = pq.ParquetFile(path)
    with pq.ParquetWriter(out / path.name, table.schema_arrow, compression="zstd", compression_level=1) as writer:
        for group in range(table.num_row_groups):
            writer.write_table(table.read_row_group(group))
"""


def main() -> list[Row]:
    """Measure two years of the packaged fleet, and a year of 300 regions around the world."""
    return [
        row("3 regions x 17,544 h, all parts, written", ["--hours", "17544"], hours=17_544, regions=3),
        row("300 regions x 8,760 h, all parts, written", ["--hours", "8760", "--regions", "300"], 8_760, 300),
    ]


def row(case: str, words: list[str], hours: int, regions: int) -> Row:
    """Compare both in new processes. Each process writes to its own folder."""
    with TemporaryDirectory() as place:
        made, copied, bytecode = (Path(place) / name for name in ("made", "copied", "bytecode"))
        copied.mkdir()
        counts = [str(hours), str(regions), str(NORMALS_PER_REGION_HOUR)]
        return compare(
            case,
            lambda: peak_mb([COMMAND, "twin", "--out", str(made), *words], bytecode),
            "floor: as many normal numbers, the same Parquet",
            lambda: peak_mb([FLOOR, *counts, str(made), str(copied)], bytecode),
            repeats=3,
        )


def peak_mb(words: list[str], bytecode: Path) -> float:
    """Run Python on a program text with arguments, and return its peak memory. Raises: RuntimeError if it fails."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(bytecode)
    process = subprocess.Popen([sys.executable, "-c", *words], stdout=subprocess.DEVNULL, env=kept)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"a process ended with {process.returncode}, expected 0; its error message is above")
    return usage.ru_maxrss / KB_PER_MB


if __name__ == "__main__":
    publish("twin", main(), ["numpy", "scipy", "polars", "pyarrow"])
