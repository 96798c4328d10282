"""The page "Scheduler outcome": the original placement against the optimised placement."""

import math
from collections.abc import Sequence

import streamlit as st

from fleet.dashboard import cached, cached_replay
from fleet.dashboard.data import (
    OPTIMISED,
    ORIGINAL,
    Metric,
    Period,
    ReplayData,
    comparison_sentences,
    footprint_metrics,
    like_for_like,
    load_sentence,
    prices_sentence,
    safety_metrics,
    water_price_sentence,
)
from fleet.dashboard.figures import flow_figure, load_figure, water_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.views.price_sliders import show_price_sliders
from fleet.domain.clock import hour_of
from fleet.physics.limits import limit_named
from fleet.placement import ORACLE
from fleet.workflows.job_flows import JobFlow

_TOTALS = 5
_PERIOD_NOTE = (
    "Totals of all work that ran in the hours of the period. The policies may run different amounts of work, so these "
    "differences are not equal to those at the top of the page, which compare the same energy. Cost includes moving "
    "data and waiting; both count where a job starts in the period."
)
_NO_COST = (
    "An earlier version made this replay, without the cost of moving data and of waiting. `fleet demo` or "
    "`fleet replay --home` records it."
)
_WHOLE_NOTE = "The next figures are of the whole replay, also where a shorter period is chosen."
_FLOWS_NOTE = (
    "The figure and “Not served” count whole jobs that began in the period, or were denied in it. The amounts of "
    "energy that ran count the hours of the period, so a job that runs past the end of a month is in both months."
)


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("What does the scheduler change?", anchor=False)
    replay = shown.replay
    if replay is None:
        show_missing(shown)
        return
    missing = [policy for policy in (ORIGINAL, OPTIMISED) if policy not in replay.outcomes]
    if missing:
        st.warning(f"The replay has no policy {missing[0]!r}. Replay this policy, then open this page again.")
        return
    toggle_column, period_column = st.columns(2, vertical_alignment="bottom")
    optimised = _toggle(toggle_column)
    period = _choose_period(period_column, shown)
    policy = OPTIMISED if optimised else ORIGINAL
    before, after = (cached_replay.totals(shown.home, shown.files, name, period) for name in (ORIGINAL, policy))
    if not (before.served_mwh or after.served_mwh):
        st.info("No job ran in this period.")
        return
    _show_metrics(like_for_like(before, after, optimised=optimised))
    flows = _flows(shown, period) if optimised else ()
    if optimised:
        st.caption(f"Like for like: both for the {after.served_mwh:,.0f} MWh that the optimised policy served.")
        in_total, per_mwh, *work = comparison_sentences(before, after)
        lines = [
            f"{per_mwh} {water_price_sentence(before, after)}",
            f"{in_total} {' '.join(work)}",
            *(f"Not served: {sentence}" for sentence in _unserved(flows)),
        ]
        st.info("\n".join(f"* {line}" for line in lines))
    else:
        st.caption("Each job runs in its home region as soon as it arrives. Turn the logic on to compare.")
    _show_figures(shown, replay, policy, period, flows)
    if optimised:
        show_price_sliders(shown)
    with st.expander("All numbers of the period, and safety in the whole replay"):
        metrics = footprint_metrics(before, after, optimised=optimised)
        st.caption(_PERIOD_NOTE)
        _show_metrics(metrics[:_TOTALS])
        _show_metrics(metrics[_TOTALS:])
        st.caption(_WHOLE_NOTE)
        _show_metrics(safety_metrics(replay.outcomes[ORIGINAL], replay.outcomes[policy], optimised=optimised))
        if not math.isfinite(after.cost_usd):
            st.write(_NO_COST)
        if before.missing_hours:
            st.write(f"{before.missing_hours:,} region-hours have no known carbon, water or cost. The sums omit them.")
    moved = f"{load_sentence(replay.fleet, before, after)} " if optimised else ""
    st.caption(markdown_text(f"{moved}{prices_sentence(replay.fleet)}"))


def _toggle(column: st.delta_generator.DeltaGenerator) -> bool:
    optimised = column.toggle(
        "Enable Project Forge Logic",
        key="logic",
        bind="query-params",
        help="Inspired by Microsoft's Project Forge, whose internals are not public.",
    )
    column.caption("Off: every job at home, on arrival. On: region and start chosen against the bound.")
    return optimised


def _choose_period(column: st.delta_generator.DeltaGenerator, shown: Shown) -> Period:
    periods, hottest = cached_replay.periods(shown.home, shown.files)
    labels = [period.label for period in periods]
    preset = labels.index(hottest.label)
    chosen = column.selectbox("Period", labels, index=preset, key="period", bind="query-params")
    return periods[labels.index(chosen)]


def _flows(shown: Shown, period: Period) -> Sequence[JobFlow]:
    return cached.flows(shown.home, hour_of(period.start_utc), hour_of(period.end_utc), shown.files, shown.rows)


def _unserved(flows: Sequence[JobFlow]) -> list[str]:
    """Say what was not served and why."""
    refused = [flow for flow in flows if flow.region is None]
    total_mwh = sum(flow.energy_mwh for flow in flows)
    if not refused or not total_mwh:
        return []
    energy_mwh, jobs = sum(flow.energy_mwh for flow in refused), sum(flow.jobs for flow in refused)
    limits: dict[str, int] = {}
    for flow in refused:
        for label, count in flow.limits.items():
            limits[label] = limits.get(label, 0) + count
    reasons = ", ".join(
        f"{limit_named(label).words} {count:,}" for label, count in sorted(limits.items(), key=lambda item: -item[1])
    )
    return [
        f"{jobs:,} jobs with {energy_mwh:,.0f} MWh, {100 * energy_mwh / total_mwh:.1f} % of the energy. "
        f"Jobs by closest limit: {reasons}."
    ]


def _show_figures(shown: Shown, replay: ReplayData, policy: str, period: Period, flows: Sequence[JobFlow]) -> None:
    oracle = (ORACLE,) if ORACLE in replay.outcomes else ()
    days, step = cached_replay.days(shown.home, shown.files, (ORIGINAL, OPTIMISED, *oracle), period)
    if days.is_empty():
        st.write("The period has no complete day (UTC) to draw.")
        return
    name = "original" if policy == ORIGINAL else "optimised"
    left, right = st.columns(2, gap="medium")
    with left:
        water = water_figure(
            days,
            policy,
            original=ORIGINAL,
            step=step,
            title="Water of the whole fleet, base load and jobs",
            faint=ORACLE if oracle and policy != ORIGINAL else None,
        )
        alt = "Water of the fleet per day with and without the logic; the area between the lines is what is saved"
        shown.chart(water, key="outcome_water", alt=alt)
    with right:
        title = f"Job power by region: {name}"
        load = load_figure(days, replay.fleet, policy, original=ORIGINAL, step=step, title=title)
        shown.chart(load, key="outcome_load", alt="Mean power of jobs per day, stacked by region")
    if flows:
        shown.chart(
            flow_figure(flows, shown.fleet, title=f"From home region to where jobs ran, {period.label}"),
            key="outcome_flows",
            alt="Energy of jobs from each home region to the region in which they ran, or not served",
        )
        st.caption(_FLOWS_NOTE)


def _show_metrics(metrics: Sequence[Metric]) -> None:
    for column, metric in zip(st.columns(len(metrics)), metrics, strict=True):
        column.metric(
            metric.label,
            metric.value,
            metric.delta,
            delta_color="inverse" if metric.lower_is_better else "normal",
        )
        if metric.note:
            column.caption(metric.note)
