"""Prints the table of docs/demo_year.md from the result of a replay: python examples/demo_year.py FILE [--into PAGE]

FILE is the output of `fleet demo --no-serve --json FILE`. With `--into docs/demo_year.md`, the script writes the table
between its markers on that page. With `--gates`, FILE is the output of `fleet replay --ablate --json FILE`. The table
is then the table of docs/method.md: the default policy with one part changed at a time.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pages import table, write_into

MARK = "the demo's year"
GATES_MARK = "table of gates"
Outcome = Mapping[str, Any]


def percent(outcome: Outcome, rate: str, interval: str) -> str:
    """Format a rate and its interval in per cent."""
    low, high = outcome[interval]
    return f"{100 * outcome[rate]:.2f} [{100 * low:.2f}, {100 * high:.2f}]"


def breached_over_judged(outcome: Outcome, kind: str, name: str) -> str:
    """Format the counts of breached and judged jobs of one part of the jobs."""
    counts = outcome["breakdown"][kind][name]
    return f"{counts['breached']:,} / {counts['approved']:,}"


def bound_percent(bound: float | None) -> str:
    """Format a published bound in per cent; empty without one."""
    return "" if bound is None else f"{100 * bound:.2f}"


def per_mwh(outcome: Outcome, total: str, factor: float) -> str:
    """Format a total per served MWh of the hours in which it is known."""
    quantity, _, _ = total.partition("_")
    return f"{factor * outcome[total] / outcome[f'{quantity}_known_mwh']:,.0f}"


def contested_rate(outcome: Outcome) -> str:
    """Format the breached share of the contested jobs that ran and were judged."""
    return percent(outcome, "contested_breach_rate", "contested_breach_interval_95")


def contested_rate_mwh(outcome: Outcome) -> str:
    """Format the breached share of the energy of the contested jobs that ran and were judged."""
    return percent(outcome, "contested_breach_rate_mwh", "contested_breach_interval_95_mwh")


def long_rate(outcome: Outcome, rate: str, interval: str) -> str:
    """Format a breached share of the contested jobs of more than 24 h, and how many of them there are."""
    cell = outcome["contested_lengths"].get("over 24 h")
    return f"{percent(cell, rate, interval)} of {cell['approved']:,}" if cell else "none"


ROWS: Mapping[str, Callable[[Outcome], str]] = {
    "jobs approved": lambda o: f"{o['approved']:,}",
    "approved jobs that lost their place": lambda o: f"{o['withdrawn']:,}",
    "jobs breached": lambda o: f"{o['breached_jobs']:,}",
    "jobs breached, % [95 %]": lambda o: percent(o, "breach_rate", "breach_interval_95"),
    "contested jobs that ran": lambda o: f"{o['contested_approved']:,}",
    "contested jobs breached, % [95 %]": contested_rate,
    "contested energy breached, % [95 %]": contested_rate_mwh,
    "jobs over 24 h alone: contested jobs breached, % [95 %]": lambda o: long_rate(
        o, "breach_rate", "breach_interval_95"
    ),
    "jobs over 24 h alone: contested energy breached, % [95 %]": lambda o: long_rate(
        o, "breach_rate_mwh", "breach_interval_95_mwh"
    ),
    "guaranteed maximum breach rate, %": lambda o: bound_percent(o["breach_bound"]),
    "guaranteed maximum share of energy in breach, %": lambda o: bound_percent(o["energy_breach_bound"]),
    "breached / judged, end within 24 h": lambda o: breached_over_judged(o, "window", "within horizon"),
    "breached / judged, end past 24 h": lambda o: breached_over_judged(o, "window", "past horizon"),
    "breached / judged, contested by temperature": lambda o: breached_over_judged(o, "contested by", "temperature"),
    "safe jobs that ran": lambda o: f"{o['safe_approved']:,}",
    "safe contested jobs that ran": lambda o: f"{o['safe_contested_approved']:,}",
    "wait, h: mean and 95 % quantile": lambda o: f"{o['waited_h_mean']:.1f} and {o['waited_h_p95']:.0f}",
    "jobs not served": lambda o: f"{o['denied'] + o['withdrawn']:,}",
    "energy served, MWh": lambda o: f"{o['served_mwh']:,.0f}",
    "energy served, % of all jobs": lambda o: f"{100 * o['served_share']:.1f}",
    "carbon, kg per served MWh": lambda o: per_mwh(o, "carbon_t", 1_000),
    "water, L per served MWh": lambda o: per_mwh(o, "water_m3", 1_000),
    "cost, USD per served MWh": lambda o: f"{o['cost_per_served_mwh']:.1f}",
    "objective / lower bound": lambda o: f"{o['times_bound']:.2f}",
}

ABLATION: Mapping[str, Callable[[Outcome], str]] = {
    "jobs approved": lambda o: f"{o['approved']:,}",
    "contested jobs that ran": lambda o: f"{o['contested_approved']:,}",
    "contested jobs breached, % [95 %]": contested_rate,
    "contested energy breached, % [95 %]": contested_rate_mwh,
    "jobs over 24 h alone: contested energy breached, % [95 %]": lambda o: long_rate(
        o, "breach_rate_mwh", "breach_interval_95_mwh"
    ),
    "energy served, % of all jobs": lambda o: f"{100 * o['served_share']:.1f}",
    "cost, USD per served MWh": lambda o: f"{o['cost_per_served_mwh']:.1f}",
}


def year_table(replay: Mapping[str, Any]) -> str:
    """Return the table of the year, one column per policy."""
    bound = replay["bound"]["objective"]
    outcomes = {
        policy if policy.endswith("oracle") else f"`{policy}`": outcome
        | {"times_bound": outcome["objective_usd"] / bound}
        for policy, outcome in replay["policies"].items()
    }
    # These totals are the same for every policy.
    any_outcome = next(iter(outcomes.values()))
    totals = {
        "jobs approved": any_outcome["jobs"],
        "safe jobs that ran": any_outcome["safe_jobs"],
        "safe contested jobs that ran": any_outcome["safe_contested"],
    }
    rows = []
    for name, cell in ROWS.items():
        label = f"{name}, of {totals[name]:,}" if name in totals else name
        rows.append([label, *(cell(outcome) for outcome in outcomes.values())])
    return table(["", *outcomes], rows)


def ablation_table(replay: Mapping[str, Any]) -> str:
    """Return the table of variants of the default policy, one row per variant."""
    rows = [
        [variant, *(cell(outcome) for cell in ABLATION.values())] for variant, outcome in replay["ablation"].items()
    ]
    return table(["", *ABLATION], rows)


def main() -> None:
    """Print the table, and write it into a page if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("replay", type=Path, metavar="FILE")
    parser.add_argument("--gates", action="store_true", help="make the table of variants instead")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the table between its markers on this page")
    options = parser.parse_args()
    replay = json.loads(options.replay.read_text(encoding="utf-8"))
    text, mark = (ablation_table(replay), GATES_MARK) if options.gates else (year_table(replay), MARK)
    print(text)
    if options.into is not None:
        write_into(options.into, mark, text)


if __name__ == "__main__":
    main()
