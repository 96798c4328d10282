"""Report sections: the verdict on the promise, breaches of contested jobs, controllers and coverage of bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.dashboard import data, theme
from fleet.dashboard.data import OPTIMISED, PromiseVerdict, ReplayData
from fleet.dashboard.figures import bounds_figure, breaches_figure
from fleet.dashboard.page import figure_html
from fleet.dashboard.report.evidence_tables import (
    bounds_table,
    contested_table,
    controller_table,
    reference_table,
    weakest_table,
)
from fleet.dashboard.report.report_tables import ReportTable
from fleet.evaluation.intervals import Rate
from fleet.replay.bound_evidence import Evidence

_CSS_CLASSES = {data.YES: "kept", data.NOT_PROVEN: "unclear", data.UNCLEAR: "unclear", data.NO: "broken"}


@dataclass(frozen=True, kw_only=True)
class PromiseSection:
    """The first section of the report.

    Args:
        verdict: None if the promise cannot be checked.
        css_class: class of the verdict's paragraph.
        breaches: HTML of the figure of cumulative breach rates; None without evidence.
    """

    verdict: PromiseVerdict | None
    css_class: str
    breaches: str | None
    guarantee: str


@dataclass(frozen=True, kw_only=True)
class BoundsSection:
    """Coverage of the upper bounds on the variables that limits need.

    Args:
        target: the target coverage, such as "95 %".
        figure: HTML of the figure of coverage.
        tables: tables with a row per variable and region.
    """

    target: str
    figure: str
    tables: tuple[ReportTable, ...]


@dataclass(frozen=True, kw_only=True)
class SplitSection:
    """The reference split ("fixed split") compared with the replay's method.

    Args:
        target: the target coverage, such as "95 %".
        split_below, default_below: regions whose whole 95 % interval is below the target, as a text.
    """

    target: str
    table: ReportTable
    split_below: str
    default_below: str


def promise_section(replay: ReplayData) -> PromiseSection:
    """Return the verdict on the promise and the figure of cumulative breach rates."""
    verdict = data.promise_verdict(replay)
    evidence = replay.evidence
    return PromiseSection(
        verdict=verdict,
        css_class="" if verdict is None else _CSS_CLASSES[verdict.word],
        breaches=None if evidence is None else figure_html(breaches_figure(evidence), "running"),
        guarantee="" if evidence is None else data.guarantee_sentence(evidence),
    )


def contested_jobs(replay: ReplayData) -> ReportTable | None:
    """Return the contested jobs of the default policy by region and season; None if there are no such counts."""
    outcome = replay.outcomes.get(OPTIMISED, {})
    return contested_table(outcome, theme.region_labels(replay.fleet)) if outcome.get("contested_cells") else None


def controllers(replay: ReplayData) -> ReportTable | None:
    """Return the controllers of the default policy by region; None if the policy has no controller."""
    published = replay.outcomes.get(OPTIMISED, {}).get("controller")
    return controller_table(published, theme.region_labels(replay.fleet)) if published else None


def bounds_section(replay: ReplayData) -> BoundsSection | None:
    """Return the coverage of the upper bounds, as a figure and tables; None without evidence."""
    evidence = replay.evidence
    if evidence is None:
        return None
    labels = theme.region_labels(replay.fleet)
    return BoundsSection(
        target=_target(evidence),
        figure=figure_html(bounds_figure(evidence, replay.fleet), "reliability"),
        tables=(bounds_table(evidence, labels), weakest_table(evidence, labels)),
    )


def split_section(replay: ReplayData) -> SplitSection | None:
    """Return the comparison of the two splits; None if the evidence has none."""
    evidence = replay.evidence
    if evidence is None or not evidence.reference:
        return None
    labels, reference = theme.region_labels(replay.fleet), evidence.reference
    return SplitSection(
        target=_target(evidence),
        table=reference_table(reference, labels),
        split_below=_below(
            evidence, {labels[region]: months.reference.coverage for region, months in reference.items()}
        ),
        default_below=_below(
            evidence, {labels[region]: months.default.coverage for region, months in reference.items()}
        ),
    )


def _target(evidence: Evidence) -> str:
    return f"{100 * evidence.confidence:g} %"


def _below(evidence: Evidence, coverage: Mapping[str, Rate]) -> str:
    """Name the regions whose whole 95 % interval is below the target."""
    names = [label for label, rate in coverage.items() if rate.interval_95[1] < evidence.confidence]
    return " and ".join(names) if names else "none"
