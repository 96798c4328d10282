"""What a replay found, a policy a row: tables by theme, each figure in a column of its own unit."""

from collections.abc import Mapping

from fleet.cli.output import print_table
from fleet.replay.closed_loop import Replay
from fleet.replay.outcomes import Outcome
from fleet.replay.savings import HOME, Saved
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

_MILLION = 1e6


def print_outcomes(result: Replay) -> None:
    """What became of the jobs, what was safe, what was left undone, and what the rest took."""
    outcomes, saved = result.outcomes, result.saved_against_home()
    _print_jobs(f"replay of {result.span}", outcomes)
    _print_breaches(outcomes)
    _print_unserved(outcomes)
    _print_footprint(outcomes, saved)
    _print_money(result, saved)


def print_ablation(title: str, outcomes: Mapping[str, Outcome]) -> None:
    """The few figures that tell what an ingredient earns."""
    print_table(
        title,
        (
            *("", "approved", "contested:\nbreached / ran", "% [95 %]", "% of their MWh\n[95 %]"),
            *("served\nMWh", "USD per\nMWh", "wait h,\nmean"),
        ),
        [
            (
                name,
                o.approved,
                f"{o.contested_breached:,} / {o.contested_approved:,}",
                rate_text(o.contested_breach_rate, o.contested_breach_interval_95),
                rate_text(o.contested_breach_rate_mwh, o.contested_breach_interval_95_mwh),
                *(_whole(o.served_mwh), f"{o.cost_per_served_mwh:,.1f}", f"{o.waited_h_mean:.1f}"),
            )
            for name, o in outcomes.items()
        ],
    )


def _print_jobs(title: str, outcomes: Mapping[str, Outcome]) -> None:
    jobs = next(iter(outcomes.values())).jobs
    print_table(
        f"{title}: what became of {jobs:,} jobs",
        (
            *("", "approved", "of them\ndeferred", "of them\nwithdrawn", "denied", "moves", "migrate\nadvices"),
            *("wait h,\nmean", "wait h,\n95 %"),
        ),
        [
            (
                *(name, o.approved, o.deferred, o.withdrawn, o.denied, o.moves, o.migrate_advices),
                *(f"{o.waited_h_mean:.1f}", f"{o.waited_h_p95:.0f}"),
            )
            for name, o in outcomes.items()
        ],
        note="waiting is from a job's earliest start to its start",
    )


def _print_breaches(outcomes: Mapping[str, Outcome]) -> None:
    unjudged = {name: o.unjudged_jobs for name, o in outcomes.items() if o.unjudged_jobs}
    print_table(
        "breaches of jobs that ran, with 95 % intervals over whole days",
        (
            *("", "breached\n/ ran", "% [95 %]", "contested:\nbreached / ran", "% [95 %]"),
            "% of their MWh\n[95 %]",
        ),
        [
            (
                name,
                f"{o.breached_jobs:,} / {o.approved - o.withdrawn:,}",
                rate_text(o.breach_rate, o.breach_interval_95),
                f"{o.contested_breached:,} / {o.contested_approved:,}",
                rate_text(o.contested_breach_rate, o.contested_breach_interval_95),
                rate_text(o.contested_breach_rate_mwh, o.contested_breach_interval_95_mwh),
            )
            for name, o in outcomes.items()
        ],
        note=", ".join(f"{name}: {count:,} not judged, actuals missing" for name, count in unjudged.items()),
    )
    print_table(
        "safety",
        (
            *("", "published bound of\nbreached, %", "breached\nregion-hours"),
            *("safe jobs\napproved / safe", "of them contested\nwith foresight"),
        ),
        [
            (
                name,
                None if o.breach_bound is None else f"{100 * o.breach_bound:.2f}",
                o.breached_region_hours,
                f"{o.safe_approved:,} / {o.safe_jobs:,}",
                f"{o.safe_contested_approved:,} / {o.safe_contested:,}",
            )
            for name, o in outcomes.items()
        ],
        note="safe jobs are those that the oracle runs without a breach",
    )


def _print_unserved(outcomes: Mapping[str, Outcome]) -> None:
    sizes = list(next(iter(outcomes.values())).unserved_by_size)
    print_table(
        "not served: jobs / MWh, by the size of the job",
        ("", "all", *(size.replace(" MWh", "\nMWh") for size in sizes)),
        [
            (
                name,
                f"{o.denied + o.withdrawn:,} / {_whole(o.unserved_mwh)}",
                *(f"{of.unserved_jobs:,} / {_whole(of.unserved_mwh)}" for of in o.unserved_by_size.values()),
            )
            for name, o in outcomes.items()
        ],
    )


def _print_footprint(outcomes: Mapping[str, Outcome], saved: Mapping[str, Saved | None]) -> None:
    print_table(
        "carbon and water",
        (
            *("", "served\nMWh", "carbon\nt", "kg per\nMWh", "saved\nt", "saved\n%"),
            *("water\nm3", "L per\nMWh", "saved\nm3", "saved\n%"),
        ),
        [
            (
                name,
                _whole(o.served_mwh),
                *_resource(o.carbon_t, o.known_mwh, 1 / TONNES_PER_KG, None if gain is None else gain.carbon_t),
                *_resource(o.water_m3, o.known_mwh, 1 / M3_PER_LITRE, None if gain is None else gain.water_m3),
            )
            for name, o in outcomes.items()
            for gain in [saved[name]]
        ],
        note=f"saved: for the same served energy at the rates of {HOME}" if HOME in outcomes else "",
    )


def _print_money(result: Replay, saved: Mapping[str, Saved | None]) -> None:
    bound = result.bound.objective_usd
    print_table(
        "money",
        (
            *("", "cost\nUSD", "USD per\nMWh", "saved\nUSD", "saved\n%"),
            *("objective\nmillion USD", "times the\nlower bound"),
        ),
        [
            (
                name,
                *_resource(o.cost_usd, o.known_mwh, 1, None if gain is None else gain.cost_usd),
                f"{o.objective_usd / _MILLION:,.3f}",
                f"{o.objective_usd / bound:.2f}" if bound > 0 else None,
            )
            for name, o in result.outcomes.items()
            for gain in [saved[name]]
        ],
        note=(
            f"objective: cost, and {result.bound.penalty_usd_per_mwh:,.0f} USD for each MWh that is not served; "
            f"no plan that keeps all limits has less than {bound / _MILLION:,.3f} million USD"
        ),
    )


def _resource(total: float, known_mwh: float, per_unit: float, gain: float | None) -> tuple[str | None, ...]:
    """Total, rate per served MWh, and what is saved in total and in % of what it would have been."""
    each = f"{per_unit * total / known_mwh:,.1f}" if known_mwh else None
    if gain is None:
        return _whole(total), each, None, None
    share = f"{100 * gain / (total + gain):.1f}" if total + gain else None
    return _whole(total), each, _whole(gain), share


def rate_text(rate: float, interval: tuple[float, float]) -> str:
    """In %: 0.36 [0.11, 0.68], with a digit less from ten on."""
    if rate != rate:
        return "-"
    low, high = (_percent(each) for each in interval)
    return f"{_percent(rate)} [{low}, {high}]"


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if share >= 0.1 else 2}f}"


def _whole(amount: float) -> str:
    return f"{amount:,.0f}"
