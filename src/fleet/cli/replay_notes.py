"""The sentences below the tables of a replay."""

import math
from collections.abc import Mapping, Sequence

from fleet.placement import DEFAULT_POLICY
from fleet.preparation.observed_limit import SILENT_H
from fleet.preparation.settings import BOUND_HISTORY_D, FAR_HISTORY_D
from fleet.replay.closed_loop import Replay
from fleet.replay.outcomes import ResourceFigures
from fleet.replay.paired_difference import Difference

# A sentence names so many regions.
_MOST_NAMED = 3


def notes(result: Replay) -> list[str]:
    """Return sentences: the default policy against each other policy, missing data, omitted jobs, running times."""
    sentences = [compared(name, difference) for name, difference in result.paired().items()]
    sentences += missing_data(result, tuple(result.outcomes))
    return [*sentences, "  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in result.seconds.items())]


def missing_data(result: Replay, policies: Sequence[str]) -> list[str]:
    """Return sentences on unknown amounts of some policies, on missing bounds and limits, and on omitted jobs."""
    sentences = [unknown_amounts(name, result.outcomes[name].resources) for name in policies]
    sentences = [sentence for sentence in sentences if sentence]
    if result.unbounded.within_horizon or result.unbounded.past_horizon:
        sentences.append(_without_bound(result))
    if result.silent_limit_hours:
        sentences.append(_silent_limits(result))
    if result.excluded_jobs:
        sentences.append(
            f"{result.excluded_jobs:,} jobs of other hours were left out: "
            "they may start before the replayed hours, or end after them"
        )
    return sentences


def compared(other: str, difference: Difference) -> str:
    """Compare the default policy with another one."""
    if math.isnan(difference.cost_per_served_mwh):
        return f"{DEFAULT_POLICY} cannot be compared with {other}: one of them served nothing at a known cost"
    cost, cost_interval = _more_or_less(
        difference.cost_per_served_mwh, difference.cost_interval_95, "USD/MWh", digits=1
    )
    sentence = f"{DEFAULT_POLICY} costs {cost} than {other} {cost_interval}"
    if math.isnan(difference.contested_breach_rate):
        return f"{sentence}; one of them has no judged contested job"
    low, high = difference.contested_breach_interval_95
    points, interval = _more_or_less(
        100 * difference.contested_breach_rate, (100 * low, 100 * high), "percentage points", digits=2
    )
    return f"{sentence}, and its contested jobs breach {points} {interval}"


def unknown_amounts(policy: str, resources: ResourceFigures) -> str:
    """Return how much of a policy's energy has no known price, carbon or water; an empty text if all is known."""
    amounts = {
        "price": resources.unknown_price_mwh,
        "carbon": resources.unknown_carbon_mwh,
        "water": resources.unknown_water_mwh,
    }
    # Every policy with an unknown amount names all three, so that the reader sees which of them is complete.
    if not any(amounts.values()):
        return ""
    parts = ", ".join(f"{mwh:,.0f} MWh without a known {name}" for name, mwh in amounts.items())
    return (
        f"{policy} served {resources.served_mwh:,.0f} MWh, of them {parts}; each total and rate covers only the "
        "hours in which its value is known; a saving or difference covers only the hours in which the values of both "
        "policies are known"
    )


def _more_or_less(change: float, interval: tuple[float, float], unit: str, *, digits: int) -> tuple[str, str]:
    """Return the change and its interval, such as "4.4 USD/MWh less" and "[3.9, 5.0]".

    For a decrease, the interval is that of the size of the decrease; a negative end then stands for an increase.
    """
    low, high = interval if change > 0 else (-interval[1], -interval[0])
    # Adding 0.0 after rounding turns minus zero into zero.
    numbers = [f"{round(value, digits) + 0.0:.{digits}f}" for value in (abs(change), low, high)]
    return f"{numbers[0]} {unit} {'more' if change > 0 else 'less'}", f"[{numbers[1]}, {numbers[2]}]"


def _without_bound(result: Replay) -> str:
    """Return the number of region-hours without a bound, so that the reader can tell missing data from lack of room."""
    counts, horizon = result.unbounded, result.prepared.settings.horizon
    total = f"of {counts.region_hours:,}"
    within, past = (_most(by_region) for by_region in (counts.within_by_region, counts.past_by_region))
    return (
        f"over all origins, no finite bound in {counts.within_horizon:,} {total} hours of a region 1 to {horizon} h "
        f"ahead{within}, and in {counts.past_horizon:,} {total} hours {horizon + 1} to {2 * horizon} h ahead{past}: "
        f"policies that use bounds (greedy, priced) place no job there; a bound needs about {BOUND_HISTORY_D} days of "
        f"history, and about {FAR_HISTORY_D} for the later hours, without gaps"
    )


def _most(by_region: Mapping[str, int]) -> str:
    """Return the regions with the largest counts, such as " (oslo 38,376)"; empty without any."""
    largest = sorted(by_region.items(), key=lambda item: -item[1])
    more = f" and {len(largest) - _MOST_NAMED} more" if len(largest) > _MOST_NAMED else ""
    named = ", ".join(f"{region} {count:,}" for region, count in largest[:_MOST_NAMED])
    return f" ({named}{more})" if largest else ""


def _silent_limits(result: Replay) -> str:
    """Return in how many hours the last observed grid limit of each region was old.

    The figures miss breaches of a limit that nobody reported.
    """
    hours = ", ".join(f"{name} {count:,}" for name, count in result.silent_limit_hours.items())
    total = len(result.prepared.origin_utc)
    return (
        f"in some of {total:,} replayed hours, the last observed grid limit was {SILENT_H} h old or more ({hours}); "
        "it was used, or the limit of the fleet file or the contract's firm power if that is lower"
    )
