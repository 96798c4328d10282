"""The table of the demo's year, from what `fleet demo --no-serve --json FILE` wrote: python examples/demo_year.py FILE.

With `--into README.md` it is put between its marks there.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pages import table, write_into

MARK = "the demo's year"
Outcome = Mapping[str, Any]


def percent(outcome: Outcome, rate: str, interval: str) -> str:
    """A rate with its interval, in per cent."""
    low, high = outcome[interval]
    return f"{100 * outcome[rate]:.2f} [{100 * low:.2f}, {100 * high:.2f}]"


def part(outcome: Outcome, kind: str, name: str) -> str:
    """Breached over approved of a part of the jobs."""
    counts = outcome["breakdown"][kind][name]
    return f"{counts['breached']:,} / {counts['approved']:,}"


def per_mwh(outcome: Outcome, total: str, factor: float) -> str:
    """A total for each MWh that was served and whose cost is known."""
    return f"{factor * outcome[total] / outcome['known_mwh']:,.0f}"


ROWS: Mapping[str, Callable[[Outcome], str]] = {
    "approved": lambda o: f"{o['approved']:,}",
    "breached": lambda o: f"{o['breached_jobs']:,}",
    "breached, % [95 %]": lambda o: percent(o, "breach_rate", "breach_interval_95"),
    "contested and approved": lambda o: f"{o['contested_approved']:,}",
    "of them breached, % [95 %]": lambda o: percent(o, "contested_breach_rate", "contested_breach_interval_95"),
    "breached / approved, window within 24 h": lambda o: part(o, "window", "within horizon"),
    "breached / approved, window past 24 h": lambda o: part(o, "window", "past horizon"),
    "breached / contested by temperature": lambda o: part(o, "contested by", "temperature"),
    "safe jobs approved": lambda o: f"{o['safe_approved']:,}",
    "served MWh": lambda o: f"{o['served_mwh']:,.0f}",
    "carbon, kg per served MWh": lambda o: per_mwh(o, "carbon_t", 1_000),
    "water, L per served MWh": lambda o: per_mwh(o, "water_m3", 1_000),
    "cost, USD per served MWh": lambda o: f"{o['cost_per_served_mwh']:.1f}",
}


def year_table(replay: Mapping[str, Any]) -> str:
    """A column a policy."""
    policies = replay["policies"]
    anyone = next(iter(policies.values()))
    totals = {"approved": anyone["jobs"], "safe jobs approved": anyone["safe_jobs"]}
    rows = []
    for name, cell in ROWS.items():
        label = f"{name} of {totals[name]:,}" if name in totals else name
        rows.append([label, *(cell(outcome) for outcome in policies.values())])
    return table(["", *(name if name == "oracle" else f"`{name}`" for name in policies)], rows)


def main() -> None:
    """Print the table, or put it into a page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("replay", type=Path, metavar="FILE")
    words.add_argument("--into", type=Path, metavar="PAGE")
    asked = words.parse_args()
    text = year_table(json.loads(asked.replay.read_text(encoding="utf-8")))
    print(text)
    if asked.into is not None:
        write_into(asked.into, MARK, text)


if __name__ == "__main__":
    main()
