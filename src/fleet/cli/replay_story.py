"""The ten lines that end a replay: what the default policy served, saved and breached, and what was not served."""

import math
from collections.abc import Iterable

from fleet.cli.output import print_line
from fleet.cli.replay_notes import missing_data
from fleet.placement import DEFAULT_POLICY
from fleet.replay.breakdown import MIN_JOBS, Cell, weakest
from fleet.replay.closed_loop import Replay
from fleet.replay.outcomes import Outcome
from fleet.replay.savings import HOME, Saved

_MOST_LIMITS = 3


def print_story(result: Replay) -> None:
    """Print at most ten lines on the default policy, or on the first replayed one."""
    for line in story(result):
        print_line(line)


def story(result: Replay) -> list[str]:
    """Return the lines."""
    name = DEFAULT_POLICY if DEFAULT_POLICY in result.outcomes else next(iter(result.outcomes))
    outcome, allowed = result.outcomes[name], 100 * (1 - result.prepared.settings.confidence)
    counts, breaches = outcome.counts, outcome.breaches
    ran = counts.approved - counts.withdrawn
    lines = [
        f"Replay of {result.span}: {counts.jobs:,} jobs, policy {name}.",
        f"Ran: {ran:,} jobs with {outcome.resources.served_mwh:,.0f} MWh; mean wait {counts.waited_h_mean:.1f} h.",
        _promise(outcome, allowed),
        f"All jobs: {breaches.breached_jobs:,} of {ran - breaches.unjudged_jobs:,} met a breach.",
    ]
    lines += [*weakest_line(breaches.contested_cells), _unserved(outcome)]
    if name != HOME and HOME in result.outcomes:
        home = result.outcomes[HOME]
        gain = result.saved_against_home()[name]
        if gain is not None:
            lines.append(savings_line(gain))
        lines.append(
            f"Every job at home at once: {home.breaches.breached_jobs:,} of "
            f"{home.counts.approved - home.counts.withdrawn:,} jobs meet a breach."
        )
    return [*lines, *missing_data(result, [name]), "`--full` prints all tables and every policy."]


def _promise(outcome: Outcome, allowed: float) -> str:
    breaches = outcome.breaches
    if not breaches.contested_judged:
        return "Contested jobs (close to a limit): none ran, so the promise is not tested."
    low, high = breaches.contested_breach_interval_95
    return (
        f"Contested jobs (close to a limit): {breaches.contested_breached:,} of {breaches.contested_judged:,} met a "
        f"breach, {100 * breaches.contested_breach_rate:.2f} % [{100 * low:.2f}, {100 * high:.2f}]; {allowed:g} % are "
        "allowed."
    )


def weakest_line(cells: Iterable[Cell]) -> list[str]:
    """Return the line on the region and season with the highest breach rate; no line if all have too few jobs."""
    cell = weakest(cells)
    if cell is None:
        return []
    return [
        f"Weakest with {MIN_JOBS} or more contested jobs: {cell.region}, {cell.season}: {cell.breached:,} of "
        f"{cell.approved:,} breached."
    ]


def _unserved(outcome: Outcome) -> str:
    counts, resources = outcome.counts, outcome.resources
    total = resources.served_mwh + resources.unserved_mwh
    share = f" ({100 * resources.unserved_mwh / total:.1f} % of the energy)" if total else ""
    limits = sorted(counts.denied_by_limit.items(), key=lambda entry: -entry[1])[:_MOST_LIMITS]
    reasons = ", ".join(f"{limit} {count:,}" for limit, count in limits if count)
    without_data = f"; {counts.denied_without_data:,} of them without data" if counts.denied_without_data else ""
    return (
        f"Not served: {counts.denied + counts.withdrawn:,} jobs with {resources.unserved_mwh:,.0f} MWh{share}"
        f"{without_data}{f'; jobs by binding limit: {reasons}' if reasons else ''}."
    )


def savings_line(gain: Saved) -> str:
    """Return what the policy changed against the same energy at home, without the amounts that are not known."""
    parts = [
        f"{name} {'fell' if amount >= 0 else 'rose'} by {abs(amount):,.0f} {unit}"
        + ("" if math.isnan(share) else f" ({100 * abs(share):,.1f} %)")
        for name, amount, unit, share in (
            ("carbon", gain.carbon_t, "t", gain.carbon_share),
            ("water", gain.water_m3, "m3", gain.water_share),
            ("cost", gain.cost_usd, "USD", gain.cost_share),
        )
        if not math.isnan(amount)
    ]
    if not parts:
        return "Against running the same energy at home at once: not known."
    return f"Against running the same energy at home at once: {', '.join(parts)}."
