"""The page "Carbon vs water": the hours of a day as an animation."""

import streamlit as st

from fleet.dashboard.data import (
    OPTIMISED,
    ReplayData,
    complete_days,
    hottest_day,
    hours_of_day,
    policy_label,
    replayed_policies,
)
from fleet.dashboard.figures import scatter_figure
from fleet.dashboard.literal import markdown_text


def show(replay: ReplayData) -> None:
    """Show the page."""
    st.write(
        "Each dot is one region in one hour. A dot further left has cleaner power, a lower dot uses less water, and a "
        "larger dot has more IT load. Press **Play**, or move the slider."
    )
    days = complete_days(replay.footprint)
    if not days:
        st.warning("The replay has no complete day (UTC).")
        return
    day_column, policy_column = st.columns(2)
    day = day_column.date_input(
        "Day (UTC); preset: the hottest day of the fleet",
        hottest_day(replay.footprint) or days[0],
        min_value=days[0],
        max_value=days[-1],
        key="water_day",
    )
    policies = replayed_policies(replay.footprint)
    policy = policy_column.selectbox(
        "Policy that places the jobs",
        policies,
        index=policies.index(OPTIMISED) if OPTIMISED in policies else 0,
        format_func=policy_label,
        key="water_policy",
    )
    if day not in days:
        st.warning("The replay does not have all hours of this day. Choose another day.")
        return
    hours = hours_of_day(replay.footprint, policy, day)
    figure = scatter_figure(hours, replay.fleet, title=f"Carbon and water on {day:%d %b %Y}")
    st.plotly_chart(figure, width="stretch", theme=None, key="water_chart", config={"displaylogo": False})
    missing = int(hours["water_l"].null_count() + hours["carbon_g_per_kwh"].null_count())
    if missing:
        st.write(f"{missing} values of this day are unknown. The chart leaves out their dots.")
    st.caption(
        f"Water is the use of the base load and the jobs together.{_regions_without_water(replay)} "
        "The axes stay the same over the day. The faint line is the path over the day."
    )


def _regions_without_water(replay: ReplayData) -> str:
    names = [markdown_text(region.name) for region in replay.fleet.regions if region.plant.kind == "outside_air"]
    return f" Regions cooled by outside air alone use no water on site: {', '.join(names)}." if names else ""
