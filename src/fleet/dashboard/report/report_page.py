"""Writes the report: one HTML file with figures and tables, and with the words on what is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.dashboard import data, theme
from fleet.dashboard.data import BAND_PERCENT, OPTIMISED, ORIGINAL, QUANTITIES, BandCoverage, Period, ReplayData
from fleet.dashboard.figures import load_figure, risk_figure, scatter_figure, water_figure
from fleet.dashboard.page import figure_html, render
from fleet.dashboard.report.evidence_section import (
    bounds_section,
    contested_jobs,
    controllers,
    promise_section,
    split_section,
)
from fleet.dashboard.report.report_tables import band_coverage_table, footprint_table, percent_text, safety_table
from fleet.dashboard.terms import TERMS
from fleet.storage.files import write_whole
from fleet.storage.workspace import Workspace

# The words of TERMS that the report uses.
REPORT_TERMS = ("headroom", "bound", "margin", "level", "coverage", "breach", "contested", "promise", "oracle")


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


def write_report(workspace: Workspace, *, title: str = "Global Fleet Orchestrator: replay report") -> Path:
    """Write the report on the workspace's replay and return the path of the file.

    Raises:
        ConfigError: there is no replay yet, or the file cannot be written.
        DataError: a file of the replay is not readable or does not fit the fleet.
    """
    page = _page(data.open_replay(workspace), title)
    write_whole({workspace.report: lambda part: part.write_text(page, encoding="utf-8")})
    return workspace.report


def _page(replay: ReplayData, title: str) -> str:
    whole, labels = data.periods_of(replay.footprint)[0], theme.region_labels(replay.fleet)
    coverages = [
        data.band_coverage(replay.risk, quantity, region)
        for quantity in QUANTITIES
        for region in replay.fleet.region_ids
    ]
    return render(
        "report.html.j2",
        title=title,
        fleet_name=replay.fleet.name,
        period=whole.label,
        band_percent=BAND_PERCENT,
        no_contested_job=data.NO_CONTESTED_JOB,
        no_evidence=data.NO_EVIDENCE,
        promise=promise_section(replay),
        safety=safety_table(replay.outcomes),
        contested=contested_jobs(replay),
        controllers=controllers(replay),
        bounds=bounds_section(replay),
        split=split_section(replay),
        footprint=footprint_table(replay.outcomes),
        comparison=_comparison(replay, whole),
        band_coverage=band_coverage_table(coverages, labels),
        worst_month=_worst_month(coverages, replay),
        risk=_risk(replay),
        scatter=_scatter(replay),
        terms={term: TERMS[term] for term in REPORT_TERMS},
    )


def _comparison(replay: ReplayData, whole: Period) -> ComparisonSection | None:
    """Return the comparison; None if one of the two policies was not replayed."""
    if any(policy not in replay.outcomes for policy in (ORIGINAL, OPTIMISED)):
        return None
    before, after = (data.footprint_totals(replay.footprint, policy, whole) for policy in (ORIGINAL, OPTIMISED))
    sentences = [*data.comparison_sentences(before, after), data.load_sentence(replay.fleet, before, after)]
    return ComparisonSection(
        summary=" ".join(sentences),
        figures=_comparison_figures(replay, whole),
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


def _risk(replay: ReplayData) -> str | None:
    """Return the figure of the forecast whose band comes closest to a limit or exceeds it most; None without a limit.

    Forecasts with risk-blocked hours come before all others.
    """
    candidates = [
        (quantity, region.id, listed.row(0, named=True))
        for quantity in QUANTITIES
        for region in replay.fleet.regions
        for listed in [data.origins_to_list(data.risk_by_origin(replay.risk, quantity, region.id), 1)]
        if len(listed) and listed["limit"][0] is not None
    ]
    if not candidates:
        return None
    quantity, region, origin = min(
        candidates, key=lambda candidate: (candidate[2]["blocked_hours"] == 0, candidate[2]["distance_to_limit"])
    )
    label, origin_utc = theme.region_labels(replay.fleet)[region], origin["origin_utc"]
    figure = risk_figure(
        data.hours_ahead(replay.risk, quantity, region, origin_utc),
        title=f"{QUANTITIES[quantity]} temperature, {label}: forecast made {origin_utc:%d %b %Y, %H:%M} UTC",
        quantity_label=f"{QUANTITIES[quantity]} temperature",
        with_actual=True,
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
