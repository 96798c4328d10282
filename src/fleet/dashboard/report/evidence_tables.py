"""The tables behind the report's first answer: where bounds held and did not, and where jobs breached."""

from collections.abc import Iterator, Mapping
from typing import Any

from fleet.dashboard.data import VARIABLES, cells_of
from fleet.dashboard.report.report_tables import count, percent, rate, table
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import Week
from fleet.replay.bound_evidence import BoundEvidence, Compared, Evidence


def bounds_table(evidence: Evidence, labels: Mapping[str, str]) -> str:
    """Each variable and region: overall, where it is hottest, and where jobs were sent."""
    rows = [
        [
            name,
            f"{each.reliability.overall.count:,}",
            _rate(each.reliability.overall),
            _rate(each.reliability.hottest),
            _counted(each.selected),
            _counted(each.others),
            percent(each.infinite_share),
        ]
        for name, each in _bounds(evidence, labels)
    ]
    heads = ["Upper bound of", "Hours N", "Held", "Hottest tenth", "Where jobs were sent", "Everywhere else"]
    return table([*heads, "Without a bound"], rows)


def weakest_table(evidence: Evidence, labels: Mapping[str, str]) -> str:
    """Each variable and region: the bound of the whole day, the weakest cell and week."""
    rows = []
    for name, each in _bounds(evidence, labels):
        weak = each.reliability.weakest
        rows.append(
            [
                name,
                f"{each.path.overall.count:,}",
                _rate(each.path.overall),
                _rate(each.path.hottest),
                f"{each.path.width_ratio:.2f}",
                "none" if weak is None else f"{weak[0]}: {_rate(weak[1])}",
                _week(each.reliability.worst_week),
            ]
        )
    heads = ["Upper bound of", "Days N", "Held all day", "All day, hottest tenth", "Times as far"]
    return table([*heads, "Hours: weakest cell", "Hours: worst week"], rows)


def _bounds(evidence: Evidence, labels: Mapping[str, str]) -> Iterator[tuple[str, BoundEvidence]]:
    for variable, regions in evidence.bounds.items():
        name = VARIABLES.get(variable, variable)
        yield from ((f"{name[0].upper()}{name[1:]}, {labels[region]}", each) for region, each in regions.items())


def contested_table(outcome: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Contested approvals by region and season, and as energy."""
    rows = [
        [
            f"{labels.get(each.region, each.region)}, {each.season}",
            count(each.breached, each.approved),
            rate(each.breach_rate, each.breach_interval_95),
            f"{each.breached_mwh:,.0f} of {each.mwh:,.0f}",
            percent(each.breached_mwh / each.mwh) if each.mwh else "none",
        ]
        for each in cells_of(outcome)
    ]
    heads = ["Contested jobs that ran in", "In breach", "Rate [95 % interval]", "MWh in breach", "Share of MWh"]
    return table(heads, rows)


def controller_table(controller: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> str:
    """What the controller publishes of each region."""
    rows = [
        [
            labels.get(region, region),
            count(each["breached"], each["resolved"]),
            "none" if each["breach_rate"] is None else percent(each["breach_rate"]),
            "none yet" if each["bound"] is None else percent(each["bound"]),
            f"{each['level']:.2f}",
            f"{each['resets']:,}",
            f"{each['lowered']:.2f}",
            f"{each['most_unresolved']:,}",
        ]
        for region, each in controller.items()
    ]
    heads = ["Region", "In breach, of ended jobs", "Rate", "Cannot exceed", "Level now", "Times reopened"]
    return table([*heads, "Level lowered by that", "Most jobs open at once"], rows)


def reference_table(reference: Mapping[str, Compared], labels: Mapping[str, str]) -> str:
    """The reference split beside the default on the same December, region by region."""
    rows = [
        [
            f"{labels[region]}, {name}",
            f"{own.coverage.count:,}",
            _rate(own.coverage),
            _rate(own.path),
            _week(own.worst_week),
            f"{own.mean_width:.2f}",
        ]
        for region, each in reference.items()
        for name, own in (("reference split", each.reference), ("default", each.default))
    ]
    heads = ["Outdoor temperature", "Hours N", "Inside the band", "All day inside the path band", "Worst week"]
    return table([*heads, "Mean width, K"], rows)


def _rate(found: Rate) -> str:
    return rate(found.share, found.interval_95, digits=1)


def _counted(found: Rate) -> str:
    return f"{_rate(found)} of {found.count:,}" if found.count else "none"


def _week(week: Week | None) -> str:
    return "none" if week is None else f"{week.start_utc[:10]}: {percent(week.share)}"
