"""`fleet replay`: a year of each policy in closed loop."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import FleetOption, JsonOption, OutlooksOption, first_of, read_jobs
from fleet.cli.output import console, print_table, stage_bars
from fleet.domain.clock import SEASONS, parse_hour
from fleet.files import write_json
from fleet.fleets import load_fleet
from fleet.pipeline import Settings
from fleet.placement import DEFAULT_POLICY, POLICIES
from fleet.replay.breakdown import Cell, weakest
from fleet.replay.closed_loop import Replay, replay
from fleet.replay.outcomes import Outcome
from fleet.sources import table


def command(
    telemetry: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat to join.")],
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, a row a job.")],
    outlooks: OutlooksOption = None,
    fleet: FleetOption = None,
    policies: Annotated[
        str, typer.Option(metavar="A,B,C", help=f"Some of {', '.join(POLICIES)}; the oracle is always added.")
    ] = ",".join(POLICIES),
    test_start: Annotated[
        str | None, typer.Option(metavar="T", help="Replay from here on; default the last 8,760 h.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the bounds that may approve, one-sided.")] = 0.95,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also the default policy on each gate, and without its controller.")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Replay history hour by hour, policies side by side, scored by what really happened."""
    settings = Settings(confidence=confidence)
    who = load_fleet(fleet)
    work = read_jobs(jobs, who)
    observed = table.read(telemetry)
    with stage_bars() as report:
        result = replay(
            observed,
            work.jobs,
            who,
            outlooks=None if outlooks is None else table.read_outlooks(outlooks),
            policies=tuple(name.strip() for name in policies.split(",")),
            settings=settings,
            test_start=None if test_start is None else parse_hour(test_start),
            ablate=ablate,
            report=report,
        )
    if json is not None:
        write_json(json, result.as_dict() | {"refused": [asdict(each) for each in work.refused]})
    print_replay(result)
    if work.refused:
        console.print(Text(f"{len(work.refused):,} refused: {first_of(work.refused)}"), soft_wrap=True)


def print_replay(result: Replay) -> None:
    """The outcome of each policy, a column each, with counts behind every rate."""
    notes = [f"{stage} {seconds:.1f} s" for stage, seconds in result.seconds.items()]
    if result.excluded_jobs:
        notes.insert(0, f"{result.excluded_jobs:,} jobs outside the replayed hours were left out;")
    _print_outcomes(f"replay of {result.span}", result.outcomes, note="  ".join(notes))
    if result.ablation:
        _print_outcomes(f"{DEFAULT_POLICY}, an ingredient changed at a time", result.ablation)
    if result.unbounded.within_horizon or result.unbounded.past_horizon:
        console.print(Text(_without_bound(result)), soft_wrap=True)
    names = list(result.outcomes)
    all_of = list(result.outcomes.values())
    parts: list[tuple[object, ...]] = []
    for kind, counts in all_of[0].breakdown.items():
        for part in counts:
            cells = [result.outcomes[name].breakdown[kind][part] for name in names]
            parts.append((f"{kind}: {part}", *[f"{cell.breached:,} / {cell.approved:,}" for cell in cells]))
    parts += _contested_rows(result)
    print_table("where the breaches are: breached / approved", ("", *names), parts)
    for name, each in result.outcomes.items():
        weak = weakest(each.contested_cells)
        if weak is not None and each.breach_bound is not None:
            console.print(Text(_where(name, weak)), soft_wrap=True)


def _print_outcomes(title: str, outcomes: Mapping[str, Outcome], *, note: str = "") -> None:
    names, all_of = list(outcomes), list(outcomes.values())
    rows: list[tuple[object, ...]] = [
        ("approved / jobs", *[f"{o.approved:,} / {o.jobs:,}" for o in all_of]),
        ("of them deferred", *[o.deferred for o in all_of]),
        ("denied", *[o.denied for o in all_of]),
        ("breached / approved", *[f"{o.breached_jobs:,} / {o.approved:,}" for o in all_of]),
        ("  % [95 %, day blocks]", *[_rate(o.breach_rate, o.breach_interval_95) for o in all_of]),
        ("contested breached / approved", *[f"{o.contested_breached:,} / {o.contested_approved:,}" for o in all_of]),
        (
            "  % [95 %, day blocks]",
            *[_rate(o.contested_breach_rate, o.contested_breach_interval_95) for o in all_of],
        ),
        (
            "  % of their MWh [95 %, day blocks]",
            *[_rate(o.contested_breach_rate_mwh, o.contested_breach_interval_95_mwh) for o in all_of],
        ),
        ("published bound of the breach rate, %", *[_percent(o.breach_bound) for o in all_of]),
        ("not judged: actuals missing", *[o.unjudged_jobs for o in all_of]),
        ("breached region-hours with jobs", *[o.breached_region_hours for o in all_of]),
        ("safe jobs approved / safe", *[f"{o.safe_approved:,} / {o.safe_jobs:,}" for o in all_of]),
        (
            "  of them contested with foresight",
            *[f"{o.safe_contested_approved:,} / {o.safe_contested:,}" for o in all_of],
        ),
        ("served MWh", *[o.served_mwh for o in all_of]),
        ("unserved MWh", *[o.unserved_mwh for o in all_of]),
        ("carbon t", *[o.carbon_t for o in all_of]),
        ("  kg per served MWh", *[1_000 * o.carbon_t / o.known_mwh if o.known_mwh else None for o in all_of]),
        ("water m3", *[o.water_m3 for o in all_of]),
        ("  L per served MWh", *[1_000 * o.water_m3 / o.known_mwh if o.known_mwh else None for o in all_of]),
        ("cost USD", *[o.cost_usd for o in all_of]),
        ("  USD per served MWh", *[o.cost_per_served_mwh for o in all_of]),
    ]
    print_table(title, ("", *names), rows, note=note)


def _contested_rows(result: Replay) -> list[tuple[object, ...]]:
    found = [{(each.region, each.season): each for each in o.contested_cells} for o in result.outcomes.values()]
    places = [(region, season) for region in result.truth.fleet.region_ids for season in SEASONS]
    return [
        (f"contested in {region}, {season}", *[_cell(of.get((region, season))) for of in found])
        for region, season in places
        if any((region, season) in of for of in found)
    ]


def _cell(cell: Cell | None) -> str:
    return "-" if cell is None else f"{cell.breached:,} / {cell.approved:,}"


def _where(policy: str, cell: Cell) -> str:
    return (
        f"{policy} is weakest in {cell.region}, {cell.season}: {cell.breached:,} of {cell.approved:,} contested "
        f"approvals breached, {_rate(cell.breach_rate, cell.breach_interval_95)} %, and "
        f"{cell.breached_mwh:,.0f} of {cell.mwh:,.0f} MWh"
    )


def _without_bound(result: Replay) -> str:
    """A fleet that is denied everything should not look like one without room."""
    found, horizon = result.unbounded, result.prepared.settings.horizon
    of = f"of {found.region_hours:,}"
    return (
        f"no finite bound in {found.within_horizon:,} {of} region-hours up to {horizon} h ahead, and in "
        f"{found.past_horizon:,} {of} in the {horizon} h after: nothing is safe there; "
        "a bound needs more history, without gaps"
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.2f}"


def _rate(rate: float, interval: tuple[float, float]) -> str:
    return "-" if rate != rate else f"{100 * rate:.2f} [{100 * interval[0]:.2f}, {100 * interval[1]:.2f}]"
