"""Report sections on one hour: the state of each region, the next 24 hours, what needs a person, and the decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fleet.dashboard import theme
from fleet.dashboard.figures import strip_figure, world_figure
from fleet.dashboard.page import figure_html
from fleet.dashboard.report.report_tables import ReportTable
from fleet.dashboard.time_text import hour_text, readable
from fleet.domain.clock import Hour
from fleet.domain.limit import NO_LIMIT
from fleet.domain.local_clock import local_clocks
from fleet.domain.region import Fleet
from fleet.ledger import DecisionSearch, ExplainedDecision, Ledger
from fleet.physics.limits import limit_named
from fleet.storage.workspace import Workspace
from fleet.workflows.attention import AttentionItem, Need, attention_items
from fleet.workflows.hour_facts import HourFacts
from fleet.workflows.region_status import RegionStatus, region_statuses
from fleet.workflows.remedy_text import freeing_text

_MOST_ITEMS, _MOST_DECISIONS = 20, 40


@dataclass(frozen=True, kw_only=True)
class HourSection:
    """One hour of the report.

    Args:
        title: names the hour, and whether it is live or replayed.
        map, strip: HTML of the figures.
        regions: the state of each region.
        items: what needs a person, the most urgent first.
        more: number of further items.
        too_late: number of jobs that nobody can help any more; the items do not name them.
        decisions: the latest decisions up to the hour; None if there is none.
    """

    title: str
    map: str
    strip: str
    regions: ReportTable
    items: Sequence[AttentionItem]
    more: int
    too_late: int
    decisions: ReportTable | None


def hour_section(workspace: Workspace, fleet: Fleet, ledger: Ledger | None, facts: HourFacts) -> HourSection:
    """Return the section of an hour. Raises: DataError if the stored telemetry cannot be read."""
    statuses = region_statuses(facts, workspace, fleet, ledger)
    needed = attention_items(facts, statuses, fleet, ledger)
    items = [item for item in needed if item.need is not Need.TOO_LATE]
    kind = "Live" if facts.source == "live" else "Replayed hour"
    return HourSection(
        title=f"{kind}: values known up to {hour_text(facts.origin_utc)}",
        map=figure_html(world_figure(fleet, statuses), "map"),
        strip=figure_html(strip_figure(facts.ahead, fleet), "strip"),
        regions=_regions(statuses, fleet),
        items=[replace(item, sentence=readable(item.sentence)) for item in items[:_MOST_ITEMS]],
        more=max(len(items) - _MOST_ITEMS, 0),
        too_late=len(needed) - len(items),
        decisions=_decisions(ledger, facts, facts.origin_utc, fleet),
    )


def _regions(statuses: Mapping[str, RegionStatus], fleet: Fleet) -> ReportTable:
    labels, clocks = theme.region_labels(fleet), local_clocks(fleet)
    heads = (
        "Region",
        "Headroom now, MW",
        "Lowest, MW",
        "At (UTC)",
        "Local time",
        "Limit then",
        "Hours without headroom",
        "Load, MW",
    )
    rows = [
        (
            labels[region],
            f"{status.headroom_mw:.1f}",
            f"{status.lowest_mw:.1f}",
            f"{status.lowest_utc.item():%d %b %H:%M}",
            clocks[region].text_at(status.lowest_utc),
            limit_named(status.limit).words,
            f"{status.closed_hours}",
            "not known" if status.load_mw is None else f"{status.load_mw:.1f} of {status.capacity_mw:g}",
        )
        for region, status in statuses.items()
    ]
    return ReportTable(heads=heads, rows=rows)


def _decisions(ledger: Ledger | None, facts: HourFacts, hour: Hour, fleet: Fleet) -> ReportTable | None:
    if ledger is None:
        return None
    wanted = DecisionSearch(
        mode=facts.source,
        newest=True,
        until=hour if facts.source == "replay" else None,
        most=_MOST_DECISIONS,
    )
    found = ledger.search(wanted).decisions
    if not found:
        return None
    labels = theme.region_labels(fleet)
    heads = ("Job", "Verdict", "MW", "h", "Place", "Limit", "What would free it")
    return ReportTable(heads=heads, rows=[_decision(decision, labels) for decision in found])


def _decision(decision: ExplainedDecision, labels: Mapping[str, str]) -> tuple[str, ...]:
    held = decision.overrides[-1] if decision.overrides else decision
    person = f" by {decision.overrides[-1].by}" if decision.overrides else ""
    return (
        decision.job_id,
        f"{held.verdict.value}{person}",
        f"{decision.power_mw:g}",
        str(decision.duration_h),
        "none"
        if held.start_utc is None
        else f"{labels.get(str(held.region), held.region)}, {hour_text(held.start_utc)}",
        NO_LIMIT if decision.is_too_late else decision.binding.limit.label,
        freeing_text(decision, labels) if held.start_utc is None else "",
    )
