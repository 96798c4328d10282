"""The page "Carbon vs water": the hours of a day as an animation."""

from pathlib import Path

import polars as pl
import streamlit as st

from fleet.dashboard import cached_replay
from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.data import OPTIMISED, day_sentence, policy_label
from fleet.dashboard.figures import LocalHours, scatter_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.time_text import hour_text
from fleet.domain.clock import hour_of, moment
from fleet.domain.region import Fleet, Region
from fleet.storage.workspace import Workspace
from fleet.workflows.day_footprint import live_day_footprint

_MOST_REGIONS = 8


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("When is power clean, and where does it cost water?", anchor=False)
    if shown.hour is None:
        show_missing(shown)
        return
    region_column, policy_column = st.columns(2, gap="medium")
    region = _choose_region(region_column, shown)
    hours, title = _live_day(shown) if shown.source == "live" else _replayed_day(policy_column, shown)
    if hours is None:
        st.warning("The replay does not have all hours of this day. Choose another day.")
        return
    sentence = day_sentence(hours, shown.labels, shown.clocks)
    st.markdown(markdown_text(sentence))
    st.caption(
        "Each dot is one region in one hour. A dot further left has cleaner power, a lower dot uses less water, and a "
        "larger dot has more IT load. Press Play, or move the slider."
    )
    hours, fleet = _largest(hours, shown)
    first = hour_of(hours["time_utc"].sort()[0])
    local = LocalHours(
        label=shown.labels[region.id],
        clock=shown.clocks[region.id],
        wind_and_sun=cached_replay.wind(shown.home, shown.files, region.id, first),
    )
    shown.chart(
        scatter_figure(hours, fleet, title=title, local=local),
        key="water_chart",
        alt=f"Animation of carbon and water of each region over 24 hours. {sentence}",
    )
    _show_table(hours, shown)
    missing = int(hours["water_l"].null_count() + hours["carbon_g_per_kwh"].null_count())
    if missing:
        st.write(f"{missing} values of this day are unknown. The chart leaves out their dots.")


def _show_table(hours: pl.DataFrame, shown: Shown) -> None:
    """Show the hours as a table, for readers who do not see or cannot move the animation."""
    table = st.expander("These hours as a table", key="table", on_change="rerun", bind="query-params")
    if not table.open:
        return
    with table:
        st.dataframe(
            [
                {
                    "hour (UTC)": f"{row['time_utc']:%H:%M}",
                    "local time": shown.clocks[row["region"]].text(row["time_utc"]),
                    "region": shown.labels[row["region"]],
                    "carbon, g/kWh": row["carbon_g_per_kwh"],
                    "water, L/h": row["water_l"],
                    "IT load, MW": row["load_mw"],
                    "jobs, MW": row["job_mw"],
                }
                for row in hours.iter_rows(named=True)
            ],
            hide_index=True,
            alt="Carbon, water and load of each region and hour of the animation",
        )


def _largest(hours: pl.DataFrame, shown: Shown) -> tuple[pl.DataFrame, Fleet]:
    """Return the hours of the regions with the most load, because more dots cannot be told apart, and these regions."""
    if len(shown.fleet.regions) <= _MOST_REGIONS:
        return hours, shown.fleet
    loads = hours.group_by("region", maintain_order=True).agg(pl.col("load_mw").mean()).sort("load_mw", descending=True)
    largest = loads["region"].head(_MOST_REGIONS).to_list()
    st.caption(f"The chart shows the {_MOST_REGIONS} of {len(shown.fleet.regions)} regions with the most load.")
    regions = tuple(region for region in shown.fleet.regions if region.id in largest)
    return hours.filter(pl.col("region").is_in(largest)), shown.fleet.model_copy(update={"regions": regions})


def _choose_region(column: st.delta_generator.DeltaGenerator, shown: Shown) -> Region:
    regions = {region.id: region for region in shown.fleet.regions}
    first = shown.fleet.region_ids[0]
    take_from_address("local", list(regions), first)
    chosen = column.selectbox(
        "Local hour, wind and sun of",
        list(regions),
        format_func=lambda key: regions[key].name,
        key="local",
        persist_state="session",
    )
    keep_in_address("local", first)
    return regions[chosen]


def _live_day(shown: Shown) -> tuple[pl.DataFrame | None, str]:
    if shown.hour is None:
        return None, ""
    hours = live_day_footprint(Workspace(Path(shown.home)), shown.fleet, shown.ledger, shown.hour)
    return hours, f"Carbon and water in the 24 hours up to {hour_text(shown.hour)}"


def _replayed_day(column: st.delta_generator.DeltaGenerator, shown: Shown) -> tuple[pl.DataFrame | None, str]:
    if shown.replay is None or shown.hour is None:
        return None, ""
    policies = cached_replay.policies(shown.home, shown.files)
    preset = OPTIMISED if OPTIMISED in policies else policies[0]
    take_from_address("policy", policies, preset)
    policy = column.selectbox(
        "Policy that places the jobs", policies, format_func=policy_label, key="policy", persist_state="session"
    )
    keep_in_address("policy", preset)
    day = moment(shown.hour).date()
    if day not in cached_replay.whole_days(shown.home, shown.files):
        return None, ""
    return cached_replay.day(shown.home, shown.files, policy, day), f"Carbon and water on {day:%d %b %Y}"
