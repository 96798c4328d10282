"""The report's tables as HTML: every rate with its count and its interval."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from fleet.dashboard.data import BAND_PERCENT, QUANTITIES, Coverage, policy_label, ran
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

# Half of the misses may be above.
_UPPER_AIM = (100 + BAND_PERCENT) / 2


def safety_table(outcomes: Mapping[str, Mapping[str, Any]]) -> str:
    """Breaches of each policy, over all jobs that ran and over the contested ones."""
    rows = [
        [
            policy_label(policy),
            f"{each['jobs']:,}",
            f"{ran(each):,}",
            count(each["breached_jobs"], ran(each)),
            rate(each["breach_rate"], each["breach_interval_95"]),
            count(each["contested_breached"], each["contested_approved"]),
            rate(each["contested_breach_rate"], each["contested_breach_interval_95"]),
            count(each["safe_approved"], each["safe_jobs"]),
            "none" if each["breach_bound"] is None else percent(each["breach_bound"]),
        ]
        for policy, each in outcomes.items()
    ]
    heads = ["Policy", "Jobs", "Ran", "In breach, of those that ran", "Rate [95 % interval]"]
    heads += ["Contested in breach, of contested that ran", "Rate [95 % interval]"]
    heads += ["Ran, of the jobs that foresight runs safely", "Published bound"]
    return table(heads, rows)


def footprint_table(outcomes: Mapping[str, Mapping[str, Any]]) -> str:
    """What the jobs of each policy took, in total and per served MWh."""
    rows = []
    for policy, each in outcomes.items():
        served = each["served_mwh"]
        rows.append(
            [
                policy_label(policy),
                f"{served:,.0f}",
                f"{each['unserved_mwh']:,.0f}",
                f"{each['carbon_t']:,.0f}",
                _per(each["carbon_t"] / TONNES_PER_KG, served),
                f"{each['water_m3']:,.0f}",
                _per(each["water_m3"] / M3_PER_LITRE, served),
                f"{each['cost_usd']:,.0f}",
                _per(each["cost_usd"], served),
            ]
        )
    heads = ["Policy", "Served, MWh", "Not served, MWh", "Carbon, t CO₂", "kg CO₂ per served MWh", "Water, m³"]
    return table([*heads, "L per served MWh", "Cost, USD", "USD per served MWh"], rows)


def coverage_table(found: Sequence[Coverage], labels: Mapping[str, str]) -> str:
    """How often the bounds held, by quantity and region."""
    rows = [
        [
            f"{QUANTITIES[each.quantity]}, {labels[each.region]}",
            f"{each.hours:,}",
            rate(each.inside, each.inside_interval),
            f"{percent(each.hot_below)} of {each.hot_hours:,}",
            f"{each.windows:,}",
            rate(each.below_all_day, each.below_all_day_interval),
            f"{each.worst_month}: {percent(each.worst_inside)}",
            percent(each.unbounded),
        ]
        for each in found
    ]
    heads = [
        "Temperature",
        "Hours N",
        "Inside the band [95 % interval]",
        f"Hottest tenth below the upper bound (aim {_UPPER_AIM:g} %)",
    ]
    heads += [
        "Whole days N",
        "Below the whole-day line [95 % interval]",
        "Worst month, inside",
        "Hours without a bound",
    ]
    return table(heads, rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """HTML of texts; the first column names the row."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def count(part: int, whole: int) -> str:
    """84 of 1,000."""
    return f"{part:,} of {whole:,}"


def rate(share: float | None, interval: Sequence[float | None], *, digits: int = 2) -> str:
    """A share with its interval, in percent."""
    low, high = interval
    if share is None or low is None or high is None or not math.isfinite(share):
        return "none"
    return f"{percent(share)} [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"


def percent(share: float) -> str:
    """In percent, with more digits where it is small."""
    return f"{100 * share:.2f} %" if abs(share) < 0.1 else f"{100 * share:.1f} %"


def _per(amount: float, served_mwh: float) -> str:
    return f"{amount / served_mwh:,.1f}" if served_mwh else "none"
