"""Scheduler outcome: the original placement against the optimised one."""

from collections.abc import Sequence

import streamlit as st

from fleet.dashboard.data import (
    OPTIMISED,
    ORIGINAL,
    Metric,
    Period,
    Views,
    comparison,
    load_sentence,
    period_metrics,
    periods,
    safety_metrics,
    steps,
    totals,
    weights_sentence,
)
from fleet.dashboard.figures import load_figure, water_figure


def show(views: Views) -> None:
    """The page."""
    missing = [policy for policy in (ORIGINAL, OPTIMISED) if policy not in views.outcomes]
    if missing:
        st.warning(f"The replay holds no policy {missing[0]!r}; replay it, then open this page again.")
        return
    toggle_column, period_column = st.columns(2, vertical_alignment="bottom")
    optimised = toggle_column.toggle(
        "Enable Project Forge Logic",
        key="outcome_toggle",
        help="Inspired by Microsoft's Project Forge, whose internals are not public.",
    )
    toggle_column.caption(
        "Off: each job runs in its home region as it arrives. On: the scheduler decides where and when, against the "
        "bound. Inspired by Microsoft's Project Forge."
    )
    period = period_column.selectbox(
        "Period", periods(views.footprint), format_func=lambda each: each.label, key="outcome_period"
    )
    policy = OPTIMISED if optimised else ORIGINAL
    before, after = (totals(views.footprint, each, period) for each in (ORIGINAL, policy))
    numbers = period_metrics(before, after, optimised=optimised)
    st.markdown("**What the jobs took in the period**")
    _row(numbers[:5])
    if optimised:
        st.info(" ".join(comparison(before, after)))
    _charts(views, policy, period)
    each_column, safety_column = st.columns(2)
    with each_column:
        st.markdown("**Per served MWh in the period**")
        _row(numbers[5:])
    with safety_column:
        st.markdown("**Safety over the whole replay**")
        _row(safety_metrics(views.outcomes[ORIGINAL], views.outcomes[policy], optimised=optimised))
    if before.missing_hours:
        st.write(f"{before.missing_hours:,} region-hours have no known carbon, water or cost; sums leave them out.")
    moved = f"{load_sentence(views.fleet, before, after)} " if optimised else ""
    st.caption(f"{moved}{weights_sentence(views.fleet)}")


def _charts(views: Views, policy: str, period: Period) -> None:
    table, step = steps(views.footprint, (ORIGINAL, OPTIMISED), period)
    if table.is_empty():
        st.write("The period holds no whole day of UTC to draw.")
        return
    name = "original" if policy == ORIGINAL else "optimised"
    load = load_figure(table, views.fleet, policy, original=ORIGINAL, step=step, title=f"Where the jobs run: {name}")
    water = water_figure(table, policy, original=ORIGINAL, step=step, title=f"Water of jobs and base load: {name}")
    for column, figure, key in zip(st.columns(2), (load, water), ("outcome_load", "outcome_water"), strict=True):
        column.plotly_chart(figure, width="stretch", theme=None, key=key, config={"displaylogo": False})


def _row(metrics: Sequence[Metric]) -> None:
    for column, metric in zip(st.columns(len(metrics)), metrics, strict=True):
        column.metric(
            metric.label,
            metric.value,
            metric.delta,
            delta_color="inverse" if metric.lower_is_better else "normal",
        )
        if metric.note:
            column.caption(metric.note)
