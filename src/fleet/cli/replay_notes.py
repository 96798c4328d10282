"""What stands below a replay's tables, in sentences."""

import math

from fleet.placement import DEFAULT_POLICY
from fleet.replay.closed_loop import Replay
from fleet.replay.paired_difference import Difference


def notes(result: Replay) -> list[str]:
    """What the default policy has over the others, what could not be bounded or replayed, and the time taken."""
    found = [compared(name, each) for name, each in result.paired().items()]
    if result.unbounded.within_horizon or result.unbounded.past_horizon:
        found.append(_without_bound(result))
    if result.excluded_jobs:
        found.append(f"{result.excluded_jobs:,} jobs outside the replayed hours were left out")
    return [*found, "  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in result.seconds.items())]


def compared(other: str, found: Difference) -> str:
    """The default policy against another one."""
    if math.isnan(found.cost_per_served_mwh):
        return f"{DEFAULT_POLICY} cannot be compared with {other}: one of them served nothing at a known cost"
    cost, cost_interval = _over(found.cost_per_served_mwh, found.cost_interval_95, "USD/MWh", digits=1)
    said = f"{DEFAULT_POLICY} costs {cost} than {other} {cost_interval}"
    if math.isnan(found.contested_breach_rate):
        return f"{said}; one of them met no contested job"
    low, high = found.contested_breach_interval_95
    points, interval = _over(100 * found.contested_breach_rate, (100 * low, 100 * high), "points", digits=2)
    return f"{said} and breaches {points} of contested jobs {interval}"


def _over(change: float, interval: tuple[float, float], unit: str, *, digits: int) -> tuple[str, str]:
    """4.4 USD/MWh less, and [3.9, 5.0] of the same sign: an end below zero says more."""
    low, high = interval if change > 0 else (-interval[1], -interval[0])
    # Rounded before zero is added, so that no interval ends at minus zero.
    words = [f"{round(each, digits) + 0.0:.{digits}f}" for each in (abs(change), low, high)]
    return f"{words[0]} {unit} {'more' if change > 0 else 'less'}", f"[{words[1]}, {words[2]}]"


def _without_bound(result: Replay) -> str:
    """A fleet that is denied everything should not look like one without room."""
    found, horizon = result.unbounded, result.prepared.settings.horizon
    of = f"of {found.region_hours:,}"
    return (
        f"no finite bound in {found.within_horizon:,} {of} region-hours up to {horizon} h ahead, and in "
        f"{found.past_horizon:,} {of} in the {horizon} h after: nothing is safe there; "
        "a bound needs more history, without gaps"
    )
