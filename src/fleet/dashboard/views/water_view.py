"""Carbon vs water: the regions' hours of a day, moving."""

import streamlit as st

from fleet.dashboard.data import OPTIMISED, Views, complete_days, day_hours, hottest_day, policies, policy_label
from fleet.dashboard.figures import scatter_figure


def show(views: Views) -> None:
    """The page."""
    st.write(
        "Each dot is a region in one hour: left is cleaner power, low is less water. The dot grows with the IT load. "
        "Press **Play**, or move the slider through the day."
    )
    days = complete_days(views.footprint)
    if not days:
        st.warning("The replay holds no whole day of UTC.")
        return
    day_column, policy_column = st.columns(2)
    day = day_column.date_input(
        "Day (UTC); starts at the fleet's hottest",
        hottest_day(views.footprint) or days[0],
        min_value=days[0],
        max_value=days[-1],
        key="water_day",
    )
    names = policies(views.footprint)
    policy = policy_column.selectbox(
        "Jobs placed by",
        names,
        index=names.index(OPTIMISED) if OPTIMISED in names else 0,
        format_func=policy_label,
        key="water_policy",
    )
    if day not in days:
        st.warning("The replay does not hold this whole day; choose another one.")
        return
    hours = day_hours(views.footprint, policy, day)
    figure = scatter_figure(hours, views.fleet, title=f"Carbon and water on {day:%d %b %Y}")
    st.plotly_chart(figure, width="stretch", theme=None, key="water_chart", config={"displaylogo": False})
    unknown = int(hours["water_l"].null_count() + hours["carbon_g_per_kwh"].null_count())
    if unknown:
        st.write(f"{unknown} values of this day are unknown; their dots are left out.")
    st.caption(
        f"Water is that of the region's own load and of the jobs together.{_dry(views)} "
        "The axes stay the same over the day; the faint line is the day's way."
    )


def _dry(views: Views) -> str:
    dry = [region.name for region in views.fleet.regions if region.plant.kind == "outside_air"]
    return f" Cooled by outside air alone, and so without water: {', '.join(dry)}." if dry else ""
