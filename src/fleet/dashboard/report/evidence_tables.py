"""Report tables on the coverage of bounds, on breaches of contested jobs and on controllers."""

from collections.abc import Iterator, Mapping
from typing import Any

from fleet.dashboard.data import VARIABLES, contested_cells_of
from fleet.dashboard.report.report_tables import ReportTable, count_text, percent_text, rate_text
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import Week
from fleet.replay.band_comparison import BandComparison
from fleet.replay.bound_evidence import BoundEvidence, Evidence


def bounds_table(evidence: Evidence, labels: Mapping[str, str]) -> ReportTable:
    """Return the coverage of each upper bound: of all hours, of the hottest tenth, and of hours with and without jobs.

    Args:
        labels: region id -> name on screen.
    """
    rows = [
        [
            name,
            f"{bound.reliability.overall.count:,}",
            _rate(bound.reliability.overall),
            _rate(bound.reliability.hottest),
            _rate_and_count(bound.selected),
            _rate_and_count(bound.others),
            percent_text(bound.infinite_share),
        ]
        for name, bound in _named_bounds(evidence, labels)
    ]
    heads = [
        *("Upper bound on", "Forecast hours", "Coverage", "Coverage of the highest tenth of forecasts"),
        *("Coverage where jobs were sent", "Coverage everywhere else", "Hours without a bound"),
    ]
    return ReportTable(heads=heads, rows=rows)


def weakest_table(evidence: Evidence, labels: Mapping[str, str]) -> ReportTable:
    """Return the coverage of each path bound, and the weakest cell and worst week of each hourly bound.

    Args:
        labels: region id -> name on screen.
    """
    rows = [
        [
            name,
            f"{bound.path.overall.count:,}",
            _rate(bound.path.overall),
            _rate(bound.path.hottest),
            f"{bound.path.width_ratio:.2f}",
            _weakest_cell(bound.reliability.weakest),
            _week(bound.reliability.worst_week),
        ]
        for name, bound in _named_bounds(evidence, labels)
    ]
    heads = [
        *("Upper bound on", "Windows", "Coverage of whole days", "Coverage of whole days, highest tenth"),
        *("Whole-day margin / hourly margin", "Hourly bound: weakest group", "Hourly bound: worst week"),
    ]
    return ReportTable(heads=heads, rows=rows)


def contested_table(outcome: Mapping[str, Any], labels: Mapping[str, str]) -> ReportTable:
    """Return the contested jobs that ran and were judged, by region and season, as counts and as energy.

    Args:
        outcome: fields of `replay.outcomes.Outcome`.
        labels: region id -> name on screen.
    """
    rows = [
        [
            f"{labels.get(cell.region, cell.region)}, {cell.season}",
            count_text(cell.breached, cell.approved),
            rate_text(cell.breach_rate, cell.breach_interval_95),
            f"{cell.breached_mwh:,.0f} of {cell.mwh:,.0f}",
            percent_text(cell.breached_mwh / cell.mwh) if cell.mwh else "none",
        ]
        for cell in contested_cells_of(outcome)
    ]
    heads = ["Region, season", "Contested jobs in breach", "Rate [95 % interval]", "MWh in breach", "Share of MWh"]
    return ReportTable(heads=heads, rows=rows)


def controller_table(controllers: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> ReportTable:
    """Return the numbers that each region's controller publishes.

    Args:
        controllers: region id -> numbers of `conformal.controller_numbers.published_numbers`. Earlier versions did not
            publish those by energy and of the far track.
        labels: region id -> name on screen.
    """
    rows = [
        [
            labels.get(region, region),
            count_text(controller["breached"], controller["resolved"]),
            "none" if controller["breach_rate"] is None else percent_text(controller["breach_rate"]),
            "none yet" if controller["bound"] is None else percent_text(controller["bound"]),
            _percent_or_none(controller.get("energy_breach_rate")),
            _percent_or_none(controller.get("energy_bound")),
            f"{controller['level']:.2f}",
            "none" if controller.get("far_level") is None else f"{controller['far_level']:.2f}",
            f"{controller['resets']:,}",
            f"{controller['lowered']:.2f}",
            f"{controller['most_unresolved']:,}",
        ]
        for region, controller in controllers.items()
    ]
    heads = [
        *("Region", "Ended jobs in breach", "Rate", "Guaranteed maximum breach rate"),
        *("Share of MWh in breach", "Guaranteed maximum share of MWh", "Level at the end", "Level of long jobs"),
        *("Probations", "Level lowered by probations", "Most unresolved approvals at once"),
    ]
    return ReportTable(heads=heads, rows=rows)


def reference_table(comparison: Mapping[str, BandComparison], labels: Mapping[str, str]) -> ReportTable:
    """Return the scores of the fixed split and of the default method in the same December, region by region.

    Args:
        comparison: region id -> scores of both methods.
        labels: region id -> name on screen.
    """
    rows = [
        [
            f"{labels[region]}, {name}",
            f"{month.coverage.count:,}",
            _rate(month.coverage),
            _rate(month.path),
            _week(month.worst_week),
            f"{month.mean_width:.2f}",
        ]
        for region, compared in comparison.items()
        for name, month in (("fixed split", compared.reference), ("default", compared.default))
    ]
    heads = [
        *("Outdoor temperature", "Forecast hours", "Inside the band", "Inside the whole-day band in every hour"),
        *("Worst week", "Mean width, K"),
    ]
    return ReportTable(heads=heads, rows=rows)


def _named_bounds(evidence: Evidence, labels: Mapping[str, str]) -> Iterator[tuple[str, BoundEvidence]]:
    for variable, regions in evidence.bounds.items():
        name = VARIABLES.get(variable, variable)
        yield from ((f"{name[0].upper()}{name[1:]}, {labels[region]}", bound) for region, bound in regions.items())


def _rate(rate: Rate) -> str:
    return rate_text(rate.share, rate.interval_95, digits=1)


def _rate_and_count(rate: Rate) -> str:
    return f"{_rate(rate)} of {rate.count:,}" if rate.count else "none"


def _weakest_cell(weakest: tuple[str, Rate] | None) -> str:
    return "none" if weakest is None else f"{weakest[0]}: {_rate(weakest[1])}"


def _week(week: Week | None) -> str:
    return "none" if week is None else f"{week.start_utc[:10]}: {percent_text(week.share)}"


def _percent_or_none(share: float | None) -> str:
    return "none" if share is None else percent_text(share)
