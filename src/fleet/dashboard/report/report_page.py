"""Writes the report: one HTML file with figures and tables, and with the words on what is promised."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fleet.dashboard import data, theme
from fleet.dashboard.data import (
    BAND_PERCENT,
    LIMIT_NAMES,
    OPTIMISED,
    ORIGINAL,
    QUANTITIES,
    BandCoverage,
    Period,
    ReplayData,
    TellingForecast,
)
from fleet.dashboard.figures import (
    BLOCKED,
    REACHED,
    RiskChart,
    flow_figure,
    load_figure,
    risk_figure,
    scatter_figure,
    water_figure,
)
from fleet.dashboard.page import figure_html, render
from fleet.dashboard.report.evidence_section import (
    bounds_section,
    contested_jobs,
    controllers,
    promise_section,
    split_section,
)
from fleet.dashboard.report.hour_section import HourSection, hour_section
from fleet.dashboard.report.report_tables import band_coverage_table, footprint_table, percent_text, safety_table
from fleet.dashboard.terms import TERMS, why_two_counts
from fleet.dashboard.time_text import moment_text, readable
from fleet.domain.clock import hour_of
from fleet.domain.local_clock import local_clocks
from fleet.storage.files import write_whole
from fleet.storage.workspace import Workspace
from fleet.workflows.hour_facts import live_hour_facts, replayed_hour_facts
from fleet.workflows.job_flows import replayed_flows
from fleet.workflows.open_workspace import ledger_if_any
from fleet.workflows.workspace_contents import WorkspaceContents, contents_of

# The words of TERMS that the report uses.
REPORT_TERMS = (
    "headroom",
    "bound",
    "margin",
    "level",
    "coverage",
    "breach",
    "risk blocked",
    "contested",
    "promise",
    "oracle",
)


@dataclass(frozen=True, kw_only=True)
class ComparisonSection:
    """The original against the optimised placement.

    Args:
        summary: the change in words.
        figures: HTML of each figure; empty if the replay has no complete day.
        prices: the prices of the replay, in words.
    """

    summary: str
    figures: Sequence[str]
    prices: str


def write_report(workspace: Workspace, *, title: str = "Global Fleet Orchestrator: report") -> Path:
    """Write the report on what the workspace holds, and return the path of the file.

    The report says in one sentence each what is missing, and which command gives it.

    Raises:
        ConfigError: the file cannot be written, or the fleet file cannot be read.
        DataError: a file of the workspace is not readable or does not fit the fleet.
    """
    contents = contents_of(workspace)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    replay = data.open_replay(workspace) if contents.has_replay else None
    telling = None if replay is None else _telling(workspace, replay)
    values = {
        "title": title,
        "fleet_name": contents.fleet.name,
        "made": readable(now),
        "missing": [readable(sentence.replace("`", "")) for sentence in contents.missing(now)],
        "hour": _hour(workspace, contents, telling, now),
        "replay": None if replay is None else _replay_values(replay, workspace, telling),
        "terms": {term: TERMS[term] for term in REPORT_TERMS},
    }
    page = render("report.html.j2", **values)
    write_whole({workspace.report: lambda part: part.write_text(page, encoding="utf-8")})
    return workspace.report


def _telling(workspace: Workspace, replay: ReplayData) -> TellingForecast | None:
    """Return the forecast that shows best what a bound is for, the same as on the pages; None without a limit."""
    with ledger_if_any(workspace) or nullcontext() as ledger:
        return data.first_forecast(replay, workspace, ledger)


def _hour(
    workspace: Workspace, contents: WorkspaceContents, telling: TellingForecast | None, now: str
) -> HourSection | None:
    """Return the section of the newest live hour, or else of the replayed hour that shows best what a bound is for."""
    fleet, live = contents.fleet, contents.newest_live(now)
    with ledger_if_any(workspace) or nullcontext() as opened:
        ledger = None if opened is None else opened.under(fleet.current_ids)
        if live is not None:
            return hour_section(workspace, fleet, ledger, live_hour_facts(workspace, fleet, ledger, live))
        # Replays of earlier versions recorded no headroom.
        if telling is None or not workspace.headroom.exists():
            return None
        hour = hour_of(telling.origin_utc)
        return hour_section(workspace, fleet, ledger, replayed_hour_facts(workspace, fleet, ledger, hour))


def _replay_values(replay: ReplayData, workspace: Workspace, telling: TellingForecast | None) -> dict[str, Any]:
    """Return what the template shows of a replay."""
    whole, labels = data.periods_of(replay.footprint)[0], theme.region_labels(replay.fleet)
    coverages = [
        data.band_coverage(replay.risk, quantity, region)
        for quantity in QUANTITIES
        for region in replay.fleet.region_ids
    ]
    return {
        "period": whole.label,
        "band_percent": BAND_PERCENT,
        "no_contested_job": data.NO_CONTESTED_JOB,
        "no_evidence": data.NO_EVIDENCE,
        "promise": promise_section(replay),
        "safety": safety_table(replay.outcomes),
        "contested": contested_jobs(replay),
        "controllers": controllers(replay),
        "bounds": bounds_section(replay),
        "split": split_section(replay),
        "footprint": footprint_table(replay.outcomes),
        "comparison": _comparison(replay, whole, workspace),
        "band_coverage": band_coverage_table(coverages, labels),
        "worst_month": _worst_month(coverages, replay),
        "risk": None if telling is None else _risk(replay, workspace, telling),
        "blocked": BLOCKED,
        "reached": REACHED,
        "why_two_counts": why_two_counts(BAND_PERCENT, BAND_PERCENT),
        "scatter": _scatter(replay),
    }


def _comparison(replay: ReplayData, whole: Period, workspace: Workspace) -> ComparisonSection | None:
    """Return the comparison; None if one of the two policies was not replayed."""
    if any(policy not in replay.outcomes for policy in (ORIGINAL, OPTIMISED)):
        return None
    before, after = (data.footprint_totals(replay.footprint, policy, whole) for policy in (ORIGINAL, OPTIMISED))
    sentences = [*data.comparison_sentences(before, after), data.load_sentence(replay.fleet, before, after)]
    return ComparisonSection(
        summary=" ".join(sentences),
        figures=[*_comparison_figures(replay, whole), *_flow_figures(replay, whole, workspace)],
        prices=data.prices_sentence(replay.fleet),
    )


def _comparison_figures(replay: ReplayData, whole: Period) -> list[str]:
    days, step = data.daily_or_weekly(replay.footprint, (ORIGINAL, OPTIMISED), whole)
    if days.is_empty():
        return []
    figures = {
        f"load-{name}": load_figure(
            days, replay.fleet, policy, original=ORIGINAL, step=step, title=f"Job power by region: {name} placement"
        )
        for policy, name in ((ORIGINAL, "original"), (OPTIMISED, "optimised"))
    }
    title = "Water of the whole fleet, base load and jobs together"
    figures["water"] = water_figure(days, OPTIMISED, original=ORIGINAL, step=step, title=title)
    return [figure_html(figure, name) for name, figure in figures.items()]


def _flow_figures(replay: ReplayData, whole: Period, workspace: Workspace) -> list[str]:
    """Return the figure of the flows from home regions; an empty list without the decisions of the replay."""
    first, end = (hour_of(time) for time in (whole.start_utc, whole.end_utc))
    with ledger_if_any(workspace) or nullcontext() as ledger:
        named = None if ledger is None else ledger.under(replay.fleet.current_ids)
        flows = () if named is None else replayed_flows(named, first, end)
    if not flows:
        return []
    return [figure_html(flow_figure(flows, replay.fleet, title="From home region to where jobs ran"), "flows")]


def _risk(replay: ReplayData, workspace: Workspace, telling: TellingForecast) -> str:
    """Return the figure of one forecast. It marks the risk-blocked hours if the replay recorded the headroom."""
    quantity, region, origin_utc = telling.quantity, telling.region, telling.origin_utc
    label = theme.region_labels(replay.fleet)[region]
    hours = data.hours_ahead(replay.risk, quantity, region, origin_utc)
    if workspace.headroom.exists():
        with ledger_if_any(workspace) or nullcontext() as opened:
            ledger = None if opened is None else opened.under(replay.fleet.current_ids)
            facts = replayed_hour_facts(workspace, replay.fleet, ledger, hour_of(origin_utc))
        hours = data.with_states(hours, facts.ahead)
    figure = risk_figure(
        hours,
        RiskChart(
            title=f"{QUANTITIES[quantity]} temperature, {label}: forecast made {moment_text(origin_utc)}",
            quantity_label=f"{QUANTITIES[quantity]} temperature",
            limit_name=LIMIT_NAMES[quantity],
            clock=local_clocks(replay.fleet)[region],
            with_actual=True,
        ),
    )
    return figure_html(figure, "risk")


def _scatter(replay: ReplayData) -> str | None:
    """Return the figure of carbon and water on the hottest day; None without a complete day."""
    day = data.hottest_day(replay.footprint)
    policy = OPTIMISED if OPTIMISED in replay.outcomes else data.replayed_policies(replay.footprint)[0]
    if day is None:
        return None
    hours = data.hours_of_day(replay.footprint, policy, day)
    title = f"Carbon and water on {day:%d %b %Y}, the hottest day of the fleet"
    return figure_html(scatter_figure(hours, replay.fleet, title=title), "scatter")


def _worst_month(coverages: Sequence[BandCoverage], replay: ReplayData) -> str:
    scored = [coverage for coverage in coverages if coverage.hours]
    if not scored:
        return "No hour could be scored."
    worst = min(scored, key=lambda coverage: coverage.worst_inside)
    label = theme.region_labels(replay.fleet)[worst.region]
    return (
        f"The worst month is {worst.worst_month} for the {QUANTITIES[worst.quantity]} temperature in {label}: the "
        f"{BAND_PERCENT} % band held {percent_text(worst.worst_inside)} of hours."
    )
