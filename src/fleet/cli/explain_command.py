"""`fleet explain` and `fleet override`: the reason of a decision, and a person's override of it."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape as escape_markup

from fleet.cli.options import HOME, DecisionArgument, FleetOption, HomeOption, JsonOption, now_utc
from fleet.cli.output import console, print_table, printable
from fleet.domain.clock import iso, parse_hour
from fleet.domain.decision import Verdict, told_apart
from fleet.domain.limit import NO_LIMIT
from fleet.errors import ConfigError
from fleet.ledger import ExplainedDecision, PlaceChoice
from fleet.ledger.records import FootprintRecord
from fleet.storage.files import require_writable, write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import existing_ledger_of, overriding_ledger_of
from fleet.workflows.remedy_text import remedies_text
from fleet.workflows.value_sources import ValueSource, sources_at

_ONE_HOUR = np.timedelta64(1, "h")


def explain(
    decision_id: DecisionArgument,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Explain a decision: its reason, limit and alternatives.

    Also prints the sources of the newest values, the overrides of the decision, and all advice to migrate its job.
    """
    workspace = Workspace(home)
    with existing_ledger_of(workspace) as ledger:
        decision = ledger.decision(decision_id)
    region = decision.region or decision.binding.region
    sources = sources_at(workspace, region, decision.origin_utc, decision.made_utc) if decision.mode == "live" else []
    if json is not None:
        write_json(json, {**decision.as_dict(), "sources": [source.as_dict() for source in sources]})
    _print_decision(decision)
    if decision.alternatives:
        print_table(
            "alternatives (negative: so much headroom is missing at the bound)",
            ("region", "start", "cost USD", "headroom left MW"),
            [
                (option.region, iso(option.start_utc), option.cost_usd, option.headroom_left_mw)
                for option in decision.alternatives
            ],
        )
    if decision.remedies:
        console.print(f"[bold]what would free it[/bold]: {_shown(remedies_text(decision.remedies))}")
    if sources:
        _print_sources(region, sources)
    for change in decision.overrides:
        place = "" if change.start_utc is None else f" {change.region} from {iso(change.start_utc)}"
        sentence = f"{change.verdict.value}{place} by {change.by} at {change.made_utc}: {change.reason}"
        console.print(f"[bold]overridden[/bold] {_shown(sentence)}")
    for advice in decision.advices:
        console.print(f"[bold]advised[/bold] at {advice.made_utc}: {_shown(advice.reason)}")


def _print_decision(decision: ExplainedDecision) -> None:
    place = "no place" if decision.start_utc is None else f"{decision.region} from {iso(decision.start_utc)}"
    console.print(f"{_headline(decision)}  job {_shown(decision.job_id)}  (decision {decision.id})")
    console.print(_shown(decision.reason))
    pairs = (
        ("place", f"{place}, {decision.power_mw:g} MW for {decision.duration_h} h"),
        *_limit(decision),
        ("expected footprint", _footprint(decision.expected)),
        ("saved against home at once", _footprint(decision.saved)),
        ("confidence", f"{100 * decision.confidence:g} %, contested: {'yes' if decision.contested else 'no'}"),
        ("last known hour", iso(decision.origin_utc)),
        ("first possible start", iso(decision.origin_utc + _ONE_HOUR)),
        ("recorded at (clock)", f"{decision.made_utc} ({decision.mode}, {decision.policy})"),
        ("made by", f"model {decision.model}, bands {decision.bands}, inputs {decision.input_hash[:16]}"),
    )
    for name, value in pairs:
        console.print(f"  {name:<28}{_shown(value)}")


def _limit(decision: ExplainedDecision) -> list[tuple[str, str]]:
    if decision.is_too_late:
        return [("binding limit", NO_LIMIT)]
    binding = decision.binding
    bound, limit = told_apart(binding.bound, binding.limit_value)
    return [
        ("binding limit", f"{binding.limit.label} in {binding.region} at {iso(binding.hour_utc)}"),
        ("  value", f"{bound} at the bound, limit {limit} {binding.unit}"),
    ]


def _headline(decision: ExplainedDecision) -> str:
    """Return the verdict that holds: a person's, with the one that the person replaced, or the recorded one."""
    recorded = decision.verdict.value.upper()
    if not decision.overrides:
        return f"[bold]{recorded}[/bold]"
    last = decision.overrides[-1]
    place = "" if last.start_utc is None else f", {last.region} from {iso(last.start_utc)}"
    words = "as the verdict" if last.verdict is decision.verdict else "against the verdict"
    verdict = f"[bold]{last.verdict.value.upper()} by {_shown(last.by)}[/bold]"
    return f"{verdict}{_shown(place)}, {words} {recorded}"


def _print_sources(region: str, sources: Sequence[ValueSource]) -> None:
    print_table(
        f"newest values of {region} that were stored when this was decided",
        ("column", "kind", "hour or issue", "value", "source", "estimated", "published", "stored"),
        [
            (
                source.column,
                source.gives,
                source.hour_utc,
                source.value,
                source.source,
                "yes" if source.estimated else "-",
                source.published_utc or "-",
                source.stored_utc or "-",
            )
            for source in sources
        ],
    )


def override(
    decision_id: DecisionArgument,
    approve: Annotated[bool, typer.Option("--approve/--deny", help="What the person decides.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    region: Annotated[str | None, typer.Option(metavar="ID", help="Approve the recorded place in this region.")] = None,
    start: Annotated[str | None, typer.Option(metavar="T", help="Approve the recorded place with this start.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Approve even if the place may overload its region.")] = False,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Record a person's override of a decision.

    The recorded decision itself does not change. --region and --start choose the place of the decision or one of its
    alternatives. Without them, the job gets the place of the decision. If the decision has no place, the job gets the
    first alternative: the cheapest one that fits; if none fits, the one with the smallest shortfall of headroom.

    A start in the past is refused. A place that the job already holds is accepted. Any other place is refused without
    --force if it overloads its region at the bounds of weather and load, or if no bound can be given. If there is a
    bound, the message gives the overload in MW.
    """
    verdict = Verdict.APPROVE if approve else Verdict.DENY
    if not approve and (region is not None or start is not None or force):
        raise ConfigError("--region, --start and --force belong to --approve; leave them out to deny")
    choice = PlaceChoice(region=region, start_utc=None if start is None else parse_hour(start), is_forced=force)
    made_utc = now_utc()
    with overriding_ledger_of(Workspace(home), fleet, made_utc, approves=approve) as ledger:
        require_writable(json)
        record = ledger.override(decision_id, verdict, by=by, reason=reason, made_utc=made_utc, choice=choice)
    if json is not None:
        write_json(json, record.as_dict())
    place = "" if record.start_utc is None else f": {record.region} from {iso(record.start_utc)}"
    console.print(f"decision {record.decision_id} is overridden to {verdict.value}{place}, by {_shown(record.by)}")


def _footprint(footprint: FootprintRecord) -> str:
    return (
        f"{_number(footprint.carbon_kg)} kg CO2, {_number(footprint.water_l)} L water, "
        f"{_number(footprint.cost_usd)} USD"
    )


def _shown(text: str) -> str:
    """Return a text without markup and control characters."""
    return escape_markup(printable(text))


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.1f}"
