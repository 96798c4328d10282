"""Tables of the replay that the pages read, kept between reruns as in `cached`. A changed file makes an entry anew."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl
import streamlit as st

from fleet.dashboard.cached import Print, contents, replay_data
from fleet.dashboard.data import (
    FootprintTotals,
    Period,
    complete_days,
    daily_or_weekly,
    footprint_totals,
    hottest_month,
    hours_of_day,
    periods_of,
    replayed_policies,
)
from fleet.domain.clock import Hour
from fleet.storage.workspace import Workspace
from fleet.workflows.day_footprint import wind_and_sun

_FEW, _MANY = 4, 64


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def policies(home: str, files: Print) -> Sequence[str]:
    """Return the replayed policies."""
    return replayed_policies(replay_data(home, files).footprint)


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def periods(home: str, files: Print) -> tuple[Sequence[Period], Period]:
    """Return the periods of the replay, and the hottest month."""
    footprint = replay_data(home, files).footprint
    found = periods_of(footprint)
    return found, hottest_month(footprint, found)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def totals(home: str, files: Print, policy: str, period: Period) -> FootprintTotals:
    """Return the totals of a policy in a period."""
    return footprint_totals(replay_data(home, files).footprint, policy, period)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def days(
    home: str, files: Print, names: tuple[str, ...], period: Period
) -> tuple[pl.DataFrame, Literal["day", "week"]]:
    """Return the days or weeks of some policies in a period."""
    return daily_or_weekly(replay_data(home, files).footprint, names, period)


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def whole_days(home: str, files: Print) -> frozenset[date]:
    """Return the days of which the replay has all hours."""
    return frozenset(complete_days(replay_data(home, files).footprint))


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def day(home: str, files: Print, policy: str, chosen: date) -> pl.DataFrame:
    """Return the hours of a day under a policy."""
    return hours_of_day(replay_data(home, files).footprint, policy, chosen)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def wind(home: str, files: Print, region: str, first: Hour) -> pl.DataFrame | None:
    """Return wind and sun of a region for 24 hours; None if neither is stored."""
    return wind_and_sun(Workspace(Path(home)), contents(home, files).fleet, region, first)
