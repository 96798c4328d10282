"""The page "Scheduler outcome": the original placement against the optimised placement."""

from collections.abc import Sequence

import streamlit as st

from fleet.dashboard.data import (
    OPTIMISED,
    ORIGINAL,
    Metric,
    Period,
    ReplayData,
    comparison_sentences,
    daily_or_weekly,
    footprint_metrics,
    footprint_totals,
    load_sentence,
    periods_of,
    prices_sentence,
    safety_metrics,
)
from fleet.dashboard.figures import load_figure, water_figure
from fleet.dashboard.literal import markdown_text

_TOTALS = 5


def show(replay: ReplayData) -> None:
    """Show the page."""
    missing = [policy for policy in (ORIGINAL, OPTIMISED) if policy not in replay.outcomes]
    if missing:
        st.warning(f"The replay has no policy {missing[0]!r}. Replay this policy, then open this page again.")
        return
    toggle_column, period_column = st.columns(2, vertical_alignment="bottom")
    optimised = _toggle(toggle_column)
    period = period_column.selectbox(
        "Period", periods_of(replay.footprint), format_func=lambda period: period.label, key="outcome_period"
    )
    policy = OPTIMISED if optimised else ORIGINAL
    before, after = (footprint_totals(replay.footprint, name, period) for name in (ORIGINAL, policy))
    metrics = footprint_metrics(before, after, optimised=optimised)
    st.markdown("**Resource use of jobs in the period**")
    _show_metrics(metrics[:_TOTALS])
    if optimised:
        st.info(" ".join(comparison_sentences(before, after)))
    _show_figures(replay, policy, period)
    per_mwh_column, safety_column = st.columns(2)
    with per_mwh_column:
        st.markdown("**Per served MWh in the period**")
        _show_metrics(metrics[_TOTALS:])
    with safety_column:
        st.markdown("**Safety in the whole replay**")
        _show_metrics(safety_metrics(replay.outcomes[ORIGINAL], replay.outcomes[policy], optimised=optimised))
    if before.missing_hours:
        st.write(f"{before.missing_hours:,} region-hours have no known carbon, water or cost. The sums leave them out.")
    moved = f"{load_sentence(replay.fleet, before, after)} " if optimised else ""
    st.caption(markdown_text(f"{moved}{prices_sentence(replay.fleet)}"))


def _toggle(column: st.delta_generator.DeltaGenerator) -> bool:
    optimised = column.toggle(
        "Enable Project Forge Logic",
        key="outcome_toggle",
        help="Inspired by Microsoft's Project Forge, whose internals are not public.",
    )
    column.caption(
        "Off: each job runs in its home region as soon as it arrives. On: the scheduler chooses region and start "
        "against the bound. Inspired by Microsoft's Project Forge."
    )
    return optimised


def _show_figures(replay: ReplayData, policy: str, period: Period) -> None:
    days, step = daily_or_weekly(replay.footprint, (ORIGINAL, OPTIMISED), period)
    if days.is_empty():
        st.write("The period has no complete day (UTC) to draw.")
        return
    name = "original" if policy == ORIGINAL else "optimised"
    load_title, water_title = f"Job power by region: {name}", f"Water of base load and jobs: {name}"
    load = load_figure(days, replay.fleet, policy, original=ORIGINAL, step=step, title=load_title)
    water = water_figure(days, policy, original=ORIGINAL, step=step, title=water_title)
    for column, figure, key in zip(st.columns(2), (load, water), ("outcome_load", "outcome_water"), strict=True):
        column.plotly_chart(figure, width="stretch", theme=None, key=key, config={"displaylogo": False})


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
