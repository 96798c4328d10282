"""The sliders for the prices of carbon and water, which plan one day of the page "Scheduler outcome" again."""

import numpy as np
import streamlit as st

from fleet.dashboard import cached
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown
from fleet.dashboard.time_choice import day_slider
from fleet.errors import DataError
from fleet.workflows.replan_day import PlanFootprint, plan_day

_MOST_CARBON_USD, _MOST_WATER_USD = 300.0, 30.0


def show_price_sliders(shown: Shown) -> None:
    """Plan the chosen day with the prices of the fleet file and with the reader's, and show both."""
    st.header("What if carbon or water had another price?", anchor=False)
    costs = shown.fleet.costs
    day_column, carbon_column, water_column = st.columns(3, gap="medium")
    day = np.datetime64(day_slider(day_column, shown.home, shown.files, shown.contents), "D")
    carbon = carbon_column.slider(
        "Price of carbon, USD per t", 0.0, _MOST_CARBON_USD, costs.carbon_usd_per_t, step=5.0, key="carbon_usd"
    )
    water = water_column.slider(
        "Price of water, USD per m³, before scarcity",
        0.0,
        _MOST_WATER_USD,
        costs.water_usd_per_m3,
        0.5,
        key="water_usd",
    )
    try:
        jobs = cached.jobs_of_day(shown.home, day.astype("datetime64[h]"), shown.files, shown.rows)
    except DataError as error:
        st.info(markdown_text(str(error), keep_code=True))
        return
    changed = costs.model_copy(update={"carbon_usd_per_t": carbon, "water_usd_per_m3": water})
    plans = {"fleet file": plan_day(jobs, costs), "your prices": plan_day(jobs, changed)}
    st.dataframe(
        [_row(name, plan, shown) for name, plan in plans.items()], hide_index=True, alt="Both plans of the day"
    )
    left_out = f" {jobs.left_out:,} jobs longer than a day are left out." if jobs.left_out else ""
    st.caption(
        f"{len(jobs.work):,} jobs of {day.item():%d %b %Y}, planned at once against the bound of the evening before."
        f"{left_out}"
    )


def _row(name: str, plan: PlanFootprint, shown: Shown) -> dict[str, object]:
    return {
        "prices": name,
        "carbon, t CO₂": round(plan.carbon_t, 1),
        "water, m³": round(plan.water_m3, 1),
        "energy cost, USD": round(plan.energy_usd),
        **{f"{shown.labels[region]}, MWh": round(mwh) for region, mwh in plan.job_mwh.items()},
        "not served, MWh": round(plan.unserved_mwh),
    }
