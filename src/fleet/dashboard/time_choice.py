"""The choice of the time that all pages show: live, or a replayed hour on a slider."""

from datetime import UTC, datetime, time
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fleet.dashboard import cached
from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.cached import Print
from fleet.dashboard.data import telling_forecast
from fleet.dashboard.shown import Shown, now_utc
from fleet.domain.clock import Hour, hour_of, moment
from fleet.storage.workspace import Workspace
from fleet.workflows.hour_facts import Source
from fleet.workflows.workspace_contents import WorkspaceContents

_TIME_KEY = "time"
_SOURCES: tuple[Source, ...] = ("live", "replay")
_NAMES = {"live": "Live", "replay": "Replayed hour"}


def choose_time(home: str) -> Shown:
    """Show the choice and return what the pages show. Raises: FleetError if the workspace cannot be read."""
    files = cached.file_print(Workspace(Path(home)))
    contents = cached.contents(home, files)
    rows = cached.ledger_print(cached.open_ledger(home))
    live = contents.newest_live(now_utc())
    source_column, day_column, hour_column = st.columns([1.6, 3, 1.3], gap="medium", vertical_alignment="bottom")
    with source_column:
        source = _choose_source(contents, live)
    hour = live
    if source == "replay" and contents.has_replay:
        hour = _choose_hour(home, files, contents, (day_column, hour_column))
    else:
        day_column.caption(_live_text(live))
    return Shown(
        home=home,
        files=files,
        rows=rows,
        contents=contents,
        source=source,
        hour=hour,
        is_dark=st.context.theme.type == "dark",
    )


def _choose_source(contents: WorkspaceContents, live: Hour | None) -> Source:
    """Live is the default. Where there is nothing live but a replay, the replay is."""
    default: Source = "replay" if live is None and contents.has_replay else "live"
    if not contents.has_replay:
        st.markdown("**Live**")
        return "live"
    take_from_address(_TIME_KEY, _SOURCES, default)
    chosen: Source | None = st.segmented_control(
        "Time",
        _SOURCES,
        required=True,
        format_func=_NAMES.__getitem__,
        key=_TIME_KEY,
        label_visibility="collapsed",
    )
    keep_in_address(_TIME_KEY, default)
    return chosen or default


def _live_text(live: Hour | None) -> str:
    if live is None:
        return f"Live, {now_utc()[:16]}Z: no forecast of the present is recorded."
    return f"Live: the newest recorded hour is {live.item():%d %b %Y, %H:%M} UTC."


def _choose_hour(
    home: str, files: Print, contents: WorkspaceContents, columns: tuple[DeltaGenerator, DeltaGenerator]
) -> Hour:
    if contents.replay_from is None or contents.replay_to is None:
        raise ValueError("there is no replay")
    first, last = (moment(hour) for hour in (contents.replay_from, contents.replay_to))
    preset = min(max(_preset(home, files) or first, first), last)
    day_column, hour_column = columns
    if first.date() == last.date():
        day_column.caption(f"The replay is of {first:%d %b %Y} alone.")
        day = first.date()
    else:
        day = day_column.slider(
            "Replayed day (UTC)",
            first.date(),
            last.date(),
            preset.date(),
            format="D MMM YYYY",
            key="day",
            bind="query-params",
        )
    hour: int = hour_column.slider("Hour (UTC)", 0, 23, preset.hour, format="%02d:00", key="hour", bind="query-params")
    chosen = min(max(datetime.combine(day, time(hour), tzinfo=UTC), first), last)
    return hour_of(chosen)


@st.cache_data(max_entries=4, show_spinner=False)
def _preset(home: str, files: Print) -> datetime | None:
    """Return the origin of the forecast that shows best what a bound is for."""
    replay = cached.replay_data(home, files)
    telling = telling_forecast(replay.risk, replay.fleet.region_ids)
    return None if telling is None else telling.origin_utc
