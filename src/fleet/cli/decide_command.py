"""`fleet decide`, `fleet explain` and `fleet override`: decisions, their reasons, and the human in the loop."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fleet.cli.options import (
    HOME,
    FleetOption,
    HomeOption,
    JsonOption,
    existing_ledger_of,
    fleet_of,
    ledger_of,
    now_utc,
    read_jobs,
)
from fleet.cli.output import console, print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.decision import Verdict
from fleet.live.hour import tick
from fleet.placement import DEFAULT_POLICY, POLICIES
from fleet.preparation.settings import Settings
from fleet.storage.files import alone, write_json
from fleet.storage.telemetry_store import read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace


def decide(
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, a row a job.")],
    at: Annotated[
        str | None, typer.Option(metavar="T", help="Last hour that counts as known; default the last stored.")
    ] = None,
    policy: Annotated[str, typer.Option(help=" or ".join(POLICIES))] = DEFAULT_POLICY,
    confidence: Annotated[float, typer.Option(help="Of the bounds that may approve, one-sided.")] = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Decide the jobs that have arrived, on the stored telemetry, into the ledger.

    A row that is no job is refused with its reason, and the others are decided. Running jobs that their region's bound
    no longer holds had better leave, and are listed; nothing moves them.
    """
    workspace = Workspace(home)
    settings = Settings(confidence=confidence)
    who = fleet_of(workspace, fleet)
    work = read_jobs(jobs, who)
    workspace.require(workspace.telemetry, "fleet demo` or `fleet ingest")
    ledger = ledger_of(workspace)
    with alone(workspace.lock):
        stored = read_telemetry(workspace.telemetry)
        result = tick(
            stored,
            who,
            work.jobs,
            ledger,
            outlooks=read_outlooks(workspace.outlooks),
            settings=settings,
            policy=policy,
            made_utc=now_utc(),
            at=None if at is None else parse_hour(at),
        )
    ids = [entry.id for entry in result.entries]
    told = {entry.id for entry in result.advices}
    if json is not None:
        content: dict[str, Any] = {
            "origin_utc": iso(result.origin_utc),
            "decisions": [ledger.decision(key) for key in ids],
            "advices": [row for row in ledger.advices(mode="live") if row["id"] in told],
            "refused": [asdict(each) for each in work.refused],
        }
        content["plan"] = {"objective_usd": result.objective_usd, "bound_usd": result.bound_usd}
        if result.controller is not None:
            content["controller"] = result.controller.as_dict(who.region_ids)
        write_json(json, content)
    print_table(
        f"{len(ids)} decisions at {iso(result.origin_utc)}",
        ("id", "job", "verdict", "region", "start", "reason"),
        [
            (entry.id, d.job_id, d.verdict.value, d.region, None if d.start_utc is None else iso(d.start_utc), d.reason)
            for entry in result.entries
            for d in [entry.decision]
        ],
        note=f"{result.early} jobs have not arrived yet, {result.settled} were decided before, the deadline of "
        f"{result.past} was over",
    )
    if result.advices:
        moves = [
            (entry.decision_id, entry.advice.job_id, entry.advice.region, entry.advice.to_region, entry.advice.reason)
            for entry in result.advices
        ]
        print_table(f"{len(moves):,} running jobs had better leave", ("decision", "job", "from", "to", "reason"), moves)
    if work.refused:
        rows = [(each.job_id, each.reason) for each in work.refused]
        print_table(f"{len(rows):,} refused", ("job", "reason"), rows)


def explain(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="A decision's id, or its beginning.")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Print a decision whole: what was decided, why, against which limit, what else there was, and what came after."""
    row = dict(existing_ledger_of(Workspace(home)).decision(decision_id))
    if json is not None:
        write_json(json, row)
    console.print(f"[bold]{row['verdict'].upper()}[/bold]  job {escape(row['job_id'])}  (decision {row['id']})")
    console.print(escape(row["reason"]))
    binding, confidence = row["binding"], 100 * row["confidence"]
    where = "no place" if row["start_utc"] is None else f"{row['region']} from {row['start_utc']}"
    _print_pairs(
        ("placed", f"{where}, {row['power_mw']:g} MW for {row['duration_h']} h"),
        ("binding limit", f"{binding['limit']} in {binding['region']} at {binding['hour_utc']}"),
        ("  at the bound", f"{_number(binding['bound'])} against {_number(binding['limit_value'])} {binding['unit']}"),
        ("expected", _footprint(row["expected"])),
        ("saved against home, now", _footprint(row["saved"])),
        ("confidence", f"{confidence:g} %, contested: {'yes' if row['contested'] else 'no'}"),
        ("decided", f"{row['made_utc']} ({row['mode']}, {row['policy']}) knowing hours to {row['origin_utc']}"),
        ("made by", f"model {row['model']}, bands {row['bands']}, inputs {row['input_hash'][:16]}"),
    )
    if row["alternatives"]:
        print_table(
            "what else there was (negative room breaks the envelope)",
            ("region", "start", "cost USD", "room left MW"),
            [(a["region"], a["start_utc"], a["cost_usd"], a["headroom_left_mw"]) for a in row["alternatives"]],
        )
    for change in row["overrides"]:
        to = "" if change["start_utc"] is None else f" {change['region']} from {change['start_utc']}"
        said = f"{change['verdict']}{to} by {change['by']} at {change['made_utc']}: {change['reason']}"
        console.print(f"[bold]overridden[/bold] {escape(said)}")
    for told in row["advices"]:
        console.print(f"[bold]advised[/bold] at {told['made_utc']}: {escape(told['reason'])}")


def override(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="A decision's id, or its beginning.")],
    approve: Annotated[bool, typer.Option("--approve/--deny", help="What the person decides.")],
    by: Annotated[str, typer.Option(metavar="NAME")],
    reason: Annotated[str, typer.Option(metavar="TEXT")],
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Record that a person decides otherwise. The decision itself stays as it was."""
    verdict = Verdict.APPROVE if approve else Verdict.DENY
    row = existing_ledger_of(Workspace(home)).override(decision_id, verdict, by=by, reason=reason, made_utc=now_utc())
    if json is not None:
        write_json(json, dict(row))
    place = "" if row["start_utc"] is None else f": {row['region']} from {row['start_utc']}"
    console.print(f"decision {row['decision_id']} is overridden to {verdict.value}{place}, by {escape(row['by'])}")


def _print_pairs(*pairs: tuple[str, str]) -> None:
    for name, value in pairs:
        console.print(f"  {name:<26}{escape(value)}")


def _footprint(record: dict[str, Any]) -> str:
    return (
        f"{_number(record['carbon_kg'])} kg CO2, {_number(record['water_l'])} L water, "
        f"{_number(record['cost_usd'])} USD"
    )


def _number(value: float | None) -> str:
    return "unbounded" if value is None else f"{value:,.1f}"
