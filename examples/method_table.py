"""Prints the table of methods of docs/method.md: python examples/method_table.py RESULT [--into PAGE]

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
    "Winkler score / best simple method",
    "coverage 94.5 to 95.5 %",
    "worst block ≥ 88.5 %",
    "worst block ≥ 90 %",
    "infinite bounds",
    "path coverage 94 to 96 %",
    "path width / hourly width",
)


def methods_table(result: Mapping[str, Any]) -> str:
    """Return the table, one row per method: ratios, and numbers of series whose measure lies in a range."""
    all_series = result["measures"]
    simple = [method for method in next(iter(all_series.values())) if method != DEFAULT]
    best = {series: min(measures[method]["winkler"] for method in simple) for series, measures in all_series.items()}
    rows = []
    for method in (*simple, DEFAULT):
        by_series = {series: measures[method] for series, measures in all_series.items()}
        infinite = 100 * sum(measures["infinite_share"] for measures in by_series.values()) / len(by_series)
        ratios = (measures["winkler"] / best[series] for series, measures in by_series.items())
        rows.append(
            [
                f"`{method}`" if method in ("split", "aci", DEFAULT) else method,
                f"{geometric_mean(ratios):.3f}",
                count(by_series, "coverage", 0.945, 0.955),
                count(by_series, "worst_block", 0.885, 1),
                count(by_series, "worst_block", 0.90, 1),
                f"{infinite:.1f} %",
                count(by_series, "path_coverage", 0.94, 0.96),
                f"{median(measures['path_over_hour'] for measures in by_series.values()):.2f}",
            ]
        )
    return table(HEADER, rows)


def count(by_series: Mapping[str, Mapping[str, float]], measure: str, low: float, high: float) -> str:
    """Count the series whose measure lies in [low, high]."""
    return f"{sum(low <= measures[measure] <= high for measures in by_series.values())} of {len(by_series)}"


def main() -> None:
    """Print the table, and write it into a page if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path)
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the table between its markers on this page")
    options = parser.parse_args()
    text = methods_table(json.loads(options.result.read_text(encoding="utf-8")))
    print(text)
    if options.into is not None:
        write_into(options.into, MARK, text)


if __name__ == "__main__":
    main()
