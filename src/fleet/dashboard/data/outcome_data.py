"""Compares the original policy (every job at home, on arrival) with another policy, in numbers and in sentences."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.dashboard import theme
from fleet.dashboard.data.footprint_data import FootprintTotals
from fleet.domain.region import Fleet
from fleet.placement import DEFAULT_POLICY
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

ORIGINAL = "home_region"
OPTIMISED = DEFAULT_POLICY

_LABELS = {
    ORIGINAL: "Original: every job at home, on arrival",
    "current_conditions": "Current conditions, assumed to persist",
    "point_forecast": "Point forecast without a bound",
    "fixed_margin": "Point forecast plus a fixed margin",
    "greedy": "Greedy: one job after another, against the bound",
    "priced": "Priced: all jobs together, against the bound",
    "oracle": "Oracle: knows the true hours ahead",
    "far_oracle": "Far oracle: knows the true week ahead",
}
# A smaller relative change would be shown as 0.0 %.
_NO_CHANGE = 0.0005


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number of a page.

    Args:
        delta: difference from the original policy; None if the difference is unknown or not shown.
        lower_is_better: whether a lower number is better; this sets the colour of `delta`.
        note: a line below the number.
    """

    label: str
    value: str
    delta: str | None = None
    lower_is_better: bool = True
    note: str = ""


def policy_label(policy: str) -> str:
    """Return the name of a policy on screen; a policy without such a name is shown by its id."""
    label = _LABELS.get(policy, policy)
    return f"Optimised, {label[0].lower()}{label[1:]}" if policy == OPTIMISED else label


def jobs_that_ran(outcome: Mapping[str, Any]) -> int:
    """Return the number of jobs that ran. A job that was approved and later withdrawn did not run.

    Args:
        outcome: fields of `replay.outcomes.Outcome`.
    """
    return int(outcome["approved"] - outcome["withdrawn"])


def judged_jobs(outcome: Mapping[str, Any]) -> int:
    """Return the number of jobs that ran in hours with known actual values. The rates of breaches are about these jobs.

    Args:
        outcome: fields of `replay.outcomes.Outcome`.
    """
    return jobs_that_ran(outcome) - int(outcome.get("unjudged_jobs", 0))


def judged_contested_jobs(outcome: Mapping[str, Any]) -> int:
    """Return the number of contested jobs among the judged ones.

    Args:
        outcome: fields of `replay.outcomes.Outcome`. One of an earlier version counts unjudged jobs, too.
    """
    cells = outcome.get("contested_cells")
    return outcome["contested_approved"] if cells is None else sum(cell["approved"] for cell in cells)


def like_for_like(original: FootprintTotals, chosen: FootprintTotals, *, optimised: bool) -> list[Metric]:
    """Return carbon and water for the same served energy: that of the chosen policy, at the rates of both policies.

    Args:
        optimised: False if the chosen policy is the original one; then there is nothing to compare.
    """
    before_t = original.carbon_kg_per_mwh * chosen.served_mwh * TONNES_PER_KG
    saved_l = (original.water_l_per_mwh - chosen.water_l_per_mwh) * chosen.served_mwh
    saved_share = saved_l * M3_PER_LITRE / _same_water_m3(original, chosen)
    return [
        Metric(label="Original carbon footprint, t CO₂", value=_amount(before_t)),
        Metric(
            label="Optimised footprint, t CO₂",
            value=_amount(chosen.carbon_t) if optimised else "logic is off",
            delta=_delta(before_t, chosen.carbon_t, 0) if optimised else None,
        ),
        Metric(
            label="Water saved (L)",
            value=_amount(saved_l if optimised else 0.0),
            delta=f"{100 * saved_share:+.1f} %" if optimised and math.isfinite(saved_share) else None,
            lower_is_better=False,
        ),
    ]


def _same_water_m3(original: FootprintTotals, chosen: FootprintTotals) -> float:
    """Return the water that the chosen policy's energy takes at the original policy's rate; NaN if that is nothing."""
    return original.water_l_per_mwh * chosen.served_mwh * M3_PER_LITRE or float("nan")


def footprint_metrics(original: FootprintTotals, chosen: FootprintTotals, *, optimised: bool) -> list[Metric]:
    """Return the resource use of the chosen policy's jobs: five totals, then three numbers per served MWh.

    Args:
        optimised: True if the chosen policy is not the original one; then the differences are shown.
    """

    def metric(label: str, before: float, after: float, digits: int = 0, *, lower_is_better: bool = True) -> Metric:
        delta = _delta(before, after, digits) if optimised else None
        return Metric(label=label, value=_amount(after, digits), delta=delta, lower_is_better=lower_is_better)

    saved_l = (original.water_m3 - chosen.water_m3) / M3_PER_LITRE
    return [
        metric("Carbon, t CO₂", original.carbon_t, chosen.carbon_t),
        metric("Water, m³", original.water_m3, chosen.water_m3),
        Metric(label="Water saved, L", value=_amount(saved_l if optimised else 0.0)),
        metric("Cost, USD", original.cost_usd, chosen.cost_usd),
        metric("Energy served, MWh", original.served_mwh, chosen.served_mwh, lower_is_better=False),
        metric("Carbon, kg CO₂ per MWh", original.carbon_kg_per_mwh, chosen.carbon_kg_per_mwh),
        metric("Water, L per MWh", original.water_l_per_mwh, chosen.water_l_per_mwh),
        metric("Cost, USD per MWh", original.cost_usd_per_mwh, chosen.cost_usd_per_mwh, 1),
    ]


def safety_metrics(original: Mapping[str, Any], chosen: Mapping[str, Any], *, optimised: bool) -> list[Metric]:
    """Return breaches and unserved energy of the chosen policy in the whole replay, each rate with its count.

    Args:
        original, chosen: fields of `replay.outcomes.Outcome`.
        optimised: True if the chosen policy is not the original one; then the differences are shown.
    """

    def breach_rate(label: str, key: str, counts: tuple[int, int], jobs: str) -> Metric:
        before, after = original[key], chosen[key]
        is_known = before is not None and after is not None
        delta = f"{100 * (after - before):+.1f} points" if optimised and is_known else None
        value = "none ran" if after is None else "< 0.1 %" if 0 < after < _NO_CHANGE else _percent(after)
        return Metric(label=label, value=value, delta=delta, note=f"{counts[0]:,} of {counts[1]:,} {jobs}")

    before, after, ran = original["unserved_mwh"], chosen["unserved_mwh"], jobs_that_ran(chosen)
    judged = (chosen["breached_jobs"], judged_jobs(chosen))
    contested = (chosen["contested_breached"], judged_contested_jobs(chosen))
    return [
        breach_rate("Jobs in breach", "breach_rate", judged, "judged jobs"),
        breach_rate("Contested jobs in breach", "contested_breach_rate", contested, "judged contested jobs"),
        Metric(
            label="Energy not served, MWh",
            value=_amount(after),
            delta=f"{after - before:+,.0f}" if optimised else None,
            note=f"{chosen['jobs'] - ran:,} of {chosen['jobs']:,} jobs never ran",
        ),
    ]


def comparison_sentences(original: FootprintTotals, chosen: FootprintTotals) -> list[str]:
    """Return sentences on the change of carbon and water, in total and per served MWh, and on the work that ran."""
    carbon = _change(original.carbon_t, chosen.carbon_t)
    water = _change(original.water_m3, chosen.water_m3)
    carbon_per_mwh = _change(original.carbon_kg_per_mwh, chosen.carbon_kg_per_mwh)
    water_per_mwh = _change(original.water_l_per_mwh, chosen.water_l_per_mwh)
    return [
        f"In total, {_carbon_and_water(carbon, water)}.",
        f"Per served MWh, {_carbon_and_water(carbon_per_mwh, water_per_mwh)}.",
        *_work_sentences(original, chosen),
    ]


def water_price_sentence(original: FootprintTotals, chosen: FootprintTotals) -> str:
    """Return what the saved water costs in carbon, for the same energy; empty if no water is saved."""
    saved_m3 = (original.water_l_per_mwh - chosen.water_l_per_mwh) * chosen.served_mwh * M3_PER_LITRE
    more_kg = (chosen.carbon_kg_per_mwh - original.carbon_kg_per_mwh) * chosen.served_mwh
    if not (saved_m3 > 0 and math.isfinite(more_kg)):
        return ""
    if more_kg <= 0:
        return "The saved water costs no carbon."
    return f"Each m³ of saved water costs {more_kg / saved_m3:,.1f} kg of CO₂."


def _work_sentences(original: FootprintTotals, chosen: FootprintTotals) -> list[str]:
    served = _change(original.served_mwh, chosen.served_mwh)
    amounts = f"{chosen.served_mwh:,.0f} MWh of jobs against {original.served_mwh:,.0f} MWh"
    if not math.isfinite(served) or abs(served) < _NO_CHANGE:
        return [f"Both policies ran about the same work: {amounts}."]
    if served > 0:
        return [f"The optimised policy ran more work: {amounts}."]
    # The missing work counts with the original policy's water per MWh. The rest of the change comes from moved work.
    not_run_m3 = (original.served_mwh - chosen.served_mwh) * original.water_l_per_mwh * M3_PER_LITRE
    moved_m3 = original.water_m3 - chosen.water_m3 - not_run_m3
    return [
        f"The optimised policy ran less work in these hours: {amounts} ({_percent(-served)} less).",
        f"The change in water has two parts: {_less_or_more(not_run_m3)} because less work ran, and "
        f"{_less_or_more(moved_m3)} because the other work ran in another region or at another hour.",
    ]


def load_sentence(fleet: Fleet, original: FootprintTotals, chosen: FootprintTotals) -> str:
    """Return a sentence on the change of each region's mean job power."""
    moves = [
        f"{label} {original.job_mw.get(region, 0.0):.1f} → {chosen.job_mw.get(region, 0.0):.1f} MW"
        for region, label in theme.region_labels(fleet).items()
    ]
    return f"Mean job power, original → optimised: {', '.join(moves)}."


def prices_sentence(fleet: Fleet) -> str:
    """Return sentences on the prices of carbon and water, and on the effect of the water price."""
    costs, labels = fleet.costs, theme.region_labels(fleet)
    scarcity = ", ".join(f"{labels[region.id]} {region.water_scarcity:g}" for region in fleet.regions)
    return (
        f"Prices of this replay: {costs.carbon_usd_per_t:g} USD per t of carbon, and {costs.water_usd_per_m3:g} USD "
        f"per m³ of water times a scarcity factor ({scarcity}). With cheaper water, less load moves to save water. "
        "Temperature limits move load at any price."
    )


def _carbon_and_water(carbon: float, water: float) -> str:
    if not (math.isfinite(carbon) and math.isfinite(water)):
        return "carbon and water cannot be compared, because nothing ran"
    is_opposite = carbon * water < 0 and min(abs(carbon), abs(water)) >= _NO_CHANGE
    return f"carbon {_rise_or_fall(carbon)} {'while' if is_opposite else 'and'} water {_rise_or_fall(water)}"


def _rise_or_fall(change: float) -> str:
    if abs(change) < _NO_CHANGE:
        return "stays the same"
    return f"{'rises' if change > 0 else 'falls'} by {_percent(abs(change))}"


def _less_or_more(saved_m3: float) -> str:
    return f"{abs(saved_m3):,.0f} m³ {'less' if saved_m3 >= 0 else 'more'}"


def _change(before: float, after: float) -> float:
    """Return the relative change; NaN if there was nothing before."""
    return after / before - 1 if before else float("nan")


def _delta(before: float, after: float, digits: int) -> str | None:
    change = _change(before, after)
    if not math.isfinite(change):
        return None
    return f"{_amount(after - before, digits, sign='+')} ({100 * change:+.1f} %)"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _amount(value: float, digits: int = 0, sign: str = "") -> str:
    if not math.isfinite(value):
        return "none"
    text = f"{value:{sign},.{digits}f}"
    return text.replace("-0", "0") if float(text.replace(",", "")) == 0 else text
