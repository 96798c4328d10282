"""The comparison of two policies, in numbers for metrics and in plain sentences."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.dashboard.data.footprint_data import Totals
from fleet.domain.region import Fleet
from fleet.placement import DEFAULT_POLICY
from fleet.units import M3_PER_LITRE

ORIGINAL = "home_region"
OPTIMISED = DEFAULT_POLICY

_LABELS = {
    ORIGINAL: "Original: every job at home, at once",
    "current_conditions": "Current conditions, as if they stayed",
    "point_forecast": "Point forecast, no bound",
    "fixed_margin": "Point forecast and a fixed margin",
    "greedy": "Greedy: one job after another, against the bound",
    "priced": "Priced: all jobs together, against the bound",
    "oracle": "Oracle: the same with the true future",
}
# A change that rounds to 0.0 % is none.
_NO_CHANGE = 0.0005


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number of a page. `delta` is against the original, None for the original itself; `note` goes below."""

    label: str
    value: str
    delta: str | None = None
    lower_is_better: bool = True
    note: str = ""


def policy_label(policy: str) -> str:
    """A policy's name for people; its own name if it has no other."""
    label = _LABELS.get(policy, policy)
    return f"Optimised, {label[0].lower()}{label[1:]}" if policy == OPTIMISED else label


def ran(outcome: Mapping[str, Any]) -> int:
    """Jobs that ran: a job that was approved and withdrawn later did not."""
    return int(outcome["approved"] - outcome["withdrawn"])


def period_metrics(original: Totals, chosen: Totals, *, optimised: bool) -> list[Metric]:
    """The jobs' footprint in a period: in total, then per served MWh. Deltas only if `optimised`."""

    def metric(label: str, before: float, after: float, digits: int = 0, *, lower_is_better: bool = True) -> Metric:
        delta = _delta(before, after, digits) if optimised else None
        return Metric(label=label, value=_amount(after, digits), delta=delta, lower_is_better=lower_is_better)

    saved_l = (original.water_m3 - chosen.water_m3) / M3_PER_LITRE
    return [
        metric("Carbon, t CO₂", original.carbon_t, chosen.carbon_t),
        metric("Water, m³", original.water_m3, chosen.water_m3),
        Metric(label="Water saved, L", value=_amount(saved_l if optimised else 0.0)),
        metric("Cost, USD", original.cost_usd, chosen.cost_usd),
        metric("Served, MWh", original.served_mwh, chosen.served_mwh, lower_is_better=False),
        metric("Carbon, kg CO₂ per MWh", original.carbon_kg_per_mwh, chosen.carbon_kg_per_mwh),
        metric("Water, L per MWh", original.water_l_per_mwh, chosen.water_l_per_mwh),
        metric("Cost, USD per MWh", original.cost_usd_per_mwh, chosen.cost_usd_per_mwh, 1),
    ]


def safety_metrics(original: Mapping[str, Any], chosen: Mapping[str, Any], *, optimised: bool) -> list[Metric]:
    """What the whole replay says of breaches and unserved energy: each rate with its count.

    Args:
        original, chosen: figures of `replay.outcomes.Outcome`.
    """

    def rate(label: str, key: str, breached: str, of: int, what: str) -> Metric:
        before, after = original[key], chosen[key]
        known = before is not None and after is not None
        delta = f"{100 * (after - before):+.1f} points" if optimised and known else None
        value = "none ran" if after is None else _percent(after)
        return Metric(label=label, value=value, delta=delta, note=f"{chosen[breached]:,} of {of:,} {what}")

    before, after = original["unserved_mwh"], chosen["unserved_mwh"]
    return [
        rate("Jobs in breach", "breach_rate", "breached_jobs", ran(chosen), "jobs that ran"),
        rate(
            "Contested jobs in breach",
            *("contested_breach_rate", "contested_breached", chosen["contested_approved"], "that ran"),
        ),
        Metric(
            label="Not served, MWh",
            value=_amount(after),
            delta=f"{after - before:+,.0f}" if optimised else None,
            note=f"{chosen['jobs'] - ran(chosen):,} of {chosen['jobs']:,} jobs never ran",
        ),
    ]


def comparison(original: Totals, chosen: Totals) -> list[str]:
    """In words: how carbon and water moved, in total and per served MWh, and how much of it is work not run."""
    carbon = _change(original.carbon_t, chosen.carbon_t)
    water = _change(original.water_m3, chosen.water_m3)
    carbon_each = _change(original.carbon_kg_per_mwh, chosen.carbon_kg_per_mwh)
    water_each = _change(original.water_l_per_mwh, chosen.water_l_per_mwh)
    return [
        f"In total, {_both(carbon, water)}.",
        f"Per served MWh, {_both(carbon_each, water_each)}.",
        *_served_sentences(original, chosen),
    ]


def _served_sentences(original: Totals, chosen: Totals) -> list[str]:
    served = _change(original.served_mwh, chosen.served_mwh)
    amounts = f"{chosen.served_mwh:,.0f} MWh of jobs against {original.served_mwh:,.0f} MWh"
    if not math.isfinite(served) or abs(served) < _NO_CHANGE:
        return [f"Both ran about the same work: {amounts}."]
    if served > 0:
        return [f"The optimised fleet ran more work: {amounts}."]
    # What the missing work would have taken at the original's rate; the rest is where and when the other work ran.
    not_run_m3 = (original.served_mwh - chosen.served_mwh) * original.water_l_per_mwh * M3_PER_LITRE
    moved_m3 = original.water_m3 - chosen.water_m3 - not_run_m3
    return [
        f"The optimised fleet ran less work: {amounts} ({_percent(-served)} less).",
        f"Of the change in water, {_saved(not_run_m3)} is work that did not run and {_saved(moved_m3)} comes from "
        "running the rest elsewhere or at another hour.",
    ]


def load_sentence(fleet: Fleet, original: Totals, chosen: Totals) -> str:
    """Where the jobs' mean load went, region by region."""
    moves = [
        f"{region.name.split(' (')[0]} {original.job_mw.get(region.id, 0.0):.1f} → "
        f"{chosen.job_mw.get(region.id, 0.0):.1f} MW"
        for region in fleet.regions
    ]
    return f"Mean job load, original → optimised: {', '.join(moves)}."


def weights_sentence(fleet: Fleet) -> str:
    """Under which prices the replay decided, and what the water's scarcity has to do with it."""
    costs = fleet.costs
    scarcity = ", ".join(f"{region.name.split(' (')[0]} {region.water_scarcity:g}" for region in fleet.regions)
    prices = (
        f"This holds for {costs.carbon_usd_per_t:g} USD per t of carbon and {costs.water_usd_per_m3:g} USD per m³ of "
        f"water, times a scarcity of {scarcity}."
    )
    return f"{prices} Cheaper water moves less load for water; limits of heat move it whatever the prices are."


def _both(carbon: float, water: float) -> str:
    if not (math.isfinite(carbon) and math.isfinite(water)):
        return "carbon and water cannot be compared, because nothing ran"
    opposite = carbon * water < 0 and min(abs(carbon), abs(water)) >= _NO_CHANGE
    return f"carbon {_moved(carbon)} {'while' if opposite else 'and'} water {_moved(water)}"


def _moved(change: float) -> str:
    if abs(change) < _NO_CHANGE:
        return "stays the same"
    return f"{'rises' if change > 0 else 'falls'} by {_percent(abs(change))}"


def _change(before: float, after: float) -> float:
    return after / before - 1 if before else float("nan")


def _delta(before: float, after: float, digits: int) -> str | None:
    change = _change(before, after)
    if not math.isfinite(change):
        return None
    return f"{_amount(after - before, digits, sign='+')} ({100 * change:+.1f} %)"


def _saved(amount_m3: float) -> str:
    return f"{abs(amount_m3):,.0f} m³ {'less' if amount_m3 >= 0 else 'more'}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _amount(value: float, digits: int = 0, sign: str = "") -> str:
    if not math.isfinite(value):
        return "none"
    text = f"{value:{sign},.{digits}f}"
    return text.replace("-0", "0") if float(text.replace(",", "")) == 0 else text
