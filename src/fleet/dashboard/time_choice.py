"""The choice of the time that the pages show: live, or a replayed hour on a slider. A page shows what it uses."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fleet.dashboard import cached
from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.cached import Print
from fleet.dashboard.data import first_forecast
from fleet.dashboard.shown import Shown, now_utc
from fleet.dashboard.time_text import hour_text, readable
from fleet.domain.clock import Hour, hour_of, moment
from fleet.storage.workspace import Workspace
from fleet.workflows.hour_facts import Source
from fleet.workflows.workspace_contents import WorkspaceContents

# What a page uses of the chosen time: an hour, of a replay the day alone, or nothing.
TimeUse = Literal["hour", "day", "nothing"]
_TIME_KEY, _DAY_KEY, _HOUR_KEY = "time", "day", "hour"
_SOURCES: tuple[Source, ...] = ("live", "replay")
_NAMES = {"live": "Live", "replay": "Replayed hour"}


def choose_time(home: str, use: TimeUse) -> Shown:
    """Show the choice and return what the pages show. Raises: FleetError if the workspace cannot be read.

    A page that uses nothing of the time gets the replay, and the hour that was chosen before.
    """
    files = cached.file_print(Workspace(Path(home)))
    contents = cached.contents(home, files)
    rows = cached.ledger_print(cached.open_ledger(home))
    live = contents.newest_live(now_utc())
    source: Source = "replay"
    if use == "nothing" and contents.has_replay:
        hour: Hour | None = _kept_hour(home, files, contents)
        st.caption(f"This page shows the whole replay, {_period(contents)}. No hour is chosen here.")
    else:
        source_column, day_column, hour_column = st.columns([1.6, 3, 1.3], gap="medium", vertical_alignment="bottom")
        with source_column:
            source = _choose_source(contents, live)
        hour = live
        if source == "replay" and contents.has_replay:
            day = day_slider(day_column, home, files, contents)
            preset = replay_preset(home, files, contents).hour
            kept: int = st.session_state.get(_HOUR_KEY, preset)
            hour = _hour_within(contents, day, _hour_slider(hour_column, preset) if use == "hour" else kept)
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
        return f"Live, {readable(now_utc())}: no forecast of the present is recorded."
    return f"Live: the newest recorded hour is {hour_text(live)}."


def day_slider(place: DeltaGenerator, home: str, files: Print, contents: WorkspaceContents) -> date:
    """Show the slider of the replayed day and return its day. The workspace must hold a replay."""
    first, last = _ends(contents)
    if first.date() == last.date():
        place.caption(f"The replay is of {first:%d %b %Y} alone.")
        return first.date()
    chosen: date = place.slider(
        "Replayed day (UTC)",
        first.date(),
        last.date(),
        replay_preset(home, files, contents).date(),
        format="D MMM YYYY",
        key=_DAY_KEY,
        bind="query-params",
    )
    return chosen


def _hour_slider(place: DeltaGenerator, preset: int) -> int:
    chosen: int = place.slider("Hour (UTC)", 0, 23, preset, format="%02d:00", key=_HOUR_KEY, bind="query-params")
    return chosen


def _kept_hour(home: str, files: Print, contents: WorkspaceContents) -> Hour:
    preset = replay_preset(home, files, contents)
    day, hour = (
        st.session_state.get(key, value) for key, value in ((_DAY_KEY, preset.date()), (_HOUR_KEY, preset.hour))
    )
    return _hour_within(contents, day, hour)


def _hour_within(contents: WorkspaceContents, day: date, hour: int) -> Hour:
    """Return the replayed hour that is nearest to an hour of a day."""
    first, last = _ends(contents)
    return hour_of(min(max(datetime.combine(day, time(hour), tzinfo=UTC), first), last))


def _ends(contents: WorkspaceContents) -> tuple[datetime, datetime]:
    if contents.replay_from is None or contents.replay_to is None:
        raise ValueError("there is no replay")
    return moment(contents.replay_from), moment(contents.replay_to)


def _period(contents: WorkspaceContents) -> str:
    first, last = _ends(contents)
    return f"{first:%d %b %Y} to {last:%d %b %Y}"


def replay_preset(home: str, files: Print, contents: WorkspaceContents) -> datetime:
    """Return the replayed hour that the pages begin with: the one that shows best what a bound is for."""
    first, last = _ends(contents)
    return min(max(_telling_hour(home, files) or last, first), last)


@st.cache_data(max_entries=4, show_spinner=False)
def _telling_hour(home: str, files: Print) -> datetime | None:
    """Return the origin of the forecast that the report shows, too."""
    telling = first_forecast(cached.replay_data(home, files), Workspace(Path(home)), cached.open_ledger(home))
    return None if telling is None else telling.origin_utc
