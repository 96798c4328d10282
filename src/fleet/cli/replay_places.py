"""Counts the breaches of a replay by season and window, and the breaches of contested jobs by region and season."""

from fleet.cli.output import print_line, print_table
from fleet.cli.rates import rate_text
from fleet.domain.clock import SEASONS
from fleet.replay.breakdown import Cell, Count, weakest
from fleet.replay.closed_loop import Replay

_KINDS = ("season", "window")


def print_places(result: Replay) -> None:
    """Print counts of breached jobs and, for each policy with a bound, the region and season with the highest rate."""
    breaches = {name: outcome.breaches for name, outcome in result.outcomes.items()}
    first = next(iter(breaches.values()))
    parts = [(kind, part) for kind in _KINDS for part in first.breakdown[kind]]
    print_table(
        "breached jobs / jobs that ran",
        ("", *(part.replace(" ", "\n") for _, part in parts)),
        [
            (name, *(_count(figures.breakdown[kind][part]) for kind, part in parts))
            for name, figures in breaches.items()
        ],
        note="within horizon, past horizon: the job's last hour, seen from its decision",
    )
    causes = [
        (f"by {cause}", *(_count(figures.breakdown["contested by"][cause]) for figures in breaches.values()))
        for cause in first.breakdown["contested by"]
    ]
    print_table(
        "contested jobs: breached / ran",
        ("", *(name.replace("_", "_\n") for name in breaches)),
        [*causes, *_contested_rows(result)],
        note="by temperature, by load: the kind of limit that the job comes close to",
    )
    for name, figures in breaches.items():
        cell = weakest(figures.contested_cells)
        if cell is not None and figures.breach_bound is not None:
            print_line(_weakest_sentence(name, cell))


def _contested_rows(result: Replay) -> list[tuple[object, ...]]:
    by_policy = [
        {(cell.region, cell.season): cell for cell in outcome.breaches.contested_cells}
        for outcome in result.outcomes.values()
    ]
    places = [(region, season) for region in result.actuals.fleet.region_ids for season in SEASONS]
    return [
        (f"{region}, {season}", *[_count(cells.get((region, season))) for cells in by_policy])
        for region, season in places
        if any((region, season) in cells for cells in by_policy)
    ]


def _count(cell: Cell | Count | None) -> str:
    return "-" if cell is None else f"{cell.breached:,} / {cell.approved:,}"


def _weakest_sentence(policy: str, cell: Cell) -> str:
    return (
        f"{policy} is weakest in {cell.region}, {cell.season}: {cell.breached:,} of {cell.approved:,} contested jobs "
        f"breached, {rate_text(cell.breach_rate, cell.breach_interval_95)} %, which is "
        f"{cell.breached_mwh:,.0f} of {cell.mwh:,.0f} MWh"
    )
