"""Where the breaches of a replay are: by season and window, and of contested jobs by region and season."""

from rich.text import Text

from fleet.cli.output import console, print_table
from fleet.cli.replay_tables import rate_text
from fleet.domain.clock import SEASONS
from fleet.replay.breakdown import Cell, Count, weakest
from fleet.replay.closed_loop import Replay

_KINDS = ("season", "window")


def print_places(result: Replay) -> None:
    """Counts of breached jobs and of those that ran, and in which place each bounded policy is weakest."""
    outcomes = result.outcomes
    parts = [(kind, part) for kind in _KINDS for part in next(iter(outcomes.values())).breakdown[kind]]
    print_table(
        "where the breaches are: breached / ran",
        ("", *(part.replace(" ", "\n") for _, part in parts)),
        [(name, *(_count(o.breakdown[kind][part]) for kind, part in parts)) for name, o in outcomes.items()],
        note="within and past the horizon: where the job's last hour lies as it is decided",
    )
    by = next(iter(outcomes.values())).breakdown["contested by"]
    print_table(
        "contested jobs: breached / ran",
        ("", *(name.replace("_", "_\n") for name in outcomes)),
        [
            *((f"by {what}", *(_count(o.breakdown["contested by"][what]) for o in outcomes.values())) for what in by),
            *_contested_rows(result),
        ],
        note="by: the limit that they come close to",
    )
    for name, each in outcomes.items():
        weak = weakest(each.contested_cells)
        if weak is not None and each.breach_bound is not None:
            console.print(Text(_where(name, weak)), soft_wrap=True)


def _contested_rows(result: Replay) -> list[tuple[object, ...]]:
    found = [{(each.region, each.season): each for each in o.contested_cells} for o in result.outcomes.values()]
    places = [(region, season) for region in result.actuals.fleet.region_ids for season in SEASONS]
    return [
        (f"{region}, {season}", *[_count(of.get((region, season))) for of in found])
        for region, season in places
        if any((region, season) in of for of in found)
    ]


def _count(cell: Cell | Count | None) -> str:
    return "-" if cell is None else f"{cell.breached:,} / {cell.approved:,}"


def _where(policy: str, cell: Cell) -> str:
    return (
        f"{policy} is weakest in {cell.region}, {cell.season}: {cell.breached:,} of {cell.approved:,} contested "
        f"approvals breached, {rate_text(cell.breach_rate, cell.breach_interval_95)} %, and "
        f"{cell.breached_mwh:,.0f} of {cell.mwh:,.0f} MWh"
    )
