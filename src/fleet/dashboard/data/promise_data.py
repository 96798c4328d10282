"""Does the promise hold? A verdict, a few large figures with their counts, and where it is weakest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.dashboard.data.outcome_data import OPTIMISED, ran
from fleet.dashboard.data.workspace_data import Views
from fleet.domain.region import Fleet
from fleet.evaluation.intervals import Rate
from fleet.replay.bound_evidence import Evidence
from fleet.replay.breakdown import Cell, weakest
from fleet.replay.plotted_margins import PICTURED

YES, LIKELY, OPEN, NO = "Yes", "So far, yes", "Not shown", "No"
VARIABLES = {"temperature_c": "outdoor temperature", "dew_point_c": "dew point", "it_load_mw": "IT load"}
NO_EVIDENCE = (
    "This workspace was filled before replays left evidence of their bounds: run `fleet demo` again to see how often "
    "they held, and where."
)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One large figure. beyond: worse than what is aimed at, as far as its interval can tell."""

    label: str
    value: str
    note: str
    beyond: bool = False


@dataclass(frozen=True, kw_only=True)
class PromiseVerdict:
    """What ten seconds tell. word: one of YES, LIKELY, OPEN, NO. sentence: why. weakest: where it is."""

    word: str
    sentence: str
    tiles: tuple[Tile, ...]
    weakest: str


def verdict(views: Views) -> PromiseVerdict | None:
    """Of the policy that decides against the bound; None where it was not replayed, or met no contested job."""
    own = views.outcomes.get(OPTIMISED)
    if own is None or own["contested_breach_rate"] is None:
        return None
    aim = 1 - (views.evidence.confidence if views.evidence else float(views.summary.get("confidence", 0.95)))
    found = _contested(own)
    word = _word(found, aim)
    tiles = [
        Tile(
            label="Contested jobs in breach",
            value=_percent(found.share),
            note=f"{own['contested_breached']:,} of {found.count:,}; {_between(found)}; {_percent(aim, 0)} allowed",
            beyond=found.interval_95[0] > aim,
        ),
        _energy(own, aim),
        _bound(own),
        _coverage(views.evidence),
        _worst_week(views),
    ]
    return PromiseVerdict(
        word=word,
        sentence=_sentence(word, found, own, aim),
        tiles=tuple(each for each in tiles if each is not None),
        weakest=_weakest(own, views.fleet, aim),
    )


def _contested(own: Mapping[str, Any]) -> Rate:
    low, high = own["contested_breach_interval_95"]
    return Rate(count=own["contested_approved"], share=own["contested_breach_rate"], interval_95=(low, high))


def _word(found: Rate, aim: float) -> str:
    low, high = found.interval_95
    if found.share <= aim:
        return YES if high <= aim else LIKELY
    return OPEN if low <= aim else NO


def _sentence(word: str, found: Rate, own: Mapping[str, Any], aim: float) -> str:
    said = (
        f"Of {found.count:,} jobs that ran close to a limit, where the promise is hard to keep, "
        f"{_percent(found.share)} met a breach; {_percent(aim, 0)} are allowed. "
    )
    why = {
        YES: f"The whole 95 % interval, {_between(found)}, lies below.",
        LIKELY: f"The 95 % interval, {_between(found)}, reaches above it, so another year may break it.",
        OPEN: f"The 95 % interval, {_between(found)}, holds what is allowed, so chance alone may be why.",
        NO: f"Even the lower end of the 95 % interval, {_between(found)}, lies above.",
    }
    of_all = f" Of all {ran(own):,} jobs that ran, {_percent(own['breach_rate'])} did."
    return said + why[word] + of_all + _heavier(own, aim)


def _heavier(own: Mapping[str, Any], aim: float) -> str:
    share = own.get("contested_breach_rate_mwh")
    if share is None or own["contested_breach_interval_95_mwh"][0] <= aim:
        return ""
    return (
        f" The promise counts jobs: weighed by their energy, {_percent(share)} of the contested ones breached, "
        "since long and large jobs meet more."
    )


def _energy(own: Mapping[str, Any], aim: float) -> Tile | None:
    share = own.get("contested_breach_rate_mwh")
    if share is None:
        return None
    low, high = own["contested_breach_interval_95_mwh"]
    return Tile(
        label="Their energy in breach",
        value=_percent(share),
        note=f"{own['contested_breached_mwh']:,.0f} of {own['contested_mwh']:,.0f} MWh; "
        f"{100 * low:.2f} to {100 * high:.2f} %",
        beyond=low > aim,
    )


def _bound(own: Mapping[str, Any]) -> Tile | None:
    bound, controller = own["breach_bound"], own.get("controller")
    if bound is None or not controller:
        return None
    resolved = sum(each["resolved"] for each in controller.values())
    return Tile(
        label="Cannot exceed",
        value=_percent(bound),
        note=f"of all {resolved:,} ended jobs, whatever the weather: the controller's published bound",
    )


def _coverage(evidence: Evidence | None) -> Tile | None:
    if evidence is None:
        return None
    every = [each.reliability.overall for each in evidence.bounds[PICTURED].values()]
    count = sum(each.count for each in every)
    if not count:
        return None
    share = sum(each.count * each.share for each in every if each.count) / count
    low, high = (min(every, key=lambda each: each.share), max(every, key=lambda each: each.share))
    return Tile(
        label="Temperature below its bound",
        value=_percent(share, 1),
        note=f"of {count:,} hours ahead; regions {_percent(low.share, 1)} to {_percent(high.share, 1)}; "
        f"{_percent(evidence.confidence, 0)} aimed at",
    )


def _worst_week(views: Views) -> Tile | None:
    if views.evidence is None:
        return None
    names = _short(views.fleet)
    weeks = [
        (week.share, week, region)
        for region, each in views.evidence.bounds[PICTURED].items()
        for week in [each.reliability.worst_week]
        if week is not None
    ]
    if not weeks:
        return None
    share, week, region = min(weeks, key=lambda each: each[0])
    return Tile(
        label="In its worst week",
        value=_percent(share, 1),
        note=f"of {week.count:,} hours ahead, {names[region]}, from {week.start_utc[:10]}",
    )


def cells_of(own: Mapping[str, Any]) -> list[Cell]:
    """The contested approvals of an outcome by region and season; none in one of an earlier version."""
    return [
        Cell(**{**each, "breach_interval_95": tuple(each["breach_interval_95"])})
        for each in own.get("contested_cells", ())
    ]


def _weakest(own: Mapping[str, Any], fleet: Fleet, aim: float) -> str:
    cell = weakest(cells_of(own))
    if cell is None:
        return ""
    low, high = cell.breach_interval_95
    where = f"{_short(fleet).get(cell.region, cell.region)} in {cell.season}"
    judged = "above what is allowed" if low > aim else "within what chance allows" if high > aim else "below it, too"
    return (
        f"Weakest: {where}, where {cell.breached:,} of {cell.approved:,} contested jobs breached, "
        f"{_percent(cell.breach_rate)} [{100 * low:.2f}, {100 * high:.2f}]: {judged}. "
        "The promise is made over a long run, not for each region and season."
    )


def _short(fleet: Fleet) -> dict[str, str]:
    return {region.id: region.name.split(" (")[0] for region in fleet.regions}


def _between(found: Rate) -> str:
    low, high = found.interval_95
    return f"{100 * low:.2f} to {100 * high:.2f} %"


def _percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f} %"
