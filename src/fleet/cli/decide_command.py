"""`fleet decide`: decisions of one hour, recorded in the ledger."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.held_text import recent_sentence
from fleet.cli.options import HOME, AtOption, ConfidenceOption, FleetOption, HomeOption, JsonOption, now_utc
from fleet.cli.output import print_line, print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.job_table import Refusal
from fleet.ledger import Ledger
from fleet.live.hour import LiveHour
from fleet.placement import DEFAULT_POLICY, POLICIES
from fleet.preparation.settings import Settings
from fleet.storage.files import require_writable, write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.open_workspace import deciding_ledger_of, fleet_of, read_jobs

# A terminal needs minutes for the table of a hundred thousand decisions, and nobody reads it.
_MOST_PRINTED = 1_000


def decide(
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, one row per job.")],
    at: AtOption = None,
    policy: Annotated[str, typer.Option(help=" or ".join(POLICIES))] = DEFAULT_POLICY,
    confidence: ConfidenceOption = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Decide the jobs that have arrived.

    An invalid row is refused with its reason, and the other jobs are decided. Running jobs that the bound of their
    region no longer covers are listed with advice to migrate them; nothing moves them.
    """
    workspace = Workspace(home)
    hour = None if at is None else parse_hour(at)
    request = HourRequest(
        workspace=workspace, fleet=fleet_of(workspace, fleet), settings=Settings(confidence=confidence), at=hour
    )
    work = read_jobs(jobs, request.fleet)
    request.require_telemetry()
    require_writable(json)
    ledger = deciding_ledger_of(workspace)
    result = decide_hour(request, work.jobs, ledger, policy=policy, made_utc=now_utc())
    if json is not None:
        write_json(json, _content(result, ledger, work.refused, request.fleet.region_ids))
    _print_hour(result, work.refused)
    held = recent_sentence(request.checked, result.origin_utc)
    if held:
        print_line(held)


def _content(
    result: LiveHour, ledger: Ledger, refused: Sequence[Refusal], region_ids: tuple[str, ...]
) -> dict[str, Any]:
    advised = {entry.id for entry in result.advices}
    content: dict[str, Any] = {
        "origin_utc": iso(result.origin_utc),
        "decisions": [decision.as_dict() for decision in ledger.explained([entry.id for entry in result.entries])],
        "advices": [advice.as_dict() for advice in ledger.advices(mode="live") if advice.id in advised],
        "refused": [asdict(refusal) for refusal in refused],
        "changed": [asdict(change) for change in result.changed],
        "plan": {"objective_usd": result.objective_usd, "bound_usd": result.bound_usd},
    }
    if result.controller is not None:
        content["controller"] = result.controller.as_dict(region_ids)
    return content


def _print_hour(result: LiveHour, refused: Sequence[Refusal]) -> None:
    decisions = [(entry.id, entry.decision) for entry in result.entries[:_MOST_PRINTED]]
    unprinted = len(result.entries) - len(decisions)
    more = f"{unprinted:,} more decisions are not printed; --json FILE holds all; " if unprinted else ""
    print_table(
        f"{len(result.entries):,} decisions at {iso(result.origin_utc)}",
        ("id", "job", "verdict", "region", "start", "reason"),
        [
            (
                *(entry_id, decision.job_id, decision.verdict.value, decision.region),
                None if decision.start_utc is None else iso(decision.start_utc),
                decision.reason,
            )
            for entry_id, decision in decisions
        ],
        note=f"{more}{result.early:,} have not arrived yet, {result.settled:,} were decided before, "
        f"{result.expired:,} expired",
    )
    if result.advices:
        moves = [
            (entry.decision_id, entry.advice.job_id, entry.advice.region, entry.advice.to_region, entry.advice.reason)
            for entry in result.advices
        ]
        print_table(
            f"{len(moves):,} running jobs should be migrated", ("decision", "job", "from", "to", "reason"), moves
        )
    for title, named in (("jobs differ from their decision", result.changed), ("invalid rows", refused)):
        if named:
            print_table(f"{len(named):,} {title}", ("job", "reason"), [(row.job_id, row.reason) for row in named])
