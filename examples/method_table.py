"""The table of methods of docs/method.md: python examples/method_table.py RESULT [--into PAGE]

RESULT is benchmarks/results/conformal_bands.json, which benchmarks/conformal_bands.py writes.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

from pages import table, write_into

MARK = "table of methods"
DEFAULT = "tracker"
HEADER = (
    "method",
    "Winkler, of the best simple",
    "94.5 to 95.5 % covered",
    "worst block ≥ 88.5 %",
    "≥ 90 %",
    "infinite",
    "paths 94 to 96 %",
    "path width",
)


def methods_table(result: Mapping[str, Any]) -> str:
    """A row a method: ratios and counts over the series."""
    series = result["measures"]
    simple = [name for name in next(iter(series.values())) if name != DEFAULT]
    best = {name: min(each[method]["winkler"] for method in simple) for name, each in series.items()}
    rows = []
    for method in (*simple, DEFAULT):
        own = {name: each[method] for name, each in series.items()}
        infinite = 100 * sum(each["infinite_share"] for each in own.values()) / len(own)
        rows.append(
            [
                f"`{method}`" if method in ("split", "aci", DEFAULT) else method,
                f"{geometric_mean(each['winkler'] / best[name] for name, each in own.items()):.3f}",
                count(own, "coverage", 0.945, 0.955),
                count(own, "worst_block", 0.885, 1),
                count(own, "worst_block", 0.90, 1),
                f"{infinite:.1f} %",
                count(own, "path_coverage", 0.94, 0.96),
                f"{median(each['path_over_hour'] for each in own.values()):.2f}",
            ]
        )
    return table(HEADER, rows)


def count(own: Mapping[str, Mapping[str, float]], measure: str, low: float, high: float) -> str:
    """How many series lie within."""
    return f"{sum(low <= each[measure] <= high for each in own.values())} of {len(own)}"


def main() -> None:
    """Print the table, or put it into a page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("result", type=Path)
    words.add_argument("--into", type=Path, metavar="PAGE")
    asked = words.parse_args()
    text = methods_table(json.loads(asked.result.read_text(encoding="utf-8")))
    print(text)
    if asked.into is not None:
        write_into(asked.into, MARK, text)


if __name__ == "__main__":
    main()
