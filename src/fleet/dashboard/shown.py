"""What a page shows: the workspace, the hour that the reader chose, and the colours of the reader's theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import plotly.graph_objects as go
import streamlit as st

from fleet.dashboard import cached, theme
from fleet.dashboard.cached import HourKey, Print
from fleet.dashboard.data import ReplayData
from fleet.dashboard.time_text import hour_text, readable
from fleet.domain.clock import Hour, iso
from fleet.domain.local_clock import LocalClock, local_clocks
from fleet.domain.region import Fleet
from fleet.errors import FleetError
from fleet.ledger import Ledger
from fleet.workflows.attention import AttentionItem
from fleet.workflows.hour_facts import HourFacts, Source
from fleet.workflows.region_status import RegionStatus
from fleet.workflows.workspace_contents import WorkspaceContents

CHART_CONFIG = {"displaylogo": False, "displayModeBar": False}


def now_utc() -> str:
    """Return the present as ISO text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Everything that a page needs.

    Args:
        home: folder of the workspace.
        files, rows: change when a file or the ledger changes.
        source: `live`, or `replay` for a replayed hour.
        hour: the last hour that counts as known; None if there is nothing to show.
        is_dark: the reader's theme is dark.
    """

    home: str
    files: Print
    rows: str
    contents: WorkspaceContents
    source: Source
    hour: Hour | None
    is_dark: bool

    @property
    def fleet(self) -> Fleet:
        return self.contents.fleet

    @property
    def labels(self) -> Mapping[str, str]:
        """Short name of each region."""
        return theme.region_labels(self.fleet)

    @property
    def clocks(self) -> Mapping[str, LocalClock]:
        """The local clock of each region."""
        return local_clocks(self.fleet)

    def place_text(self, region: str, start_utc: Hour) -> str:
        """Return region and start in words, with the local time of the region if the fleet has the region."""
        clock = self.clocks.get(region)
        local = "" if clock is None else f" ({clock.text_at(start_utc)})"
        return f"{self.labels.get(region, region)} from {hour_text(start_utc)}{local}"

    @property
    def ledger(self) -> Ledger | None:
        """The ledger under the current ids of the regions; None if there is none yet."""
        ledger = cached.open_ledger(self.home)
        return None if ledger is None else ledger.under(self.fleet.current_ids)

    @property
    def replay(self) -> ReplayData | None:
        """The recorded replay; None if there is none."""
        return cached.replay_data(self.home, self.files) if self.contents.has_replay else None

    @property
    def facts(self) -> HourFacts | None:
        """The facts of the chosen hour; None if there is no hour to show. Raises: DataError as `hour_facts`."""
        return None if self.hour is None else cached.facts(*self.key)

    @property
    def statuses(self) -> Mapping[str, RegionStatus]:
        """The state of each region at the chosen hour, which must exist."""
        return cached.statuses(*self.key)

    @property
    def attention(self) -> Sequence[AttentionItem]:
        """What needs a person at the chosen hour, which must exist."""
        return cached.attention(*self.key)

    @property
    def key(self) -> HourKey:
        """Names the chosen hour, which must exist, for `cached`."""
        if self.hour is None:
            raise FleetError("there is no hour to show")
        return self.home, self.source, iso(self.hour), self.files, self.rows

    def chart(self, figure: go.Figure, *, key: str, alt: str) -> None:
        """Draw a figure in the reader's theme.

        Args:
            alt: what the figure shows, for readers who do not see it.
        """
        drawn = theme.in_dark(figure) if self.is_dark else figure
        st.plotly_chart(drawn, width="stretch", theme=None, key=key, config=CHART_CONFIG, alt=alt)


def show_missing(shown: Shown) -> None:
    """Say what the workspace lacks, and which command gives it."""
    for sentence in shown.contents.missing(now_utc()):
        st.info(readable(sentence))
