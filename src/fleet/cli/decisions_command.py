"""`fleet decisions`: the recorded decisions, filtered, searched and sorted."""

from typing import Annotated

import typer

from fleet.cli.options import HOME, HomeOption, JsonOption
from fleet.cli.output import counted, print_line, print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.limit import NO_LIMIT
from fleet.errors import ConfigError
from fleet.ledger import ORDERS, DecisionSearch, ExplainedDecision
from fleet.physics.limits import limit_named
from fleet.storage.files import require_writable, write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import existing_ledger_of, fleet_of
from fleet.workflows.remedy_text import freeing_text

_VERDICTS = ", ".join(verdict.value for verdict in Verdict)


def command(
    verdict: Annotated[str | None, typer.Option(metavar="A,B", help=f"Some of {_VERDICTS}.")] = None,
    region: Annotated[str | None, typer.Option(metavar="ID", help="Where the job runs, or the closest region.")] = None,
    limit: Annotated[str | None, typer.Option(metavar="NAME", help="The binding limit, such as grid.")] = None,
    search: Annotated[str, typer.Option(metavar="TEXT", help="Part of the job's id or of the reason.")] = "",
    without_place: Annotated[bool, typer.Option("--without-place", help="Only jobs that have no place now.")] = False,
    contested: Annotated[bool, typer.Option("--contested", help="Only jobs close to a limit.")] = False,
    overridden: Annotated[bool, typer.Option("--overridden", help="Only decisions that a person changed.")] = False,
    since: Annotated[str | None, typer.Option(metavar="T", help="Decided at this hour or later, UTC.")] = None,
    until: Annotated[str | None, typer.Option(metavar="T", help="Decided at this hour or earlier, UTC.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also decisions that a later one on the job replaced.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Those of the recorded replay, not the live ones.")] = False,
    sort: Annotated[str, typer.Option(help=f"One of {', '.join(ORDERS)}.")] = "made",
    most: Annotated[int, typer.Option(min=1, help="How many to print.")] = 20,
    skip: Annotated[int, typer.Option(min=0, help="How many to leave out before them.")] = 0,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """List the decisions: filter, search and sort.

    What a person decided counts: an override replaces verdict, region and start. The newest decision on each job is
    listed, unless --all is given. For a job without a place, the table says what would have freed it in that hour.
    """
    workspace = Workspace(home)
    wanted = DecisionSearch(
        mode="replay" if replay else "live",
        verdicts=() if verdict is None else tuple(_verdict(word) for word in verdict.split(",")),
        region=region,
        limit=None if limit is None else limit_named(limit).label,
        text=search,
        contested=True if contested else None,
        overridden=True if overridden else None,
        without_place=True if without_place else None,
        since=None if since is None else parse_hour(since),
        until=None if until is None else parse_hour(until),
        newest=not every,
        order=sort,
        most=most,
        skip=skip,
    )
    require_writable(json)
    with existing_ledger_of(workspace) as ledger:
        found = ledger.under(fleet_of(workspace, None).current_ids).search(wanted)
    if json is not None:
        write_json(json, {"count": found.count, "decisions": [one.as_dict() for one in found.decisions]})
    kind = "replayed" if replay else "live"
    print_table(
        f"{len(found.decisions):,} of {counted(found.count, f'{kind} decision', f'{kind} decisions')}",
        ("job", "verdict", "id", "MW", "h", "place", "limit", "what would free it"),
        [_row(decision) for decision in found.decisions],
        spare=("what would free it", "limit", "h", "MW"),
        below=("job", "what would free it"),
    )
    if found.count > skip + len(found.decisions):
        print_line(f"--skip {skip + len(found.decisions)} prints the next ones; `fleet explain ID` explains one.")


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word.strip())
    except ValueError:
        raise ConfigError(f"verdict {word.strip()!r} is unknown, expected some of {_VERDICTS}") from None


def _row(decision: ExplainedDecision) -> tuple[object, ...]:
    held = decision.overrides[-1] if decision.overrides else decision
    verdict = held.verdict.value + (f" by {decision.overrides[-1].by}" if decision.overrides else "")
    return (
        *(decision.job_id, verdict, decision.id, decision.power_mw, decision.duration_h),
        None if held.start_utc is None else f"{held.region} {iso(held.start_utc)}",
        NO_LIMIT if decision.is_too_late else decision.binding.limit.label,
        freeing_text(decision) if held.start_utc is None else None,
    )
