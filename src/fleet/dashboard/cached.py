"""What the pages read, kept between reruns and shared by all sessions. A changed file makes an entry anew."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import streamlit as st

from fleet.dashboard.data import ReplayData, open_replay
from fleet.domain.clock import Hour, parse_hour
from fleet.errors import DataError
from fleet.ledger import Ledger
from fleet.storage.workspace import Workspace
from fleet.workflows.attention import AttentionItem, attention_items
from fleet.workflows.forecast_reasons import forecast_reasons
from fleet.workflows.hour_facts import HourFacts, Source, live_hour_facts, replayed_hour_facts
from fleet.workflows.job_flows import JobFlow, replayed_flows
from fleet.workflows.open_workspace import DATABASE_VARIABLE, ledger_if_any
from fleet.workflows.region_status import RegionStatus, region_statuses
from fleet.workflows.replan_day import DayJobs, day_jobs
from fleet.workflows.rescaled_band import RescaledBand, rescaled_band
from fleet.workflows.workspace_contents import WorkspaceContents, contents_of

Print = tuple[object, ...]
# Workspace, source, hour, and what changes when a file or the ledger changes.
HourKey = tuple[str, Source, str, Print, str]
_FEW, _MANY = 4, 64


def file_print(workspace: Workspace) -> Print:
    """Return what changes when a file that the pages read changes."""
    paths = (
        *(workspace.fleet, workspace.telemetry, workspace.live_hours),
        *(workspace.risk, workspace.headroom, workspace.footprint, workspace.replay, workspace.evidence),
    )
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def ledger_print(ledger: Ledger | None) -> str:
    """Return what changes when a row is added to the ledger."""
    return "" if ledger is None else repr(ledger.mark())


def open_ledger(home: str) -> Ledger | None:
    """Return the ledger of a workspace, which stays open; None if there is none yet."""
    workspace = Workspace(Path(home))
    if not (os.environ.get(DATABASE_VARIABLE) or workspace.ledger.exists()):
        return None
    return _open_ledger(home, os.environ.get(DATABASE_VARIABLE, ""))


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def _open_ledger(home: str, _url: str) -> Ledger | None:
    return ledger_if_any(Workspace(Path(home)))


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def contents(home: str, files: Print) -> WorkspaceContents:
    """Return what the workspace holds."""
    return contents_of(Workspace(Path(home)))


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def replay_data(home: str, files: Print) -> ReplayData:
    """Return the replay of the workspace. Its large tables stay on the disk."""
    return open_replay(Workspace(Path(home)))


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def facts(home: str, source: Source, hour: str, files: Print, rows: str) -> HourFacts:
    """Return the facts of one hour. Args: rows: result of `ledger_print`."""
    workspace, at = Workspace(Path(home)), parse_hour(hour)
    fleet = contents(home, files).fleet
    opened = open_ledger(home)
    ledger = None if opened is None else opened.under(fleet.current_ids)
    read = live_hour_facts if source == "live" else replayed_hour_facts
    return read(workspace, fleet, ledger, at)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def statuses(home: str, source: Source, hour: str, files: Print, rows: str) -> Mapping[str, RegionStatus]:
    """Return the state of each region at one hour."""
    fleet, ledger = contents(home, files).fleet, open_ledger(home)
    return region_statuses(facts(home, source, hour, files, rows), Workspace(Path(home)), fleet, ledger)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def attention(home: str, source: Source, hour: str, files: Print, rows: str) -> Sequence[AttentionItem]:
    """Return what needs a person at one hour."""
    fleet, ledger = contents(home, files).fleet, open_ledger(home)
    key = (home, source, hour, files, rows)
    return attention_items(facts(*key), statuses(*key), fleet, ledger)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def rescaled(hour_key: HourKey, region: str, quantity: str, confidence: float) -> RescaledBand:
    """Return the hours ahead of a region with a band at another confidence. Raises: DataError as `rescaled_band`."""
    home, _, _, files, _ = hour_key
    chosen = (pl.col("region") == region) & (pl.col("quantity") == quantity)
    hours = facts(*hour_key).temperatures.filter(chosen)
    return rescaled_band(Workspace(Path(home)), contents(home, files).fleet, hours, confidence)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def reasons(hour_key: HourKey, region: str, quantity: str, lead_h: int) -> tuple[str, ...]:
    """Return why the forecasts of one hour ahead have their values. Raises: DataError as `forecast_reasons`."""
    home, _, hour, files, _ = hour_key
    fleet = contents(home, files).fleet
    return forecast_reasons(Workspace(Path(home)), fleet, region, parse_hour(hour), lead_h=lead_h, quantity=quantity)


@st.cache_resource(max_entries=_MANY, show_spinner=False)
def flows(home: str, first: Hour, end: Hour, files: Print, rows: str) -> Sequence[JobFlow]:
    """Return where the energy of the replayed jobs went between two hours."""
    ledger = open_ledger(home)
    return () if ledger is None else replayed_flows(ledger.under(contents(home, files).fleet.current_ids), first, end)


@st.cache_resource(max_entries=_FEW, show_spinner=False)
def jobs_of_day(home: str, first: Hour, files: Print, rows: str) -> DayJobs:
    """Return the jobs of a replayed day. Raises: DataError as `day_jobs`."""
    ledger, fleet = open_ledger(home), contents(home, files).fleet
    if ledger is None:
        raise DataError("the ledger of the replay is missing; run `fleet replay --home` again")
    return day_jobs(Workspace(Path(home)), fleet, ledger.under(fleet.current_ids), first)
