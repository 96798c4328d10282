"""The large figures for the question "Does the promise hold?", each with its count."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.dashboard import theme
from fleet.dashboard.data.workspace_data import ReplayData
from fleet.evaluation.intervals import Rate
from fleet.replay.bound_evidence import Evidence
from fleet.replay.plotted_margins import PLOTTED_VARIABLE


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One large figure.

    Args:
        note: count, interval and target of the figure.
        misses_target: True if even the better end of the 95 % interval is worse than the target.
    """

    label: str
    value: str
    note: str
    misses_target: bool = False


def tiles_of(replay: ReplayData, outcome: Mapping[str, Any], rate: Rate, allowed: float) -> tuple[Tile, ...]:
    """Return the tiles whose numbers the replay has.

    Args:
        outcome: fields of `replay.outcomes.Outcome` of the default policy.
        rate: breach rate of the policy's contested jobs.
        allowed: the accepted breach rate, as a share.
    """
    tiles = [
        _contested_tile(outcome, rate, allowed),
        _energy_tile(outcome, allowed),
        _guarantee_tile(outcome),
        _coverage_tile(replay.evidence),
        _worst_week_tile(replay),
    ]
    return tuple(tile for tile in tiles if tile is not None)


def interval_text(ends: tuple[float, float]) -> str:
    """Return an interval of shares in percent, such as "0.05 to 0.86 %"."""
    return f"{100 * ends[0]:.2f} to {100 * ends[1]:.2f} %"


def percent(share: float, digits: int = 2) -> str:
    """Return a share in percent, such as "0.39 %"."""
    return f"{100 * share:.{digits}f} %"


def _contested_tile(outcome: Mapping[str, Any], rate: Rate, allowed: float) -> Tile:
    counts = f"{outcome['contested_breached']:,} of {rate.count:,} jobs"
    return Tile(
        label="Contested jobs in breach",
        value=percent(rate.share),
        note=f"{counts}; 95 % interval {interval_text(rate.interval_95)}; {percent(allowed, 0)} allowed",
        misses_target=rate.interval_95[0] > allowed,
    )


def _energy_tile(outcome: Mapping[str, Any], allowed: float) -> Tile | None:
    share = outcome.get("contested_breach_rate_mwh")
    if share is None:
        return None
    low, high = outcome["contested_breach_interval_95_mwh"]
    return Tile(
        label="Contested energy in breach",
        value=percent(share),
        note=f"{outcome['contested_breached_mwh']:,.0f} of {outcome['contested_mwh']:,.0f} MWh; "
        f"95 % interval {interval_text((low, high))}",
        misses_target=low > allowed,
    )


def _guarantee_tile(outcome: Mapping[str, Any]) -> Tile | None:
    bound, controllers = outcome["breach_bound"], outcome.get("controller")
    if bound is None or not controllers:
        return None
    ended = sum(controller["resolved"] for controller in controllers.values())
    energy_bound = outcome.get("energy_breach_bound")
    by_energy = "" if energy_bound is None else f"; {percent(energy_bound)} of their energy"
    return Tile(
        label="Guaranteed maximum breach rate",
        value=percent(bound),
        note=f"of all {ended:,} approved jobs that ended, for any weather" + by_energy,
    )


def _coverage_tile(evidence: Evidence | None) -> Tile | None:
    if evidence is None:
        return None
    rates = [bound.reliability.overall for bound in evidence.bounds[PLOTTED_VARIABLE].values()]
    count = sum(rate.count for rate in rates)
    if not count:
        return None
    share = sum(rate.count * rate.share for rate in rates if rate.count) / count
    low, high = (min(rates, key=lambda rate: rate.share), max(rates, key=lambda rate: rate.share))
    return Tile(
        label="Coverage of the temperature bound",
        value=percent(share, 1),
        note=f"of {count:,} forecast hours; {percent(low.share, 1)} to {percent(high.share, 1)} by region; target "
        f"{percent(evidence.confidence, 0)}",
    )


def _worst_week_tile(replay: ReplayData) -> Tile | None:
    if replay.evidence is None:
        return None
    weeks = [
        (bound.reliability.worst_week, region)
        for region, bound in replay.evidence.bounds[PLOTTED_VARIABLE].items()
        if bound.reliability.worst_week is not None
    ]
    if not weeks:
        return None
    week, region = min(weeks, key=lambda entry: entry[0].share)
    return Tile(
        label="Coverage in the worst week",
        value=percent(week.share, 1),
        note=f"of {week.count:,} forecast hours; {theme.region_labels(replay.fleet)[region]}, week from "
        f"{week.start_utc[:10]}",
    )
