"""Prints the result of a replay in tables, one theme per table and one policy per row."""

import math
from collections.abc import Mapping

from fleet.cli.output import print_line, print_table
from fleet.cli.rates import rate_text
from fleet.cli.replay_notes import notes
from fleet.cli.replay_places import print_places
from fleet.placement import DEFAULT_POLICY
from fleet.replay.closed_loop import Replay
from fleet.replay.outcomes import Outcome
from fleet.replay.savings import HOME, Saved
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

_MILLION = 1e6
_INTERVAL = "breached, %\n[95 % interval]"
# Headers of the columns that `_contested` fills.
_CONTESTED = (*("contested jobs:\nbreached / judged", _INTERVAL, "contested MWh\nbreached, %\n[95 % interval]"),)


def print_replay(result: Replay) -> None:
    """Print the tables, and then the sentences that compare the policies. Each breach rate has its counts beside it."""
    outcomes, saved = result.outcomes, result.saved_against_home()
    _print_jobs(f"replay of {result.span}", outcomes)
    _print_breaches(outcomes)
    _print_safety(outcomes)
    _print_unserved(outcomes)
    _print_footprint(outcomes, saved)
    _print_money(result, saved)
    if result.ablation:
        _print_ablation(f"{DEFAULT_POLICY}, one component changed at a time", result.ablation)
    print_places(result)
    for note in notes(result):
        print_line(note)


def _print_ablation(title: str, outcomes: Mapping[str, Outcome]) -> None:
    print_table(
        title,
        (
            *("", "approved", *_CONTESTED),
            *("served\nMWh", "USD per\nMWh", "wait h,\nmean"),
        ),
        [
            (
                name,
                outcome.counts.approved,
                *_contested(outcome),
                _whole(outcome.resources.served_mwh),
                f"{outcome.resources.cost_per_served_mwh:,.1f}",
                f"{outcome.counts.waited_h_mean:.1f}",
            )
            for name, outcome in outcomes.items()
        ],
    )


def _print_jobs(title: str, outcomes: Mapping[str, Outcome]) -> None:
    jobs = next(iter(outcomes.values())).counts.jobs
    rows = []
    for name, outcome in outcomes.items():
        counts = outcome.counts
        rows.append(
            (
                *(name, counts.approved, counts.deferred, counts.withdrawn, counts.denied, counts.moves),
                *(counts.migrate_advices, f"{counts.waited_h_mean:.1f}", f"{counts.waited_h_p95:.0f}"),
            )
        )
    print_table(
        f"{title}: {jobs:,} jobs",
        (
            *("", "approved", "of them\ndeferred", "of them\nlost place", "denied", "moves", "migrate\nadvice"),
            *("wait h,\nmean", "wait h,\n95 %"),
        ),
        rows,
        note="lost place: approved, but lost its place before its start and never ran; moves: how often jobs lost or "
        "changed their place before they began; wait: from a job's earliest start to its start, mean and 95th "
        "percentile",
    )


def _print_breaches(outcomes: Mapping[str, Outcome]) -> None:
    unjudged = {name: outcome.breaches.unjudged_jobs for name, outcome in outcomes.items()}
    rows = []
    for name, outcome in outcomes.items():
        breaches, counts = outcome.breaches, outcome.counts
        judged = counts.approved - counts.withdrawn - breaches.unjudged_jobs
        rows.append(
            (
                *(name, f"{breaches.breached_jobs:,} / {judged:,}"),
                rate_text(breaches.breach_rate, breaches.breach_interval_95),
                *_contested(outcome),
            )
        )
    print_table(
        "breaches of jobs that ran, with 95 % intervals that resample whole days",
        ("", "breached\n/ judged", _INTERVAL, *_CONTESTED),
        rows,
        note=", ".join(
            f"{name}: {count:,} jobs that ran are not judged, because actual values are missing"
            for name, count in unjudged.items()
            if count
        ),
    )


def _print_safety(outcomes: Mapping[str, Outcome]) -> None:
    rows = []
    for name, outcome in outcomes.items():
        breaches, safe = outcome.breaches, outcome.safe
        bounds = (breaches.breach_bound, breaches.energy_breach_bound)
        rows.append(
            (
                name,
                *(None if bound is None else f"{100 * bound:.2f}" for bound in bounds),
                breaches.breached_region_hours,
                f"{safe.safe_approved:,} / {safe.safe_jobs:,}",
                f"{safe.safe_contested_approved:,} / {safe.safe_contested:,}",
            )
        )
    print_table(
        "safety",
        (
            *("", "guaranteed maximum\nbreach rate, %", "by energy, %", "breached\nregion-hours"),
            *("safe jobs:\nran / all", "safe jobs that were contested\nin the oracle's run: ran / all"),
        ),
        rows,
        note="safe jobs: those that the oracle ran without a breach",
    )


def _print_unserved(outcomes: Mapping[str, Outcome]) -> None:
    sizes = list(next(iter(outcomes.values())).resources.unserved_by_size)
    rows = []
    for name, outcome in outcomes.items():
        counts, resources = outcome.counts, outcome.resources
        by_size = resources.unserved_by_size.values()
        rows.append(
            (
                name,
                f"{counts.denied + counts.withdrawn:,} / {_whole(resources.unserved_mwh)}",
                *(f"{size.unserved_jobs:,} / {_whole(size.unserved_mwh)}" for size in by_size),
            )
        )
    print_table(
        "not served: jobs / MWh, by the size of the job",
        ("", "all", *(size.replace(" MWh", "\nMWh") for size in sizes)),
        rows,
    )


def _print_footprint(outcomes: Mapping[str, Outcome], saved: Mapping[str, Saved | None]) -> None:
    rows = []
    for name, outcome in outcomes.items():
        resources, gain = outcome.resources, saved[name]
        carbon_rate = _rate(resources.carbon_t / TONNES_PER_KG, resources.carbon_known_mwh)
        water_rate = _rate(resources.water_m3 / M3_PER_LITRE, resources.water_known_mwh)
        carbon_gain = (None, None) if gain is None else (gain.carbon_t, gain.carbon_share)
        water_gain = (None, None) if gain is None else (gain.water_m3, gain.water_share)
        rows.append(
            (
                *(name, _whole(resources.served_mwh)),
                *(_whole(resources.carbon_t), carbon_rate, *_saving(*carbon_gain)),
                *(_whole(resources.water_m3), water_rate, *_saving(*water_gain)),
            )
        )
    print_table(
        "carbon and water",
        (
            *("", "served\nMWh", "carbon\nt", "kg per\nMWh", "saved\nt", "saved\n%"),
            *("water\nm3", "L per\nMWh", "saved\nm3", "saved\n%"),
        ),
        rows,
        note=f"saved: what the served energy would have taken at the rates per MWh of {HOME}, minus what it took"
        if HOME in outcomes
        else "",
    )


def _print_money(result: Replay, saved: Mapping[str, Saved | None]) -> None:
    bound = result.bound.objective_usd
    rows = []
    for name, outcome in result.outcomes.items():
        resources, gain = outcome.resources, saved[name]
        cost_gain = (None, None) if gain is None else (gain.cost_usd, gain.cost_share)
        rate = None if math.isnan(resources.cost_per_served_mwh) else f"{resources.cost_per_served_mwh:,.1f}"
        rows.append(
            (
                *(name, _whole(resources.cost_usd), rate, *_saving(*cost_gain)),
                f"{resources.objective_usd / _MILLION:,.3f}",
                f"{resources.objective_usd / bound:.2f}" if bound > 0 else None,
            )
        )
    print_table(
        "money",
        (
            *("", "cost\nUSD", "USD per\nMWh", "saved\nUSD", "saved\n%"),
            *("objective\nmillion USD", "times the\nlower bound"),
        ),
        rows,
        note=(
            f"objective: cost, plus {result.bound.penalty_usd_per_mwh:,.0f} USD for each MWh that is not served; "
            f"lower bound: {bound / _MILLION:,.3f} million USD; every plan that keeps all limits has at least this "
            "objective"
        ),
    )


def _contested(outcome: Outcome) -> tuple[str, str, str]:
    """Return breached and judged contested jobs, and the breach rate of the judged ones by job and by energy."""
    breaches = outcome.breaches
    return (
        f"{breaches.contested_breached:,} / {breaches.contested_judged:,}",
        rate_text(breaches.contested_breach_rate, breaches.contested_breach_interval_95),
        rate_text(breaches.contested_breach_rate_mwh, breaches.contested_breach_interval_95_mwh),
    )


def _rate(total: float, known_mwh: float) -> str | None:
    """Return the total per MWh of the hours in which it is known; None if it is known in none."""
    return f"{total / known_mwh:,.1f}" if known_mwh else None


def _saving(gain: float | None, share: float | None) -> tuple[str | None, str | None]:
    """Return the saving in total, and in % of what the same energy would have taken at the rate of home_region."""
    total = None if gain is None or math.isnan(gain) else _whole(gain)
    per_cent = None if share is None or math.isnan(share) else f"{100 * share:.1f}"
    return total, per_cent


def _whole(amount: float) -> str:
    return f"{amount:,.0f}"
