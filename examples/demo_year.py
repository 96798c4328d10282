"""The table of the demo's year, from what `fleet demo --no-serve --json FILE` wrote: python examples/demo_year.py FILE.

With `--into README.md` it is put between its marks there. `--gates` tabulates what `fleet replay --ablate --json FILE`
wrote of the default policy with an ingredient changed at a time, for docs/method.md.
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


def contested(outcome: Outcome) -> str:
    """How many of the contested jobs that ran breached."""
    return percent(outcome, "contested_breach_rate", "contested_breach_interval_95")


def contested_mwh(outcome: Outcome) -> str:
    """The same of their energy."""
    return percent(outcome, "contested_breach_rate_mwh", "contested_breach_interval_95_mwh")


ROWS: Mapping[str, Callable[[Outcome], str]] = {
    "approved": lambda o: f"{o['approved']:,}",
    "withdrawn before they ran": lambda o: f"{o['withdrawn']:,}",
    "breached": lambda o: f"{o['breached_jobs']:,}",
    "breached, % [95 %]": lambda o: percent(o, "breach_rate", "breach_interval_95"),
    "contested and approved": lambda o: f"{o['contested_approved']:,}",
    "of them breached, % [95 %]": contested,
    "of their energy breached, % [95 %]": contested_mwh,
    "published bound of breached, %": lambda o: "" if o["breach_bound"] is None else f"{100 * o['breach_bound']:.2f}",
    "breached / approved, window within 24 h": lambda o: part(o, "window", "within horizon"),
    "breached / approved, window past 24 h": lambda o: part(o, "window", "past horizon"),
    "breached / contested by temperature": lambda o: part(o, "contested by", "temperature"),
    "safe jobs approved": lambda o: f"{o['safe_approved']:,}",
    "safe contested jobs approved": lambda o: f"{o['safe_contested_approved']:,}",
    "waiting, h, mean and 95 %": lambda o: f"{o['waited_h_mean']:.1f} and {o['waited_h_p95']:.0f}",
    "jobs not served": lambda o: f"{o['denied'] + o['withdrawn']:,}",
    "served MWh": lambda o: f"{o['served_mwh']:,.0f}",
    "carbon, kg per served MWh": lambda o: per_mwh(o, "carbon_t", 1_000),
    "water, L per served MWh": lambda o: per_mwh(o, "water_m3", 1_000),
    "cost, USD per served MWh": lambda o: f"{o['cost_per_served_mwh']:.1f}",
    "cost and penalty for what is not served, times the lower bound": lambda o: f"{o['times_bound']:.2f}",
}

ABLATION: Mapping[str, Callable[[Outcome], str]] = {
    "approved": lambda o: f"{o['approved']:,}",
    "contested": lambda o: f"{o['contested_approved']:,}",
    "of them breached, % [95 %]": contested,
    "of their energy, % [95 %]": contested_mwh,
    "served MWh": lambda o: f"{o['served_mwh']:,.0f}",
    "USD per MWh": lambda o: f"{o['cost_per_served_mwh']:.1f}",
}


def year_table(replay: Mapping[str, Any]) -> str:
    """A column a policy."""
    bound = replay["bound"]["objective"]
    outcomes = {
        name if name == "oracle" else f"`{name}`": own | {"times_bound": own["objective_usd"] / bound}
        for name, own in replay["policies"].items()
    }
    anyone = next(iter(outcomes.values()))
    totals = {
        "approved": anyone["jobs"],
        "safe jobs approved": anyone["safe_jobs"],
        "safe contested jobs approved": anyone["safe_contested"],
    }
    rows = []
    for name, cell in ROWS.items():
        label = f"{name} of {totals[name]:,}" if name in totals else name
        rows.append([label, *(cell(outcome) for outcome in outcomes.values())])
    return table(["", *outcomes], rows)


def ablation_table(replay: Mapping[str, Any]) -> str:
    """A row a variant of the default policy."""
    rows = [[name, *(cell(own) for cell in ABLATION.values())] for name, own in replay["ablation"].items()]
    return table(["", *ABLATION], rows)


def main() -> None:
    """Print the table, or put it into a page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("replay", type=Path, metavar="FILE")
    words.add_argument("--gates", action="store_true")
    words.add_argument("--into", type=Path, metavar="PAGE")
    asked = words.parse_args()
    replay = json.loads(asked.replay.read_text(encoding="utf-8"))
    text, mark = (ablation_table(replay), GATES_MARK) if asked.gates else (year_table(replay), MARK)
    print(text)
    if asked.into is not None:
        write_into(asked.into, mark, text)


if __name__ == "__main__":
    main()
