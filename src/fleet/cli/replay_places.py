"""Prints the breached jobs of a replay by season and horizon, and the contested ones by cause, region and season."""

from fleet.cli.output import print_line, print_table
from fleet.cli.rates import rate_text
from fleet.domain.clock import SEASONS
from fleet.replay.breakdown import MIN_JOBS, Cell, Count, LengthCell, weakest
from fleet.replay.closed_loop import Replay

_KINDS = ("season", "window")


def print_places(result: Replay) -> None:
    """Print two tables of breached and judged jobs, and in which region and season contested jobs breached most often.

    The last is printed for policies with a controller, and only cells with many contested jobs are compared.
    """
    breaches = {name: outcome.breaches for name, outcome in result.outcomes.items()}
    first = next(iter(breaches.values()))
    parts = [(kind, part) for kind in _KINDS for part in first.breakdown[kind]]
    print_table(
        "breached jobs / jobs judged",
        ("", *(part.replace(" ", "\n") for _, part in parts)),
        [
            (name, *(_count(figures.breakdown[kind][part]) for kind, part in parts))
            for name, figures in breaches.items()
        ],
        note="within horizon, past horizon: whether the last decision on the job had a forecast of the job's last hour",
    )
    causes = [
        (f"by {cause}", *(_count(figures.breakdown["contested by"][cause]) for figures in breaches.values()))
        for cause in first.breakdown["contested by"]
    ]
    by_length = [figures.contested_lengths for figures in breaches.values()]
    lengths: list[tuple[object, ...]] = []
    for name in dict.fromkeys(name for cells in by_length for name in cells):
        lengths.append((name, *(_count(cells.get(name)) for cells in by_length)))
        lengths.append((f"{name}: energy, %", *(_percent(cells.get(name)) for cells in by_length)))
    print_table(
        "contested jobs: breached / judged",
        ("", *(name.replace("_", "_\n") for name in breaches)),
        [*causes, *lengths, *_contested_rows(result)],
        note="by temperature: the forecast came within 3 K of a temperature limit; by load: contested for any other "
        "reason",
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


def _percent(cell: LengthCell | None) -> str:
    """Return the breached share of the energy."""
    return "-" if cell is None else f"{100 * cell.breach_rate_mwh:.2f}"


def _count(cell: Cell | Count | LengthCell | None) -> str:
    return "-" if cell is None else f"{cell.breached:,} / {cell.approved:,}"


def _weakest_sentence(policy: str, cell: Cell) -> str:
    return (
        f"{policy} is weakest in {cell.region}, {cell.season}: {cell.breached:,} of {cell.approved:,} judged contested "
        f"jobs breached, {rate_text(cell.breach_rate, cell.breach_interval_95)} %, which is "
        f"{cell.breached_mwh:,.0f} of {cell.mwh:,.0f} MWh (compared: regions and seasons with {MIN_JOBS} or more such "
        "jobs)"
    )
