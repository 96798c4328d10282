"""Report tables on policies and on the bands in the charts: each rate with its count and its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.dashboard.data import (
    BAND_PERCENT,
    QUANTITIES,
    BandCoverage,
    jobs_that_ran,
    judged_contested_jobs,
    judged_jobs,
    policy_label,
)
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

# Half of the misses of a two-sided band may lie above the band.
_UPPER_TARGET = (100 + BAND_PERCENT) / 2


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """The texts of a table. The first cell of a row names the row."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def safety_table(outcomes: Mapping[str, Mapping[str, Any]]) -> ReportTable:
    """Return the breaches of each policy, among all jobs that were judged and among the contested ones.

    Args:
        outcomes: policy -> fields of `replay.outcomes.Outcome`.
    """
    rows = [
        [
            policy_label(policy),
            f"{outcome['jobs']:,}",
            f"{jobs_that_ran(outcome):,}",
            count_text(outcome["breached_jobs"], judged_jobs(outcome)),
            rate_text(outcome["breach_rate"], outcome["breach_interval_95"]),
            count_text(outcome["contested_breached"], judged_contested_jobs(outcome)),
            rate_text(outcome["contested_breach_rate"], outcome["contested_breach_interval_95"]),
            count_text(outcome["safe_approved"], outcome["safe_jobs"]),
            "none" if outcome["breach_bound"] is None else percent_text(outcome["breach_bound"]),
        ]
        for policy, outcome in outcomes.items()
    ]
    heads = [
        *("Policy", "Jobs", "Jobs that ran"),
        *("In breach, of the judged jobs", "Rate [95 % interval]"),
        *("In breach, of the judged contested jobs", "Rate [95 % interval]"),
        *("Ran, of the jobs that the oracle runs safely", "Guaranteed maximum breach rate"),
    ]
    return ReportTable(heads=heads, rows=rows)


def footprint_table(outcomes: Mapping[str, Mapping[str, Any]]) -> ReportTable:
    """Return the resource use of each policy's jobs, in total and per served MWh.

    Args:
        outcomes: policy -> fields of `replay.outcomes.Outcome`.
    """
    rows = [
        [
            policy_label(policy),
            f"{outcome['served_mwh']:,.0f}",
            f"{outcome['unserved_mwh']:,.0f}",
            f"{outcome['carbon_t']:,.0f}",
            _per_mwh(outcome["carbon_t"] / TONNES_PER_KG, outcome["served_mwh"]),
            f"{outcome['water_m3']:,.0f}",
            _per_mwh(outcome["water_m3"] / M3_PER_LITRE, outcome["served_mwh"]),
            f"{outcome['cost_usd']:,.0f}",
            _per_mwh(outcome["cost_usd"], outcome["served_mwh"]),
        ]
        for policy, outcome in outcomes.items()
    ]
    heads = [
        *("Policy", "Energy served, MWh", "Energy not served, MWh"),
        *("Carbon, t CO₂", "kg CO₂ per served MWh"),
        *("Water, m³", "L per served MWh"),
        *("Cost, USD", "USD per served MWh"),
    ]
    return ReportTable(heads=heads, rows=rows)


def band_coverage_table(coverages: Sequence[BandCoverage], labels: Mapping[str, str]) -> ReportTable:
    """Return the coverage of the bands in the charts, one row per quantity and region.

    Args:
        coverages: the rows.
        labels: region id -> name on screen.
    """
    rows = [
        [
            f"{QUANTITIES[coverage.quantity]}, {labels[coverage.region]}",
            f"{coverage.hours:,}",
            rate_text(coverage.inside, coverage.inside_interval),
            f"{percent_text(coverage.hottest_below)} of {coverage.hottest_hours:,}",
            f"{coverage.windows:,}",
            rate_text(coverage.below_path, coverage.below_path_interval),
            f"{coverage.worst_month}: {percent_text(coverage.worst_inside)}",
            percent_text(coverage.unbounded),
        ]
        for coverage in coverages
    ]
    heads = [
        *("Temperature", "Forecast hours", "Inside the band [95 % interval]"),
        f"Hottest tenth below the upper bound (target {_UPPER_TARGET:g} %)",
        *("Windows", "Below the whole-day bound in every hour [95 % interval]"),
        *("Worst month, inside the band", "Hours without a bound"),
    ]
    return ReportTable(heads=heads, rows=rows)


def count_text(part: int, whole: int) -> str:
    """Return a count such as "84 of 1,000"."""
    return f"{part:,} of {whole:,}"


def rate_text(share: float | None, interval: Sequence[float | None], *, digits: int = 2) -> str:
    """Return a share with its interval in percent, such as "2.50 % [1.00, 4.00]"; "none" without a case."""
    low, high = interval
    if share is None or low is None or high is None or not math.isfinite(share):
        return "none"
    return f"{percent_text(share)} [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"


def percent_text(share: float) -> str:
    """Return a share in percent, with two digits below 10 % and one digit above."""
    return f"{100 * share:.2f} %" if abs(share) < 0.1 else f"{100 * share:.1f} %"


def _per_mwh(amount: float, served_mwh: float) -> str:
    return f"{amount / served_mwh:,.1f}" if served_mwh else "none"
